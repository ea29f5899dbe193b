public import BallastBytes

/// The ways in which a file of llm.c can be wrong.
public enum LLMCFault: FormatFault {
  case notLLMC
  case unsupportedVersion(Int, of: String)
  case badSize(String, Int)
  case tooManyLayers(Int, limit: Int)
  case wrongSize(expected: Int, found: Int)
  case normsInFloat32(version: Int)
  case partialElement(bytes: Int)
  /// Only for writers.
  case wrongParts(expected: Int, given: Int)
  /// A remark: the file does not say where its tensors end.
  case unknownSizes

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notLLMC: "the file does not start with a number of llm.c"
    case .unsupportedVersion(let version, let what): "version \(version) of \(what) is not known"
    case .badSize(let what, let size): "the header has a \(what) of \(size)"
    case .tooManyLayers(let layers, let limit):
      "the header claims \(layers) layers, more than the limit of \(limit)"
    case .wrongSize(let expected, let found):
      "the file has \(found) bytes where its header wants \(expected)"
    case .normsInFloat32(let version):
      "this file of version \(version) has its layer norms in float32, "
        + "a layout that llm.c gave up within days and that is not read"
    case .partialElement(let bytes): "\(bytes) bytes are no whole number of float32"
    case .wrongParts(let expected, let given):
      "the tensors have \(given) bytes where the header wants \(expected)"
    case .unknownSizes:
      "the sizes of the model are not in the file, and those of no published GPT-2 fit"
    }
  }

  /// A file that does not state its sizes is as llm.c writes it.
  public var isRemark: Bool { self == .unknownSizes }

  /// The limit that is exceeded.
  public var limitName: String? {
    if case .tooManyLayers = self { "llm.c.layers" } else { nil }
  }

  /// What a user might do about it.
  public var hint: String? {
    if case .normsInFloat32 = self {
      "write the model anew with llm.c's train_gpt2.py"
    } else {
      nil
    }
  }
}
