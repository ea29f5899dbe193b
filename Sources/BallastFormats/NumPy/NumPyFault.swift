public import BallastBytes
public import BallastCheckpoint

/// The ways in which a file of NumPy can be wrong, or go beyond what is read and written.
public enum NumPyFault: FormatFault {
  case notAnArray
  case unsupportedVersion(major: Int, minor: Int)
  case headerTooLarge(Int, limit: Int)
  case malformedHeader
  case repeatedKey(String)
  case unexpectedKey(String)
  case missingKey(String)
  case badValue(key: String)
  // Types
  case objects
  case structured
  case unknownType(String)
  // Archives
  /// A warning where other members are arrays: the member is left out.
  case unreadableMember(String, reason: String)
  /// A warning: NumPy does not read on either.
  case trailingBytes(Int)
  // Writing
  /// Only for writers.
  case unwritableType(tensor: String, DType)
  /// Another tensor is called so too, with `.npy` at the end.
  case ambiguousName(tensor: String)
  /// Only for writers.
  case tooManyDimensions(tensor: String, limit: Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notAnArray: "there is no array of NumPy: it would start with \"\\x93NUMPY\""
    case .unsupportedVersion(let major, let minor):
      "the array has the version \(major).\(minor) of the format; 1.0 to 3.0 are known"
    case .headerTooLarge(let count, let limit):
      "the header has \(count) bytes, more than \(limit)"
    case .malformedHeader: "the header is not a dictionary of texts, truth values and sizes"
    case .repeatedKey(let key): "the header has the key \(quoted(key)) twice"
    case .unexpectedKey(let key): "the header has the unknown key \(quoted(key))"
    case .missingKey(let key): "the header has no \(quoted(key))"
    case .badValue(let key): "the header's \(quoted(key)) has an impossible value"
    case .objects: "the array holds Python objects, a pickle, which is never read"
    case .structured: "the array holds records, which are not read"
    case .unknownType(let type): "the array has the type \(quoted(type)), which is not read"
    case .unreadableMember(let name, let reason): "member \(quoted(name)) is left out: \(reason)"
    case .trailingBytes(let count): "\(count) bytes follow the array"
    case .ambiguousName(let tensor):
      "tensors \(quoted(tensor)) and \(quoted(tensor + NPZ.suffix)) are one for NumPy"
    case .unwritableType(let tensor, let dtype):
      "tensor \(quoted(tensor)) has the type \(dtype.rawValue), which NumPy does not have"
    case .tooManyDimensions(let tensor, let limit):
      "tensor \(quoted(tensor)) has more than the \(limit) dimensions that NumPy allows"
    }
  }

  /// What the reader might do about it.
  public var hint: String? {
    switch self {
    case .objects: "in Python, save the numbers as arrays of a numeric type"
    case .unwritableType(_, let dtype) where dtype.isFloatingPoint:
      "cast it first, as convert --dtype f32 does"
    default: nil
    }
  }
}
