/// Limits that can be set by their names.
package protocol NamedLimits: Sendable {
  /// The limits that every file gets unless somebody vouches for it.
  static var standard: Self { get }
  /// What can be set, in the order of the documentation.
  static var named: [(name: String, limit: any WritableKeyPath<Self, Int> & Sendable)] { get }
}

/// What a checkpoint may ask of its reader; one that wants more is refused.
///
/// Memory and time are bounded by the size of a file and by these. Somebody who knows where a file
/// comes from may set each of them by name; what is a limit of a format itself, as of the number of
/// dimensions, stays. `docs/security.md` has the list.
public struct ReadingLimits: Sendable {
  /// The values of the JSON in a safetensors header or an index of shards.
  ///
  /// A tensor of two dimensions has 8 in a header and 1 in an index, and a file has some tens of
  /// thousands of tensors at the very most.
  package var jsonValues = 1 << 19
  package var torch = TorchLimits.standard
  package var gguf = GGUFLimits.standard
  /// The tensors of a tensor bundle: each takes memory of its own, and GPT-2 has a hundred.
  package var bundleTensors = 1 << 20

  /// The limits that every file gets unless somebody vouches for it.
  public static let standard = ReadingLimits()

  package init() {}

  /// What `jsonValues` is called in an error.
  static let jsonValuesName = "json.values"
}

extension ReadingLimits: NamedLimits {
  package static let named: [(name: String, limit: any WritableKeyPath<Self, Int> & Sendable)] = [
    (jsonValuesName, \.jsonValues),
    ("gguf.tensors", \.gguf.tensors),
    ("gguf.keys", \.gguf.keys),
    ("gguf.array-elements", \.gguf.arrayElements),
    ("gguf.text-bytes", \.gguf.textBytes),
    ("zip.members", \.torch.zip.members),
    ("zip.name-bytes", \.torch.zip.nameBytes),
    ("zip.expansion", \.torch.zip.expansion),
    ("pickle.opcodes", \.torch.pickle.opcodes),
    ("pickle.values", \.torch.pickle.values),
    ("pickle.elements", \.torch.pickle.elements),
    ("pickle.memos", \.torch.pickle.memos),
    ("pickle.scattered-memos", \.torch.pickle.scatteredMemos),
    ("pickle.stack", \.torch.pickle.stackDepth),
    ("pickle.text-bytes", \.torch.pickle.textBytes),
    ("torch.tensors", \.torch.tensors),
    ("torch.name-bytes", \.torch.nameBytes),
    ("torch.repetitions", \.torch.repetitions),
    ("torch.steps", \.torch.steps),
    ("torch.depth", \.torch.depth),
    ("torch.unfolded-bytes", \.torch.unfoldedBytes),
    ("tensor-bundle.tensors", \.bundleTensors),
  ]
}
