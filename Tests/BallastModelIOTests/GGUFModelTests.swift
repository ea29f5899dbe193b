import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import BallastTokenizer
import Testing

/// GPT-2 under llama.cpp's names, there and back.
@Suite struct GGUFModelTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/model.gguf"
  }

  @Test(arguments: [
    ("wte.weight", "token_embd.weight"), ("wpe.weight", "position_embd.weight"),
    ("ln_f.bias", "output_norm.bias"), ("lm_head.weight", "output.weight"),
    ("h.0.ln_1.weight", "blk.0.attn_norm.weight"),
    ("h.11.attn.c_attn.bias", "blk.11.attn_qkv.bias"),
    ("h.3.attn.c_proj.weight", "blk.3.attn_output.weight"),
    ("h.3.ln_2.bias", "blk.3.ffn_norm.bias"), ("h.3.mlp.c_fc.weight", "blk.3.ffn_up.weight"),
    ("h.3.mlp.c_proj.weight", "blk.3.ffn_down.weight"),
  ]) func names(canonical: String, stored: String) {
    #expect(GGUFModel.name(ofCanonical: canonical) == stored)
    #expect(GGUFModel.canonicalName(stored) == canonical)
  }

  @Test(arguments: [
    "blk.01.attn_qkv.weight", "blk.0.token_embd.weight", "attn_qkv.weight", "blk.0.attn_q.weight",
    "token_embd.bias", "token_embd", "", "blk.-1.ffn_up.bias", "output.weight.weight",
  ]) func namesThatGPT2DoesNotHave(name: String) {
    #expect(GGUFModel.canonicalName(name) == nil)
  }

  @Test func namesOfEveryWeightComeBack() {
    for slot in WeightMap.slots(GPT2Configuration()) {
      let stored = GGUFModel.name(ofCanonical: slot.name)
      #expect(stored.flatMap(GGUFModel.canonicalName) == slot.name)
    }
    #expect(GGUFModel.name(ofCanonical: "h.0.attn.bias") == nil)
  }

  @Test func aModelComesBackTheSame() throws {
    let model = try OpenedModel(path: Fixtures.path("tiny-gpt2"))
    try GGUFModel.write(model, as: .f32, tokenizer: nil, to: path)
    let copy = try OpenedModel(path: path)
    #expect(copy.notices.isEmpty)
    #expect(copy.checkpoint.format == "gguf")
    var expected = model.configuration
    // GGUF says nothing of dropout, and always how wide the inner layer is.
    expected.residualDropout = copy.configuration.residualDropout
    expected.embeddingDropout = copy.configuration.embeddingDropout
    expected.attentionDropout = copy.configuration.attentionDropout
    expected.explicitInnerWidth = copy.configuration.explicitInnerWidth
    #expect(copy.configuration == expected)
    for slot in WeightMap.slots(model.configuration) {
      let view = try #require(copy.weights[slot.name])
      let original = try #require(model.weights[slot.name])
      #expect(try view.floats() == original.floats(), "\(slot.name)")
    }
  }

  @Test func theTokenizerGoesAlong() throws {
    let source = Fixtures.path("tiny-gpt2")
    let model = try OpenedModel(path: source)
    var lists = try TokenizerLists(path: source)
    try GGUFModel.write(model, as: .f16, tokenizer: lists, to: path)
    let copy = try OpenedModel(path: path)
    let original = try model.loadTokenizer()
    let read = try copy.loadTokenizer()
    #expect(read.vocabularySize == original.vocabularySize)
    #expect(read.endOfText == original.endOfText)
    for text in ["Once upon a time", "  été 😀\n\n", "a<|endoftext|>b", "it's 12,000 o'clock"] {
      for special in [Tokenizer.SpecialTokens.asText, .parsed] {
        let ids = original.encode(text, specialTokens: special)
        #expect(read.encode(text, specialTokens: special) == ids)
      }
    }
    let types = try #require(copy.checkpoint.metadata["tokenizer.ggml.token_type"]?.array)
    #expect(types.count == model.configuration.vocabularySize)
    #expect(types.last == 3)
    lists.merges[0] = "nospace"
    try GGUFModel.write(model, as: .f16, tokenizer: lists, to: path)
    #expect(
      Failure { try OpenedModel(path: path).loadTokenizer() } == Failure(TokenizerFault.badMerge)
    )
  }

  @Test func otherTokenizersAreRefused() throws {
    let model = try OpenedModel(path: Fixtures.path("tiny-gpt2"))
    let tensors = try GGUFModel.outputs(of: model, as: .f16)
    let metadata = try GGUFModel.metadata(of: model.configuration, dtype: .f16)
    func failure(_ members: [GGUFWriter.Member]) throws -> Failure? {
      try GGUFWriter.write(tensors: tensors, metadata: metadata + members, to: path)
      let opened = try OpenedModel(path: path)
      return Failure { try opened.loadTokenizer() }
    }
    let gpt2: [GGUFWriter.Member] = [("tokenizer.ggml.model", .string("gpt2"))]
    let other = try failure(gpt2 + [("tokenizer.ggml.pre", .string("llama-bpe"))])
    #expect(other == Failure(GGUFModelFault.otherTokenizer("llama-bpe")))
    #expect(try failure(gpt2) == Failure(GGUFModelFault.missingKey("tokenizer.ggml.tokens")))
    let unigram = try failure([("tokenizer.ggml.model", .string("llama"))])
    #expect(unigram == Failure(GGUFModelFault.otherTokenizer("llama")))
  }

  @Test func quantisedMatricesStayNear() throws {
    let model = try OpenedModel(path: Fixtures.path("tiny-gpt2"))
    try GGUFModel.write(model, as: .q80, tokenizer: nil, to: path)
    let copy = try OpenedModel(path: path)
    let embedding = try #require(copy.weights["wte.weight"])
    #expect(embedding.dtype == .q80)
    #expect(copy.weights["wpe.weight"]?.dtype == .f32)
    #expect(copy.weights["ln_f.weight"]?.dtype == .f32)
    let original = try #require(model.weights["h.0.mlp.c_fc.weight"]).floats()
    let read = try #require(copy.weights["h.0.mlp.c_fc.weight"]).floats()
    let largest = original.map(\.magnitude).max() ?? 0
    #expect(zip(original, read).allSatisfy { abs($0 - $1) <= largest / 250 })
    let logits = try copy.loadModel()
    #expect(logits.configuration == copy.configuration)
    // Out again in Hugging Face's orientation: strides cut across blocks.
    let output = try #require(
      try copy.outputs(layout: .hf).first { $0.name == "h.0.mlp.c_fc.weight" }
    )
    #expect(output.dtype == .f32)
    let turned = try #require(copy.weights["h.0.mlp.c_fc.weight"]).transposed
    #expect(try output.contents() == littleEndian(turned.floats()))
  }

  @Test func rowsThatBlocksDoNotFillBecomeHalves() throws {
    let source = folder.path + "/tiny.safetensors"
    let config = try folder.write(TinyCheckpoint.configurationText.utf8, to: "config.json")
    _ = try TinyCheckpoint.checkpoint(try TinyCheckpoint.outputs(), at: source)
    let model = try OpenedModel(path: source, configurationPath: config)
    try GGUFModel.write(model, as: .q80, tokenizer: nil, to: path)
    #expect(try OpenedModel(path: path).weights["wte.weight"]?.dtype == .f16)
  }

  @Test func otherArchitecturesAndMissingKeysAreRefused() throws {
    let model = try OpenedModel(path: Fixtures.path("tiny-gpt2"))
    let tensors = try GGUFModel.outputs(of: model, as: .f16)
    let metadata = try GGUFModel.metadata(of: model.configuration, dtype: .f16)
    try GGUFWriter.write(tensors: tensors, metadata: Array(metadata.dropFirst(1)), to: path)
    #expect(
      Failure { try OpenedModel(path: path) } == Failure(GGUFModelFault.otherArchitecture(""))
    )
    let incomplete = metadata.filter { $0.key != "gpt2.block_count" }
    try GGUFWriter.write(tensors: tensors, metadata: incomplete, to: path)
    let missing = GGUFModelFault.missingKey("gpt2.block_count")
    #expect(Failure { try OpenedModel(path: path) } == Failure(missing))
  }

  @Test func whatLlamaCppWouldComputeOtherwiseIsNotWritten() throws {
    var configuration = GPT2Configuration()
    configuration.activation = "relu"
    #expect(
      Failure { try GGUFModel.metadata(of: configuration, dtype: .f32) }
        == Failure(GGUFModelFault.notExpressible("activation relu"))
    )
    configuration = GPT2Configuration()
    configuration.scalesAttentionByInverseLayer = true
    #expect(
      Failure { try GGUFModel.metadata(of: configuration, dtype: .f32) }
        == Failure(GGUFModelFault.notExpressible("another scale of attention"))
    )
    #expect(
      Failure { try GGUFModel.metadata(of: GPT2Configuration(), dtype: .q4k) }
        == Failure(GGUFModelFault.notExpressible("files of type Q4_K"))
    )
  }

  /// Ids that GGUF cannot say are left out aloud, and never become the token 0.
  @Test func tokensOutsideOfTheVocabularyAreNotWritten() throws {
    var configuration = GPT2Configuration()
    configuration.vocabularySize = 100
    configuration.beginningToken = -5
    configuration.endTokens = [-1, 7, 8, 100]
    let metadata = try GGUFModel.metadata(of: configuration, dtype: .f32)
    func value(_ key: String) -> GGUFValue? { metadata.first { $0.key == key }?.value }
    #expect(value("tokenizer.ggml.bos_token_id") == nil)
    #expect(value("tokenizer.ggml.eos_token_id") == .u32(7))
    #expect(GGUFModel.unwrittenTokens(of: configuration).count == 4)
    configuration.beginningToken = 3
    configuration.endTokens = [7]
    #expect(GGUFModel.unwrittenTokens(of: configuration).isEmpty)
  }
}
