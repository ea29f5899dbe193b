public import BallastBytes
import BallastCheckpoint

/// The ways in which ggml's old file can be wrong.
public enum GGMLFault: FormatFault {
  case notGGML
  case badSize(String, Int)
  case otherVocabulary(Int, expected: Int)
  case tooManyTensors(limit: Int)
  case otherBlocks(tensor: String, String, version: Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notGGML: "the file does not start with ggml's number"
    case .badSize(let what, let size): "the file has a \(what) of \(size)"
    case .otherVocabulary(let count, let expected):
      "the file has \(count) tokens where its header wants \(expected)"
    case .tooManyTensors(let limit): "the file has more than \(limit) tensors"
    case .otherBlocks(let tensor, let dtype, let version):
      "tensor \(quoted(tensor)) has the type \(dtype) in the layout of version \(version); "
        + "version 2 is read"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    if case .otherBlocks = self { "quantise the model anew with a later ggml" } else { nil }
  }

  /// The limit that is exceeded, which is the one of ggml's new file.
  public var limitName: String? {
    if case .tooManyTensors = self { "gguf.tensors" } else { nil }
  }
}
