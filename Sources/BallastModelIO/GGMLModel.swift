import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastTokenizer

/// GPT-2 as ggml's example stored it before GGUF: OpenAI's names, its own vocabulary.
enum GGMLModel {
  private static let endOfText = Array("<|endoftext|>".utf8)

  /// The weights of a file, all in one orientation.
  ///
  /// The first converter turned mlp/c_proj alone round to [out, in]; later ones turn every matrix.
  static func weights(of checkpoint: Checkpoint) throws(FormatError) -> [NamedTensor] {
    let attention = checkpoint["model/h0/attn/c_attn/w"]?.shape.dimensions ?? []
    let isFirst = attention.count == 2 && attention[1] / 3 == attention[0]
    var weights: [NamedTensor] = []
    for tensor in checkpoint.tensors {
      let name = tensor.name == "model/lm_head" ? "lm_head.weight" : nil
      guard let canonical = name ?? OpenAIRelease.canonicalName(tensor.name) else {
        weights.append(NamedTensor(.byName, tensor))
        continue
      }
      let isTurned = isFirst && canonical.hasSuffix(".mlp.c_proj.weight")
      weights.append(NamedTensor(.canonical(canonical), isTurned ? try tensor.transposed : tensor))
    }
    return weights
  }

  /// The configuration that the header and ggml's arithmetic give, as `config.json` says it.
  static func configuration(of checkpoint: Checkpoint) throws(FormatError) -> JSONObject {
    var json = try OpenAIRelease.configuration(hyperparameters: .object(checkpoint.metadata))
    if let head = checkpoint["model/lm_head"], let embedding = checkpoint["model/wte"] {
      json["tie_word_embeddings"] = .bool(try head.holdsSame(as: embedding))
    }
    return json
  }

  /// The tokenizer in the file at `path`: its merges follow from the tokens.
  static func tokenizerLists(path: String) throws(FormatError) -> TokenizerLists {
    let source = try SharedBytes.mapping(path: try CheckpointPath.resolve(path))
    let tokens = try GGML.vocabulary(of: source)
    let end = tokens.lastIndex(of: endOfText)
    return try TokenizerLists(rankedTokens: tokens, endOfText: end)
  }
}
