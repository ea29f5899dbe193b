public import BallastBytes

/// The ways in which a checkpoint and a GPT-2 can disagree.
public enum ModelFault: FormatFault {
  case notGPT2
  case missing([String])
  case unexpected([String])
  case twice(String, String, String)
  case noLayout(String, [Int])
  case wrongShape(String, expected: [Int], found: [Int])
  case notFloatingPoint(String, String)
  case noConfiguration
  case unknownHeads(width: Int)
  case headDiffers
  /// Only `check` tells these apart: a size of the configuration that is not that of the weights.
  case otherSize(key: String, stated: Int, isDefault: Bool, found: Int)
  /// Layers of which there is no weight, from one to another.
  case missingLayers(first: Int, last: Int, of: Int)
  case extraLayer(Int, of: Int)
  /// A warning: some layers have this weight in another type than the others.
  case mixedTypes(String, [String])
  case outputExists
  /// There is a folder where a file is to be.
  case outputIsFolder
  /// The folder has a checkpoint that would be read in place of the new one.
  case shadowed(String)
  case nativeFolder
  /// Only for writers: a format, and what it has no place for.
  case notExpressible(String, String)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .notGPT2: "the tensors are not those of a GPT-2: there is no h.N.attn.c_attn.weight"
    case .missing(let names): "the checkpoint lacks \(Self.list(names))"
    case .unexpected(let names): "the checkpoint has \(Self.list(names)), which GPT-2 does not have"
    case .twice(let name, let first, let second):
      "both \(first.debugDescription) and \(second.debugDescription) stand for \(name)"
    case .noLayout(let name, let sizes):
      "\(name.debugDescription) has the shape \(sizes), neither [C, 3C] nor [3C, C]"
    case .wrongShape(let name, let expected, let found):
      "\(name) has the shape \(found) where \(expected) is expected"
    case .notFloatingPoint(let name, let dtype):
      "\(name) has the type \(dtype), which is no floating-point type"
    case .noConfiguration: "the configuration cannot be inferred from these tensors"
    case .unknownHeads(let width):
      "there is no config.json, and no GPT-2 of width \(width) was published: "
        + "the number of heads is not known"
    case .headDiffers:
      "lm_head.weight differs from wte.weight although the configuration ties them"
    case .otherSize(let key, let stated, let isDefault, let found):
      "\(key) is \(stated) \(isDefault ? "by default" : "in the configuration"), "
        + "and the weights have \(found)"
    case .missingLayers(let first, let last, let count) where first == last:
      "layer \(first) of \(count) has no weights"
    case .missingLayers(let first, let last, let count):
      "layers \(first) to \(last) of \(count) have no weights"
    case .extraLayer(let layer, let count):
      "layer \(layer) has weights, and n_layer is \(count): it is never used"
    case .mixedTypes(let name, let types):
      "\(name) has different types in different layers: \(types.joined(separator: ", "))"
    case .outputExists: "exists already"
    case .outputIsFolder: "is a folder, and a file is to be written"
    case .shadowed(let name):
      "the folder has \(name), which would be read in place of what is written"
    case .nativeFolder: "a Hugging Face folder is always in the layout hf"
    case .notExpressible(let format, let what): "\(format) cannot say \(what)"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    switch self {
    case .outputExists: "use --force to replace it"
    case .shadowed: "move it away, or write to another folder"
    case .notGPT2: "a file that kept the names of another format can be made one with --layout hf"
    case .noConfiguration, .unknownHeads: "give the configuration with --config FILE"
    case .headDiffers: "set tie_word_embeddings to false to use both"
    case .notExpressible(_, let what) where what.hasPrefix("activation gelu"):
      Self.activationHint
    case .nativeFolder: "use --to safetensors for the layout native"
    default: nil
    }
  }

  /// The way from the exact GELU to what others compute.
  static let activationHint =
    "the exact GELU and gelu_new differ a little; --config FILE with an activation_function that "
    + "can be said accepts the difference"

  /// A few names, and how many more there are.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(3).map(\.debugDescription).joined(separator: ", ")
    return names.count > 3 ? shown + " and \(names.count - 3) more" : shown
  }
}
