import BallastBytes
import BallastCheckpoint
import BallastGPT2
import BallastJSON

/// What nanoGPT's `ckpt.pt` says of its model beside the weights.
///
/// nanoGPT's GELU is the exact one (`nn.GELU`); the file itself does not say so.
enum NanoGPT {
  private static let prefix = "model_args."

  /// Whether a checkpoint carries nanoGPT's `model_args`.
  static func matches(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.format.hasPrefix("torch") && checkpoint.metadata[prefix + "n_embd"] != nil
  }

  /// Whether the model has no biases, in its linear maps and in its layer norms.
  static func lacksBiases(_ checkpoint: Checkpoint) -> Bool {
    checkpoint.metadata[prefix + "bias"] == false
  }

  /// The configuration in `model_args`, as `config.json` says it.
  ///
  /// Throws `ConfigurationFault.wrongType` where a size is missing.
  static func configuration(of checkpoint: Checkpoint) throws(FormatError) -> JSONObject {
    var json = GPT2Configuration.publishedJSON
    json["activation_function"] = "gelu"
    for (key, name) in [
      ("vocab_size", "vocab_size"), ("block_size", "n_positions"), ("n_embd", "n_embd"),
      ("n_head", "n_head"), ("n_layer", "n_layer"),
    ] {
      guard let value = checkpoint.metadata[prefix + key] else {
        throw FormatError(ConfigurationFault.wrongType(key: prefix + key, expected: "there"))
      }
      json[name] = value
    }
    if let dropout = checkpoint.metadata[prefix + "dropout"] {
      for key in ["resid_pdrop", "embd_pdrop", "attn_pdrop"] { json[key] = dropout }
    }
    json.dropTokensOutsideVocabulary()
    return json
  }

  /// What a user should know of a model that was opened so.
  static let notice =
    "nanoGPT's model_args: assuming its exact gelu; --config FILE overrides"
}
