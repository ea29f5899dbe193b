import BallastBytes
import BallastGPT2
import BallastJSON
import Testing

@Suite struct ConfigurationTests {
  private func configuration(_ text: String) throws -> GPT2Configuration {
    try GPT2Configuration(json: try JSONValue(parsing: text))
  }

  @Test func missingKeysHaveTheDefaultsOfTransformers() throws {
    let configuration = try configuration(#"{"n_ctx": 512, "n_inner": null}"#)
    #expect(configuration.vocabularySize == 50257)
    #expect(configuration.positions == 512)
    #expect(configuration.innerWidth == 3072)
    #expect(configuration.activation == "gelu_new")
    #expect(configuration.tiesHead)
    #expect(configuration.endTokens == [50256])
  }

  @Test func everyKeyIsRead() throws {
    let configuration = try configuration(
      """
      {"model_type": "gpt2", "vocab_size": 100, "n_positions": 64, "n_embd": 48, "n_layer": 3,
       "n_head": 6, "n_inner": 100, "activation_function": "quick_gelu",
       "layer_norm_epsilon": 1e-6, "resid_pdrop": 0.2, "embd_pdrop": 0.3, "attn_pdrop": 0.0,
       "scale_attn_weights": false, "scale_attn_by_inverse_layer_idx": true,
       "reorder_and_upcast_attn": true, "tie_word_embeddings": false, "initializer_range": 0.01,
       "bos_token_id": 7, "eos_token_id": [8, 9]}
      """
    )
    var expected = GPT2Configuration()
    expected.vocabularySize = 100
    expected.positions = 64
    expected.width = 48
    expected.layers = 3
    expected.heads = 6
    expected.explicitInnerWidth = 100
    expected.activation = "quick_gelu"
    expected.normEpsilon = 1e-6
    expected.residualDropout = 0.2
    expected.embeddingDropout = 0.3
    expected.attentionDropout = 0
    expected.scalesAttention = false
    expected.scalesAttentionByInverseLayer = true
    expected.reordersAndUpcastsAttention = true
    expected.tiesHead = false
    expected.initializerRange = 0.01
    expected.beginningToken = 7
    expected.endTokens = [8, 9]
    #expect(configuration == expected)
  }

  @Test(arguments: ["[8, 9]", "8", "null"])
  func endsOfTextAreKept(text: String) throws {
    let ids = try JSONValue(parsing: text)
    let configuration = try GPT2Configuration(json: ["eos_token_id": ids])
    #expect(configuration.endTokens == (ids.array ?? [ids]).compactMap(\.integer))
    #expect(configuration.json()["eos_token_id"] == ids)
  }

  @Test func crossAttentionIsRefused() {
    let error = #expect(throws: FormatError.self) {
      try GPT2Configuration(json: ["add_cross_attention": true])
    }
    #expect(error?.fault as? ConfigurationFault == .crossAttention)
  }

  @Test func writingAndReadingAgree() throws {
    let original = try JSONValue(parsing: #"{"task": {"a": [1, 2.5]}, "n_ctx": 12}"#)
    let configuration = RandomModel.configuration(tiesHead: false)
    let json = configuration.json(extending: try #require(original.object))
    #expect(try GPT2Configuration(json: .object(json)) == configuration)
    #expect(json["task"] == original["task"])
    #expect(json["n_ctx"] == .integer(configuration.positions))
  }

  @Test(arguments: [
    ("[]", ConfigurationFault.notObject),
    (#"{"model_type": "llama"}"#, .otherModel("llama")),
    (#"{"n_head": "12"}"#, .wrongType(key: "n_head", expected: "a whole number")),
    (#"{"n_head": 1.5}"#, .wrongType(key: "n_head", expected: "a whole number")),
    (#"{"n_layer": 0}"#, .outOfRange(key: "n_layer", value: "0")),
    (#"{"n_embd": -4}"#, .outOfRange(key: "n_embd", value: "-4")),
    (#"{"vocab_size": 9999999999}"#, .outOfRange(key: "vocab_size", value: "9999999999")),
    (#"{"attn_pdrop": 1.5}"#, .outOfRange(key: "attn_pdrop", value: "1.5")),
    (
      #"{"scale_attn_weights": 1}"#,
      .wrongType(key: "scale_attn_weights", expected: "true or false")
    ),
    (#"{"n_head": 5}"#, .indivisibleWidth(width: 768, heads: 5)),
    (#"{"activation_function": "gelu2"}"#, .unknownActivation("gelu2")),
    (#"{"n_embd": 200000000, "n_head": 1}"#, .tooLarge),
  ])
  func faults(text: String, fault: ConfigurationFault) throws {
    let error = #expect(throws: FormatError.self) { try configuration(text) }
    #expect(error?.fault as? ConfigurationFault == fault)
  }

  @Test(arguments: [
    (12, 12, 768, 124_439_808), (24, 16, 1024, 354_823_168), (36, 20, 1280, 774_030_080),
    (48, 25, 1600, 1_557_611_200), (6, 12, 768, 81_912_576),
  ])
  func publishedModelsHaveTheirNumberOfParameters(
    layers: Int,
    heads: Int,
    width: Int,
    count: Int
  ) {
    var configuration = GPT2Configuration()
    configuration.layers = layers
    configuration.heads = heads
    configuration.width = width
    #expect(WeightMap.slots(configuration).reduce(0) { $0 + $1.count } == count)
  }
}
