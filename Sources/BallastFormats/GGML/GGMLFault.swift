public import BallastBytes
import BallastCheckpoint

/// The ways in which ggml's old file can be wrong.
public enum GGMLFault: FormatFault {
  case notGGML
  case badSize(String, Int)
  case otherVocabulary(Int, expected: Int)
  case tooManyTensors
  case otherBlocks(tensor: String, String, version: Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notGGML: "the file does not start with ggml's number"
    case .badSize(let what, let size): "the file has a \(what) of \(size)"
    case .otherVocabulary(let count, let expected):
      "the file has \(count) tokens where its header wants \(expected)"
    case .tooManyTensors: "the file has more than \(GGUFLimits.tensorCount) tensors"
    case .otherBlocks(let tensor, let dtype, let version):
      "tensor \(quoted(tensor)) has the type \(dtype) in the layout of version \(version); "
        + "version 2 is read"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    if case .otherBlocks = self { "quantise the model anew with a later ggml" } else { nil }
  }
}
