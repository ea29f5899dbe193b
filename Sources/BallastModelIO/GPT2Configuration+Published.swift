import BallastBytes
import BallastGPT2
import BallastJSON

/// What OpenAI's GPT-2 computes: formats that state sizes alone mean this.
extension GPT2Configuration {
  /// The configuration without its sizes, as `config.json` says it.
  static var publishedJSON: JSONObject {
    [
      "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2",
      "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
      "bos_token_id": 50256, "eos_token_id": 50256,
    ]
  }

  /// Throws `ModelFault.notExpressible` where this model is not computed as OpenAI's are, but for an
  /// activation that the format allows as well.
  func requirePublishedForm(
    for format: String,
    orActivation other: String? = nil
  ) throws(FormatError) {
    func refuse(_ what: String) -> FormatError {
      FormatError(ModelFault.notExpressible(format, what))
    }
    guard ["gelu_new", "gelu_pytorch_tanh", other].contains(activation) else {
      throw refuse("activation \(activation)")
    }
    guard scalesAttention, !scalesAttentionByInverseLayer else {
      throw refuse("another scale of attention")
    }
    // As the arithmetic has it: float32.
    guard Float(normEpsilon) == 1e-5 else { throw refuse("an epsilon of \(normEpsilon)") }
    guard innerWidth == 4 * width else { throw refuse("an inner width of \(innerWidth)") }
    guard tiesHead else { throw refuse("a head of its own") }
  }
}

extension JSONObject {
  /// Takes out the published tokens where this model's vocabulary does not reach them.
  mutating func dropTokensOutsideVocabulary() {
    let size = self["vocab_size"]?.integer ?? 0
    for key in ["bos_token_id", "eos_token_id"] where (self[key]?.integer ?? 0) >= size {
      self[key] = .null
    }
  }
}
