import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import BallastTokenizer
import Testing

/// GPT-2 as OpenAI released it, there and back.
@Suite struct OpenAIReleaseTests {
  private let folder: TemporaryFolder
  private let path: String
  private let micro: OpenedModel

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/release"
    micro = try OpenedModel(path: Fixtures.path("formats/micro"))
  }

  @Test(arguments: [
    ("wte.weight", "model/wte"), ("wpe.weight", "model/wpe"), ("ln_f.bias", "model/ln_f/b"),
    ("h.0.ln_1.weight", "model/h0/ln_1/g"), ("h.11.attn.c_attn.bias", "model/h11/attn/c_attn/b"),
    ("h.3.attn.c_proj.weight", "model/h3/attn/c_proj/w"), ("h.3.ln_2.bias", "model/h3/ln_2/b"),
    ("h.3.mlp.c_fc.weight", "model/h3/mlp/c_fc/w"),
  ]) func names(canonical: String, variable: String) {
    #expect(OpenAIRelease.name(ofCanonical: canonical) == variable)
    #expect(OpenAIRelease.canonicalName(variable) == canonical)
  }

  @Test(arguments: [
    "model/h01/ln_1/g", "model/ln_f/w", "model/h1/ln_1/w", "model/h1/mlp/c_fc/g", "wte", "model",
    "model/", "", "model/wte/w", "model/h/ln_1/g", "model/h1/wte", "model/hx/ln_1/g", "other/wte",
  ]) func namesThatGPT2DoesNotHave(name: String) {
    #expect(OpenAIRelease.canonicalName(name) == nil)
  }

  @Test func namesOfEveryWeightComeBack() {
    for slot in WeightMap.slots(GPT2Configuration()) {
      let variable = OpenAIRelease.name(ofCanonical: slot.name)
      #expect(variable.flatMap(OpenAIRelease.canonicalName) == slot.name)
    }
    #expect(OpenAIRelease.name(ofCanonical: "lm_head.weight") == nil)
  }

  /// fixtures/formats/openai was written by TensorFlow.
  @Test func writesTheFolderThatTensorFlowWrote() throws {
    let lists = try TokenizerLists(path: micro.folder)
    let bytes = try OpenAIRelease.write(micro, tokenizer: lists, to: path)
    #expect(bytes == 44_352)
    let theirs = Fixtures.path("formats/openai/")
    for name in [
      "checkpoint", "model.ckpt.index", "model.ckpt.data-00000-of-00001", "vocab.bpe",
    ] {
      let expected = try SharedBytes.contents(path: theirs + name)
      #expect(try SharedBytes.contents(path: path + "/" + name) == expected, "\(name)")
    }
    for name in ["hparams.json", "encoder.json"] {
      let expected = try JSONValue(contentsOf: theirs + name)
      #expect(try JSONValue(contentsOf: path + "/" + name) == expected, "\(name)")
    }
    let copy = try OpenedModel(path: path)
    #expect(copy.notices.isEmpty)
    #expect(copy.weights.layout == .hf)
    for slot in WeightMap.slots(micro.configuration) {
      let original = try #require(micro.weights[slot.name])
      #expect(try copy.weights[slot.name]?.floats() == original.floats(), "\(slot.name)")
    }
    let tokenizer = try copy.loadTokenizer()
    #expect(try tokenizer.encode("the thing") == micro.loadTokenizer().encode("the thing"))
    let exists = Failure { try OpenAIRelease.write(micro, tokenizer: nil, to: path) }
    #expect(exists == Failure(ModelFault.outputExists))
    try OpenAIRelease.write(micro, tokenizer: nil, to: path, replacing: true)
    #expect(try folder.contents == ["release"])
  }

  @Test func whatIsNotTheModelsIsLeftOutOrRefused() throws {
    var outputs = try Checkpoint.open(path: Fixtures.path("formats/openai")).tensors.map {
      $0.output()
    }
    func add(_ name: String) throws {
      outputs.append(try TinyCheckpoint.tensor(name, [1], from: 0))
    }
    for name in ["global_step", "model/wte/Adam", "model/h0/ln_1/g/Adam_1"] { try add(name) }
    try TensorBundleWriter.write(outputs, to: folder.path + "/model.ckpt")
    let config = Fixtures.path("formats/micro/config.json")
    let opened = try OpenedModel(path: folder.path, configurationPath: config)
    #expect(
      Set(opened.leftOut.map(\.name)) == [
        "global_step", "model/wte/Adam", "model/h0/ln_1/g/Adam_1",
      ]
    )
    try add("model/h0/ln_3/g")
    try TensorBundleWriter.write(outputs, to: folder.path + "/model.ckpt")
    let stray = failure { try OpenedModel(path: folder.path, configurationPath: config) }
    #expect(stray?.fault as? ModelFault == .unexpected(["model/h0/ln_3/g"]))
  }

  @Test func hyperparametersThatAreNone() {
    func failure(_ json: JSONValue) -> Failure? {
      Failure { try OpenAIRelease.configuration(hyperparameters: json) }
    }
    #expect(failure([1]) == Failure(ConfigurationFault.notObject))
    let missing = ConfigurationFault.wrongType(key: "n_ctx", expected: "there")
    #expect(failure(["n_vocab": 5]) == Failure(missing))
  }

  @Test func whatOpenAIsCodeWouldComputeOtherwiseIsNotWritten() throws {
    let erf = try OpenedModel(path: Fixtures.path("variants/erf"))
    let fault = ModelFault.notExpressible("OpenAI's release", "activation gelu")
    #expect(Failure { try OpenAIRelease.write(erf, tokenizer: nil, to: path) } == Failure(fault))
    #expect(try folder.contents.isEmpty)
  }
}
