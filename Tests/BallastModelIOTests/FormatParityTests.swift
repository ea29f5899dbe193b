import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import BallastTokenizer
import Testing

/// One micro GPT-2 in every format that knows the model, against transformers in float64.
@Suite struct FormatParityTests {
  @Test(arguments: ["micro", "llmc/micro.bin", "openai", "ggml/micro.bin", "ggml/micro-first.bin"])
  func computesWhatTransformersComputes(fixture: String) throws {
    let opened = try OpenedModel(path: Fixtures.path("formats/" + fixture))
    #expect(opened.notices.isEmpty)
    let model = try opened.loadModel()
    let file = try Checkpoint.open(path: Fixtures.path("formats/micro/reference.safetensors"))
    let report = try Parity.compare(model, with: try RecordedReference(file, for: model))
    #expect(report.passes(tolerance: 5e-6), "\(report.deviations)")
    #expect(report.deviations.contains { $0.name == "logits" })
  }

  /// A compiled model without biases, its vocabulary padded; transformers computed it with biases
  /// of zero and the exact gelu.
  @Test(arguments: ["nanogpt", "nanogpt/ckpt.pt"])
  func nanoGPTComputesWhatTransformersComputes(fixture: String) throws {
    let opened = try OpenedModel(path: Fixtures.path("formats/" + fixture))
    #expect(
      opened.notices == ["nanoGPT's model_args: assuming its exact gelu; --config FILE overrides"]
    )
    #expect(opened.configuration.activation == "gelu")
    #expect(opened.configuration.vocabularySize == 320)
    #expect(opened.configuration.positions == 16)
    #expect(opened.configuration.residualDropout == 0)
    #expect(opened.configuration.endTokens.isEmpty)
    let model = try opened.loadModel()
    let path = Fixtures.path("formats/nanogpt/reference.safetensors")
    let reference = try RecordedReference(Checkpoint.open(path: path), for: model)
    let report = try Parity.compare(model, with: reference)
    #expect(report.passes(tolerance: 5e-6), "\(report.deviations)")
    // Biases of zero are written out where the model goes elsewhere.
    let outputs = try opened.outputs(layout: .hf)
    #expect(outputs.count == 28)
    let bias = try #require(outputs.first { $0.name == "h.1.mlp.c_fc.bias" })
    #expect(try bias.contents() == [UInt8](repeating: 0, count: 4 * 64))
  }

  /// A configuration that was given counts, and with it its activation.
  @Test func nanoGPTWithAConfiguration() throws {
    let folder = try TemporaryFolder()
    let nanoGPT = try OpenedModel(path: Fixtures.path("formats/nanogpt"))
    var configuration = nanoGPT.configuration
    configuration.activation = "gelu_new"
    let json = JSONValue.object(configuration.json()).text()
    let path = try folder.write(json.utf8, to: "config.json")
    let opened = try OpenedModel(path: nanoGPT.path, configurationPath: path)
    #expect(opened.configuration == configuration)
    #expect(opened.notices.isEmpty)
  }

  @Test func ggmlInHalvesAndItsTokenizer() throws {
    let micro = try OpenedModel(path: Fixtures.path("formats/micro"))
    let half = try OpenedModel(path: Fixtures.path("formats/ggml/micro-f16.bin"))
    #expect(half.configuration.vocabularySize == 265)
    for slot in WeightMap.slots(micro.configuration) {
      let view = try #require(half.weights[slot.name])
      let original = try #require(micro.weights[slot.name])
      let isHalf = slot.dimensions.count == 2 && slot.name != "wpe.weight"
      #expect(view.dtype == (isHalf ? .f16 : .f32), "\(slot.name)")
      #expect(try view.contents() == original.output(as: view.dtype).contents(), "\(slot.name)")
    }
    let tokenizer = try half.loadTokenizer()
    let original = try micro.loadTokenizer()
    #expect(tokenizer.vocabularySize == original.vocabularySize)
    #expect(tokenizer.endOfText == original.endOfText)
    for text in ["the thing on the string", " a<|endoftext|>é", "inging"] {
      #expect(tokenizer.encode(text) == original.encode(text))
    }
  }
}
