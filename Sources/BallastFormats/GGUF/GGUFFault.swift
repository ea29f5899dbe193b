public import BallastBytes
import BallastCheckpoint

/// The ways in which a GGUF file can be wrong.
public enum GGUFFault: FormatFault {
  /// What a file may not have any number of.
  public enum Counted: String, Sendable {
    case tensors
    case keys = "metadata keys"
    case arrayElements = "array elements"
  }

  case notGGUF
  case bigEndian
  case unsupportedVersion(UInt32)
  case tooMany(Counted, count: UInt64, limit: Int)
  case textTooLong(UInt64, limit: Int)
  case nameTooLong(UInt64, limit: Int)
  case emptyKey
  case duplicateKey(String)
  case unknownValueType(key: String, UInt32)
  case badBool(key: String, UInt8)
  case nestedTooDeeply(key: String, limit: Int)
  case badAlignment
  case badRank(tensor: String, UInt32, limit: Int)
  case unknownTensorType(tensor: String, UInt32)
  case unsupportedTensorType(tensor: String, String)
  case rowNotWholeBlocks(tensor: String, row: Int, block: Int)
  case misaligned(tensor: String, alignment: Int)
  case overlap(tensor: String)
  case pastEnd(tensor: String)
  /// Only for writers: an array with elements of another type than it says.
  case mixedArray(key: String)
  /// A warning: bytes that belong to no tensor and are more than padding.
  case unusedBytes(Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notGGUF: "the file does not start with GGUF"
    case .bigEndian: "this is a big-endian GGUF file, which is not read"
    case .unsupportedVersion(let version):
      "this is version \(version) of GGUF; versions 2 and 3 are read"
    case .tooMany(.arrayElements, _, let limit):
      "the arrays of the metadata have more than \(limit) elements, all together"
    case .tooMany(let what, let count, let limit):
      "the header claims \(count) \(what.rawValue), more than the limit of \(limit)"
    case .textTooLong(let length, let limit):
      "a text claims \(length) bytes, more than the limit of \(limit)"
    case .nameTooLong(let length, let limit):
      "a name claims \(length) bytes, more than the limit of \(limit)"
    case .emptyKey: "a metadata key is empty"
    case .duplicateKey(let key): "the metadata key \(quoted(key)) comes twice"
    case .unknownValueType(let key, let type):
      "the metadata key \(quoted(key)) has a value of the unknown type \(type)"
    case .badBool(let key, let byte):
      "the metadata key \(quoted(key)) has a truth value of \(byte)"
    case .nestedTooDeeply(let key, let limit):
      "the metadata key \(quoted(key)) has arrays more than \(limit) deep"
    case .badAlignment: "general.alignment is no power of two that 8 divides, of type u32"
    case .badRank(let tensor, let rank, let limit):
      "tensor \(quoted(tensor)) has \(rank) dimensions, more than \(limit)"
    case .unknownTensorType(let tensor, let type):
      "tensor \(quoted(tensor)) has the unknown type \(type)"
    case .unsupportedTensorType(let tensor, let type):
      "tensor \(quoted(tensor)) has the type \(type), which is not supported"
    case .rowNotWholeBlocks(let tensor, let row, let block):
      "tensor \(quoted(tensor)) has rows of \(row) elements, which blocks of \(block) do not fill"
    case .misaligned(let tensor, let alignment):
      "tensor \(quoted(tensor)) does not start at a multiple of \(alignment) bytes"
    case .overlap(let tensor): "tensor \(quoted(tensor)) overlaps the one before it"
    case .pastEnd(let tensor): "tensor \(quoted(tensor)) reaches past the end of the file"
    case .mixedArray(let key):
      "the metadata key \(quoted(key)) has an array whose elements are not all of its type"
    case .unusedBytes(let count): "\(count) bytes belong to no tensor"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    switch self {
    case .bigEndian: "convert it with gguf-py's gguf-convert-endian"
    case .unsupportedTensorType: "quantise the model to another type, such as Q8_0 or Q4_K"
    default: nil
    }
  }

  /// The limit that is exceeded; keys and names have one that does not move.
  public var limitName: String? {
    switch self {
    case .tooMany(.tensors, _, _): "gguf.tensors"
    case .tooMany(.keys, _, _): "gguf.keys"
    case .tooMany(.arrayElements, _, _): "gguf.array-elements"
    case .textTooLong: "gguf.text-bytes"
    default: nil
    }
  }
}
