import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastInspection
import BallastJSON
import BallastModelIO
import BallastTestSupport
import Testing

/// What contradicts a configuration or a tokenizer, each contradiction by itself.
@Suite struct ModelCheckTests: ModelCheckSuite {
  let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func ofARuleThatIsBrokenOftenSomeAreListed() throws {
    let unknown = try (0..<IntegrityFinding.maximumOfRule + 7).map {
      try TinyCheckpoint.tensor("h.0.attn.extra.\($0)", [1], from: 0)
    }
    let check = try check(try outputs(without: "ln_f.weight") + unknown)
    #expect(check.leftOut == 7)
    let unexpected = check.findings.count { $0.rule == "model.unexpected" }
    #expect(unexpected == IntegrityFinding.maximumOfRule)
    #expect(check.findings.contains { $0.tensor == "ln_f.weight" })
  }

  @Test func aSoundFolder() throws {
    let check = try check(try outputs())
    #expect(check.findings.isEmpty && check.notices.isEmpty)
    #expect(check.hasConfiguration && !check.hasTokenizer)
  }

  @Test func everyMissingAndUnexpectedTensor() throws {
    let more = try ["h.0.attn.extra.weight", "h.1.mlp.extra"].map {
      try TinyCheckpoint.tensor($0, [2], from: 0)
    }
    let check = try check(try outputs(without: "h.0.ln_1.bias", "ln_f.weight") + more)
    #expect(
      check.findings.map { "\($0.rule) \($0.tensor ?? "")" } == [
        "model.unexpected h.0.attn.extra.weight", "model.unexpected h.1.mlp.extra",
        "model.missing h.0.ln_1.bias", "model.missing ln_f.weight",
      ]
    )
    #expect(check.findings.allSatisfy { $0.severity == .error })
    #expect(check.findings.prefix(2).allSatisfy { $0.offset != nil })
  }

  @Test func shapesAndTypes() throws {
    var found = try check(try replacing("h.1.attn.c_proj.weight", [4, 5])).findings
    #expect(found.map(\.rule) == ["model.wrong-shape"])
    #expect(found.first?.tensor == "h.1.attn.c_proj.weight")
    let zeros = [UInt8](repeating: 0, count: 8)
    let half = TensorOutput(name: "h.1.ln_1.bias", dtype: .f16, shape: try Shape([4])) {
      (sink) throws(FormatError) in try sink(zeros.span.bytesOfBytes)
    }
    found = try check(try outputs(without: half.name) + [half]).findings
    #expect(found.map(\.rule) == ["model.mixed-types"])
    #expect(found.first?.severity == .warning)
    let integers = TensorOutput(name: "ln_f.bias", dtype: .i16, shape: try Shape([4])) {
      (sink) throws(FormatError) in try sink(zeros.span.bytesOfBytes)
    }
    found = try check(try outputs(without: integers.name) + [integers]).findings
    #expect(found.map(\.rule) == ["model.not-floating-point"])
  }

  @Test func everythingThatIsWrongWithAConfiguration() throws {
    var json = TinyCheckpoint.configuration.json()
    json["n_head"] = 3
    json["layer_norm_epsilon"] = "small"
    json["resid_pdrop"] = 2
    json["activation_function"] = "gelu_old"
    json["eos_token_id"] = 7
    let found = try check(try outputs(), configuration: JSONValue.object(json).text()).findings
    #expect(
      found.map(\.rule) == [
        "configuration.wrong-type", "configuration.out-of-range",
        "configuration.indivisible-width", "configuration.unknown-activation",
        "vocabulary.token-beyond-embedding",
      ]
    )
    #expect(found.allSatisfy { $0.file == "config.json" })
    // What follows from a size that cannot be read is not told as well.
    for (key, value) in [("n_head", "2"), ("n_embd", "4"), ("n_layer", "2")]
      as [(String, JSONValue)]
    {
      var json = TinyCheckpoint.configuration.json()
      json[key] = value
      let found = try check(try outputs(), configuration: JSONValue.object(json).text()).findings
      #expect(found.map(\.rule) == ["configuration.wrong-type"])
    }
    let broken = try check(try outputs(), configuration: "{").findings
    #expect(broken.map(\.rule) == ["json.unexpected-end"])
  }

  @Test func aHeadThatDiffersAlthoughItIsTied() throws {
    let same = try TinyCheckpoint.tensor("lm_head.weight", [7, 4], from: 0)
    #expect(try check(try outputs() + [same]).findings.isEmpty)
    // Each element is 3/64 larger than that of the embedding.
    let other = try TinyCheckpoint.tensor("lm_head.weight", [7, 4], from: 3)
    // Transformers ties unless it is told not to.
    var json = TinyCheckpoint.configuration.json()
    json["tie_word_embeddings"] = nil
    for text in [TinyCheckpoint.configurationText, JSONValue.object(json).text()] {
      let found = try check(try outputs() + [other], configuration: text).findings
      #expect(found.map(\.rule) == ["model.head-differs"])
      #expect(found.first?.message.hasSuffix(": by 0.046875 at most, in 28 of 28 values") == true)
      #expect(found.first?.tensor == "lm_head.weight")
    }
    let untied = configuration { $0.tiesHead = false }
    #expect(try check(try outputs() + [other], configuration: untied).findings.isEmpty)
    let found = try check(try outputs(), configuration: untied).findings
    #expect(found.map(\.tensor) == ["lm_head.weight"])
  }

  @Test func tiesInTheMetadata() throws {
    let tie = ("lm_head.weight", "wte.weight")
    #expect(try check(try outputs(), metadata: [tie]).findings.isEmpty)
    var found = try check(
      try outputs(),
      metadata: [("format", "pt"), ("lm_head.weight", "wte.weigth.weight"), ("a", "b")]
    ).findings
    #expect(found.map(\.rule) == ["tie.no-original"])
    let head = try TinyCheckpoint.tensor("lm_head.weight", [7, 4], from: 1)
    found = try check(try outputs() + [head], metadata: [tie]).findings
    #expect(found.map(\.rule) == ["tie.differs", "model.head-differs"])
    // Metadata in which something merely looks alike is none.
    for entry in [
      ("config.json", "other.json"), ("main_tensor", "wte.weight"), ("weight", "wei.ght"),
    ] {
      #expect(try check(try outputs(), metadata: [entry]).findings.isEmpty)
    }
  }

  @Test func aSecondTensorOfOneName() throws {
    let again = try TinyCheckpoint.tensor("module.wpe.weight", [5, 4], from: 0)
    let found = try check(try outputs() + [again]).findings
    #expect(found.map(\.rule) == ["model.twice"])
  }

  @Test func withoutAConfigurationWeightsAreHeldToEachOther() throws {
    var found = try check(try outputs(without: "h.1.ln_1.bias"), configuration: nil)
    #expect(found.findings.map(\.rule) == ["model.missing"])
    #expect(found.notices.count == 1 && !found.hasConfiguration)
    // A part of a model, as one shard of several is.
    found = try check(try outputs(without: "ln_f.weight", "h.1.ln_1.bias"), configuration: nil)
    #expect(found.findings.isEmpty)
  }

  @Test func aShardAloneIsNotTheModel() throws {
    let shard = folder.path + "/model-00001-of-00002.safetensors"
    try SafetensorsWriter.write(try outputs(without: "ln_f.bias"), to: shard)
    _ = try folder.write(TinyCheckpoint.configurationText.utf8, to: "config.json")
    let check = try ModelCheck(.open(path: shard), path: shard)
    #expect(check.findings.isEmpty && check.notices.count == 1)
  }

  /// Other architectures have tensors of these names too, or lie beside another configuration.
  @Test func otherModelsAreLeftAlone() throws {
    let other = try check(try outputs(), configuration: #"{"model_type":"gpt_bigcode"}"#)
    #expect(other.findings.isEmpty && !other.hasConfiguration)
    let tensor = try TinyCheckpoint.tensor("layers.0.weight", [4], from: 0)
    #expect(try check([tensor], configuration: #"{"model_type":"llama"}"#).findings.isEmpty)
    #expect(try check([tensor], at: file).findings.isEmpty)
    // The folder says that it is a GPT-2.
    #expect(try check([tensor]).findings.map(\.rule) == ["model.not-gpt2"])
  }

  /// Configuration and tokenizer are checked although the weights cannot be read.
  @Test func whatLiesBesideBrokenWeights() throws {
    var json = TinyCheckpoint.configuration.json()
    json["n_head"] = 3
    _ = try folder.write(JSONValue.object(json).text().utf8, to: "config.json")
    for name in ["vocab.json", "merges.txt"] {
      let bytes = try SharedBytes.contents(path: Fixtures.path("tiny-gpt2/" + name))
      _ = try folder.write(bytes, to: name)
    }
    let check = try ModelCheck(nil, path: folder.path)
    #expect(
      check.findings.map(\.rule)
        == ["configuration.indivisible-width", "vocabulary.beyond-embedding"]
    )
  }

  @Test(
    arguments: [
      (767, ["vocabulary.beyond-embedding"]), (768, []), (769, ["vocabulary.unused-rows"]),
      (900, ["vocabulary.unused-rows"]),
    ]
  )
  func theTokenizerAndTheEmbedding(rows: Int, rules: [String]) throws {
    for name in ["vocab.json", "merges.txt"] {
      let bytes = try SharedBytes.contents(path: Fixtures.path("tiny-gpt2/" + name))
      _ = try folder.write(bytes, to: name)
    }
    var configuration = TinyCheckpoint.configuration
    configuration.vocabularySize = rows
    let check = try check(
      try TinyCheckpoint.outputs(configuration),
      configuration: JSONValue.object(configuration.json()).text()
    )
    #expect(check.findings.map(\.rule) == rules)
    #expect(check.hasTokenizer)
  }

  @Test func aBrokenTokenizerIsAFinding() throws {
    let vocabulary = #"{"<|endoftext|>":0}"#
    _ = try folder.write(vocabulary.utf8, to: "vocab.json")
    _ = try folder.write("x".utf8, to: "merges.txt")
    // The tokenizer is broken: that is one finding, and there is no comparison.
    let found = try check(try outputs())
    #expect(found.findings.count == 1 && !found.hasTokenizer)
    #expect(found.findings.first?.rule.hasPrefix("tokenizer.") == true)
  }
}
