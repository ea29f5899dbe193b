import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import BallastTokenizer
import Testing

/// GPT-2 in llm.c's files, there and back.
@Suite struct LLMCModelTests {
  private let folder: TemporaryFolder
  private let path: String
  private let model: OpenedModel

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/model.bin"
    model = try OpenedModel(path: Fixtures.path("tiny-gpt2"))
  }

  @Test func aModelComesBackTheSame() throws {
    let bytes = try LLMCModel.write(model, as: .f32, to: path)
    #expect(bytes == 1024 + 4 * 257_408)  // 768 tokens need no padding
    let copy = try OpenedModel(path: path)
    #expect(copy.notices.isEmpty)
    #expect(copy.checkpoint.format == "llm.c")
    var expected = model.configuration
    // The header says nothing of dropout, nor of which tokens end a text.
    expected.residualDropout = copy.configuration.residualDropout
    expected.embeddingDropout = copy.configuration.embeddingDropout
    expected.attentionDropout = copy.configuration.attentionDropout
    expected.beginningToken = nil
    expected.endTokens = []
    expected.explicitInnerWidth = nil
    #expect(copy.configuration == expected)
    for slot in WeightMap.slots(model.configuration) {
      let view = try #require(copy.weights[slot.name])
      let original = try #require(model.weights[slot.name])
      #expect(view.shape == original.shape, "\(slot.name)")
      #expect(try view.floats() == original.floats(), "\(slot.name)")
    }
    #expect(copy.weights.sourceNames["h.3.mlp.c_fc.weight"] == "fcw[3]")
    #expect(copy.leftOut.isEmpty)
  }

  @Test func bfloat16IsRoundedAsElsewhere() throws {
    let count = try LLMCModel.write(model, as: .bf16, to: path)
    #expect(count == 1024 + 2 * 257_408)
    let copy = try OpenedModel(path: path)
    #expect(copy.checkpoint.metadata["version"] == 5)
    for name in ["wte.weight", "h.2.attn.c_attn.weight", "ln_f.bias"] {
      let view = try #require(copy.weights[name])
      let original = try #require(model.weights[name])
      #expect(try view.contents() == original.output(as: .bf16).contents(), "\(name)")
    }
  }

  @Test func theVocabularyIsPaddedAndThePaddingTakenOff() throws {
    let config = try folder.write(TinyCheckpoint.configurationText.utf8, to: "config.json")
    let source = folder.path + "/tiny.safetensors"
    _ = try TinyCheckpoint.checkpoint(try TinyCheckpoint.outputs(), at: source)
    let tiny = try OpenedModel(path: source, configurationPath: config)
    try LLMCModel.write(tiny, as: .f32, to: path)
    let file = try Checkpoint.open(path: path)
    let stored = try #require(file["wte"])
    #expect(stored.shape.dimensions == [128, 4])
    let embedding = try #require(tiny.weights["wte.weight"]).floats()
    #expect(try stored.floats() == embedding + [Float](repeating: 0, count: 121 * 4))
    let copy = try OpenedModel(path: path)
    #expect(copy.configuration.vocabularySize == 7)
    #expect(try copy.weights["wte.weight"]?.floats() == embedding)
    #expect(try copy.loadModel().configuration == copy.configuration)
  }

  @Test func whatLlmcWouldComputeOtherwiseIsNotWritten() throws {
    func refusal(_ variant: String) throws -> Failure? {
      let opened = try OpenedModel(path: Fixtures.path("variants/" + variant))
      return Failure { try LLMCModel.write(opened, as: .f32, to: path) }
    }
    #expect(
      try refusal("erf") == Failure(ModelFault.notExpressible("llm.c", "activation gelu"))
    )
    #expect(
      try refusal("unscaled") == Failure(ModelFault.notExpressible("llm.c", "activation silu"))
    )
    let half = ModelFault.notExpressible("llm.c", "files of type F16")
    #expect(Failure { try LLMCModel.write(model, as: .f16, to: path) } == Failure(half))
    #expect(try folder.contents.isEmpty)
  }

  @Test func theTokenizerBesideIsRead() throws {
    try LLMCModel.write(model, as: .f32, to: path)
    let original = try model.loadTokenizer()
    let file = folder.path + "/gpt2_tokenizer.bin"
    try LLMCTokenizer.write(original, to: file)
    let read = try OpenedModel(path: path).loadTokenizer()
    #expect(read.vocabularySize == original.vocabularySize)
    #expect(read.endOfText == original.endOfText)
    #expect(read.sourceFiles == [file])
  }

  /// fixtures/formats/llmc was written by a script of its own.
  @Test(arguments: [("micro.bin", DType.f32), ("micro_bf16.bin", .bf16)])
  func filesAreTheOnesThatOthersWrite(name: String, dtype: DType) throws {
    let micro = try OpenedModel(path: Fixtures.path("formats/micro"))
    try LLMCModel.write(micro, as: dtype, to: path)
    let expected = try SharedBytes.contents(path: Fixtures.path("formats/llmc/" + name))
    #expect(try SharedBytes.contents(path: path) == expected)
    let tokenizer = folder.path + "/tokenizer.bin"
    try LLMCTokenizer.write(try micro.loadTokenizer(), to: tokenizer)
    let theirs = Fixtures.path("formats/llmc/gpt2_tokenizer.bin")
    let tokens = try SharedBytes.contents(path: theirs)
    #expect(try SharedBytes.contents(path: tokenizer) == tokens)
  }

  /// Logits and gradients of the state are the reference's, which transformers computed.
  @Test func theDebugStateIsTheReference() throws {
    let reference = try Checkpoint.open(path: Fixtures.path("formats/micro/reference.safetensors"))
    let header = try LLMCHeader(of: .mapping(path: Fixtures.path("formats/llmc/micro.bin")))
    let source = try SharedBytes.mapping(path: Fixtures.path("formats/llmc/micro_debug_state.bin"))
    let state = try LLMCState.open(source, model: header)
    #expect(try state["x"]?.integers() == reference["input_ids"]?.integers())
    #expect(try state["logits"]?.floats() == reference["logits"]?.floats())
    let gradient = try #require(reference["gradients.transformer.h.1.mlp.c_fc.weight"])
    let stacked = try #require(state["gradients.fcw"])
    #expect(try stacked.element(1).floats() == gradient.transposed.floats())
    let tokens = try Checkpoint.open(path: Fixtures.path("formats/llmc/tokens.bin"))
    #expect(try tokens["tokens"]?.integers() == reference["input_ids"]?.integers())
  }
}
