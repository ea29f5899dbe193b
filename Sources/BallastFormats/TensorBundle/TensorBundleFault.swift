public import BallastBytes
import BallastCheckpoint

/// The ways in which a tensor bundle can be wrong.
public enum TensorBundleFault: FormatFault {
  case notNamedIndex
  case noHeader
  case laterVersion(Int)
  case badShardCount(Int)
  case badShard(tensor: String, Int, of: Int)
  case missingShard(String)
  case tooManyTensors(limit: Int)
  case namesTooLong(limit: Int)
  case badEntry(tensor: String)
  case wrongSize(tensor: String, expected: Int, found: Int)
  case pastEnd(tensor: String)
  case overlap(tensor: String)
  /// Only for writers: a name that readers would take for something else.
  case reservedName(tensor: String)
  /// Only for writers.
  case unsupportedType(tensor: String, String)
  /// A warning: a tensor that is left out.
  case unread(tensor: String, String)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notNamedIndex:
      "this is a table as TensorFlow's index is, but its name does not end in "
        + TensorBundle.indexSuffix
    case .noHeader: "the table does not start with a bundle's header: it is another program's"
    case .laterVersion(let version):
      "the bundle wants readers of version \(version); version \(TensorBundleIndex.version) is read"
    case .badShardCount(let count): "the bundle has \(count) files of data"
    case .badShard(let tensor, let shard, let count):
      "tensor \(quoted(tensor)) stands in file \(shard) of \(count)"
    case .missingShard(let name): "\(name) is missing"
    case .tooManyTensors(let limit): "the bundle has more than \(limit) tensors"
    case .namesTooLong(let limit): "the names in the index take more than \(limit) bytes"
    case .badEntry(let tensor): "tensor \(quoted(tensor)) is not described as tensors are"
    case .wrongSize(let tensor, let expected, let found):
      "tensor \(quoted(tensor)) has \(found) bytes where its shape and type want \(expected)"
    case .pastEnd(let tensor): "tensor \(quoted(tensor)) reaches past the end of the file"
    case .overlap(let tensor): "tensor \(quoted(tensor)) overlaps the one before it"
    case .reservedName(let tensor): "a tensor bundle has no tensors named \(quoted(tensor))"
    case .unsupportedType(let tensor, let dtype):
      "tensor \(quoted(tensor)) has the type \(dtype), which TensorFlow does not have"
    case .unread(let tensor, let reason): "tensor \(quoted(tensor)) \(reason), and is left out"
    }
  }

  /// The limit that is exceeded.
  public var limitName: String? {
    switch self {
    case .tooManyTensors: "tensor-bundle.tensors"
    case .namesTooLong: "tensor-bundle.name-bytes"
    default: nil
    }
  }
}
