public import BallastBytes
package import BallastCheckpoint
import BallastFormats
import BallastGPT2
package import BallastJSON

/// GPT-2 as llama.cpp stores it in GGUF: its names of tensors, and the keys of its metadata.
///
/// Weights are Linear's, [out, in], as the canonical ones are: only names differ.
package enum GGUFModel {
  /// The canonical names of modules, and llama.cpp's; those of blocks stand behind `h.N.` and
  /// `blk.N.`.
  private static let modules = [
    ("wte", "token_embd"), ("wpe", "position_embd"), ("ln_f", "output_norm"), ("lm_head", "output"),
  ]
  private static let blockModules = [
    ("ln_1", "attn_norm"), ("attn.c_attn", "attn_qkv"), ("attn.c_proj", "attn_output"),
    ("ln_2", "ffn_norm"), ("mlp.c_fc", "ffn_up"), ("mlp.c_proj", "ffn_down"),
  ]
  private static let canonical = Dictionary(
    uniqueKeysWithValues: (modules + blockModules).map { ($0.1, $0.0) }
  )
  private static let stored = Dictionary(uniqueKeysWithValues: modules + blockModules)

  /// The canonical name of a tensor of a GGUF file, or nil where GPT-2 has no such tensor.
  package static func canonicalName(_ name: String) -> String? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    let isInBlock = parts.count == 4 && parts[0] == "blk"
    guard isInBlock || parts.count == 2, let module = canonical[String(parts[parts.count - 2])],
      let kind = parts.last
    else { return nil }
    let canonicalName = (isInBlock ? "h.\(parts[1])." : "") + "\(module).\(kind)"
    return WeightMap.entry(named: canonicalName[...]) == nil ? nil : canonicalName
  }

  /// llama.cpp's name for a canonical one, or nil where it is none.
  package static func name(ofCanonical name: String) -> String? {
    guard let (_, layer) = WeightMap.entry(named: name[...]), let dot = name.lastIndex(of: ".")
    else { return nil }
    let prefix = layer.map { "h.\($0)." } ?? ""
    return stored[String(name[..<dot].dropFirst(prefix.count))].map { module in
      (layer.map { "blk.\($0)." } ?? "") + module + name[dot...]
    }
  }

  /// The configuration that a GGUF file of GPT-2 carries, as `config.json` would say it.
  ///
  /// Throws `GGUFModelFault` where the file is of another architecture or lacks a key.
  package static func configuration(of checkpoint: Checkpoint) throws(FormatError) -> JSONObject {
    let metadata = checkpoint.metadata
    let architecture = metadata[Key.architecture]
    guard architecture == "gpt2" else {
      throw FormatError(GGUFModelFault.otherArchitecture(architecture?.string ?? ""))
    }
    var json: JSONObject = [
      "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2",
      // What llama.cpp computes for GPT-2: the approximation by tanh.
      "activation_function": "gelu_new",
      "tie_word_embeddings": .bool(checkpoint["output.weight"] == nil),
    ]
    for (key, name) in [
      (Key.context, "n_positions"), (Key.width, "n_embd"), (Key.layers, "n_layer"),
      (Key.heads, "n_head"), (Key.inner, "n_inner"), (Key.epsilon, "layer_norm_epsilon"),
    ] {
      guard let value = metadata[key] else { throw FormatError(GGUFModelFault.missingKey(key)) }
      json[name] = value
    }
    json["vocab_size"] = checkpoint["token_embd.weight"]?.shape.dimensions.first.map {
      .integer($0)
    }
    json["bos_token_id"] = metadata[Key.beginning] ?? .null
    json["eos_token_id"] = metadata[Key.end] ?? .null
    return json
  }

  /// The keys of the metadata that Ballast reads and writes.
  enum Key {
    static let architecture = "general.architecture"
    static let context = "gpt2.context_length"
    static let width = "gpt2.embedding_length"
    static let layers = "gpt2.block_count"
    static let heads = "gpt2.attention.head_count"
    static let inner = "gpt2.feed_forward_length"
    static let epsilon = "gpt2.attention.layer_norm_epsilon"
    static let beginning = "tokenizer.ggml.bos_token_id"
    static let end = "tokenizer.ggml.eos_token_id"
  }
}

/// The ways in which a GGUF file can fail to be a GPT-2.
public enum GGUFModelFault: FormatFault {
  case otherArchitecture(String)
  case missingKey(String)
  case otherTokenizer(String)
  /// Only for writers.
  case notExpressible(String)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .otherArchitecture(let name):
      "the file has the architecture \(name.debugDescription), not \"gpt2\""
    case .missingKey(let key): "the metadata lacks \(key)"
    case .otherTokenizer(let name):
      "the file has the tokenizer \(name.debugDescription), not \"gpt-2\""
    case .notExpressible(let what): "GGUF's gpt2 cannot say \(what)"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    switch self {
    case .otherTokenizer: "give GPT-2's with --tokenizer PATH"
    case .notExpressible(let what) where what.hasPrefix("activation"): ModelFault.activationHint
    default: nil
    }
  }
}
