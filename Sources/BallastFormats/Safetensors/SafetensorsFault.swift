public import BallastBytes
import BallastCheckpoint

/// The ways in which a safetensors file can be wrong.
public enum SafetensorsFault: FormatFault {
  case headerTooLarge(UInt64, limit: Int)
  case headerPastEnd(length: UInt64)
  case headerNotObject
  case metadataNotStrings
  case entryNotObject(tensor: String)
  case missingField(tensor: String, field: String)
  case unknownDType(tensor: String, String)
  case badShape(tensor: String)
  case badOffsets(tensor: String)
  case wrongSize(tensor: String, expected: Int, found: Int)
  case partialByte(tensor: String)
  case hole(before: String)
  case overlap(tensor: String)
  case pastEnd(tensor: String)
  case trailingBytes(Int)
  /// Only for writers: readers refuse such a header unless their limit is raised.
  case tooManyValues(Int, limit: Int)
  /// Only for writers: the type has no name there.
  case unwritableType(tensor: String, String)
  /// Only for writers: readers take a tensor of that name for metadata.
  case reservedName(tensor: String)
  /// A warning: readers ignore it.
  case unknownField(tensor: String, String)
  /// A warning: a name that would garble a terminal.
  case controlCharacters(tensor: String)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .headerTooLarge(let length, let limit):
      "the header claims \(length) bytes, more than the \(limit) that safetensors allows"
    case .headerPastEnd(let length):
      "the header claims \(length) bytes, more than the file has"
    case .headerNotObject: "the header is not a JSON object"
    case .metadataNotStrings: "__metadata__ is not an object of strings"
    case .entryNotObject(let tensor): "tensor \(quoted(tensor)) is not described by an object"
    case .missingField(let tensor, let field): "tensor \(quoted(tensor)) has no valid \(field)"
    case .unknownDType(let tensor, let dtype):
      "tensor \(quoted(tensor)) has the unknown type \(quoted(dtype))"
    case .unwritableType(let tensor, let dtype):
      "tensor \(quoted(tensor)) has the type \(dtype), which safetensors does not have"
    case .badShape(let tensor): "tensor \(quoted(tensor)) has a shape that is no list of sizes"
    case .badOffsets(let tensor):
      "tensor \(quoted(tensor)) has data_offsets that are no range of bytes"
    case .partialByte(let tensor): "tensor \(quoted(tensor)) ends within a byte"
    case .wrongSize(let tensor, let expected, let found):
      "tensor \(quoted(tensor)) has \(found) bytes where its shape and type want \(expected)"
    case .hole(let tensor): "there are unused bytes before tensor \(quoted(tensor))"
    case .overlap(let tensor): "tensor \(quoted(tensor)) overlaps the one before it"
    case .pastEnd(let tensor): "tensor \(quoted(tensor)) reaches past the end of the file"
    case .trailingBytes(let count): "\(count) bytes follow the last tensor"
    case .tooManyValues(let count, let limit):
      "the header would have \(count) JSON values, more than the \(limit) that are read "
        + "(limit \(ReadingLimits.jsonValuesName))"
    case .reservedName(let tensor): "safetensors has no tensors named \(quoted(tensor))"
    case .unknownField(let tensor, let field):
      "tensor \(quoted(tensor)) has the unknown field \(quoted(field))"
    case .controlCharacters(let tensor):
      "the name \(quoted(tensor)) contains control characters"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    if case .tooManyValues = self {
      "write it in several files with --shard-size, or in another format"
    } else {
      nil
    }
  }
}
