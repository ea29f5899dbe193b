import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import Testing

/// The model against transformers in float64, held to PyTorch's own error in float32.
@Suite struct FixtureParityTests {
  static let containers = [
    "tiny-gpt2", "tiny-gpt2/model.safetensors", "containers/tiny-zip.pt",
    "containers/tiny-legacy.bin",
  ]

  private static func open(_ fixture: String) throws -> OpenedModel {
    try OpenedModel(
      path: Fixtures.path(fixture),
      configurationPath: Fixtures.path("tiny-gpt2/config.json")
    )
  }

  private static func compare(_ model: GPT2Model, _ name: String) throws -> ParityReport {
    let checkpoint = try Checkpoint.open(path: Fixtures.path(name))
    return try Parity.compare(model, with: try RecordedReference(checkpoint, for: model))
  }

  @Test(arguments: containers)
  func logitsAreAsCloseAsPyTorchs(fixture: String) throws {
    let report = try Self.compare(
      try Self.open(fixture).loadModel(),
      "reference/tiny-gpt2.safetensors"
    )
    let own = try JSONValue(contentsOf: Fixtures.path("reference/tiny-gpt2.json"))
    func worst(_ key: String) throws -> Double {
      try max(
        #require(own["logits"]?["eager"]?[key]?.number),
        #require(own["logits"]?["sdpa"]?[key]?.number)
      )
    }
    let logits = try #require(report.deviations.first { $0.name == "logits" })
    let largest = try #require(own["max_abs_logit"]?.number)
    #expect(logits.rms <= 1.5 * (try worst("rms")))
    #expect(logits.maxAbsolute <= 2 * (try worst("max")))
    #expect(logits.maxAbsolute <= 2e-6 * max(1, largest))
    #expect(try #require(report.lossDifference) <= 1e-6)
    #expect(report.topOneAgreement == 1)
    for deviation in report.deviations where deviation.name.hasPrefix("hidden_states") {
      #expect(deviation.relative <= 2e-6, "\(deviation)")
    }
  }

  /// What would be taken for something else, or ignored, is refused.
  @Test(arguments: ["hidden_states.00", "hidden_states.+1", "hidden_states.x", "hidden_states.5"])
  func aHiddenStateThatThereIsNotIsRefused(name: String) throws {
    let error = try faultWithAdded(tensor(.f32, [1], [0, 0, 0, 0], named: name))
    guard case .otherModel(name) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: [0, 2]) func aLossOfSeveralElementsIsRefused(count: Int) throws {
    let loss = try tensor(.f32, [count], [UInt8](repeating: 0, count: 4 * count), named: "loss")
    guard case .wrongShape("loss", _, [count]) = try faultWithAdded(loss) else {
      Issue.record("a loss of \(count) elements was accepted")
      return
    }
  }

  /// How a reference fails that has this tensor, in place of its own of the same name.
  private func faultWithAdded(_ added: TensorView) throws -> ParityFault? {
    let model = try Self.open("tiny-gpt2").loadModel()
    let recorded = try Checkpoint.open(path: Fixtures.path("reference/tiny-gpt2.safetensors"))
    let changed = try Checkpoint(
      format: recorded.format,
      files: recorded.files,
      metadata: [:],
      warnings: [],
      tensors: recorded.tensors.filter { $0.name != added.name } + [added]
    )
    let error = #expect(throws: FormatError.self) { try RecordedReference(changed, for: model) }
    return error?.fault as? ParityFault
  }

  /// Relative L2 within 2e-5, or twice PyTorch's own error where that is larger.
  @Test func everyGradientIsAsCloseAsPyTorchs() throws {
    let model = try Self.open("tiny-gpt2").loadModel()
    let report = try Self.compare(model, "reference/tiny-gpt2.safetensors")
    let own = try #require(
      try JSONValue(contentsOf: Fixtures.path("reference/tiny-gpt2.json"))["gradients_relative_l2"]
    )
    let gradients = report.deviations.filter { $0.name.hasPrefix("gradients.") }
    #expect(gradients.count == model.parameters.all.count)
    for gradient in gradients {
      let name = "transformer." + gradient.name.dropFirst("gradients.".count)
      let bound = try max(2e-5, 2 * #require(own[name]?.number))
      #expect(gradient.relative <= bound, "\(gradient)")
    }
  }

  /// Softmax does not see a constant added to a row of scores: the keys' bias has no gradient.
  @Test func theGradientOfTheKeysBiasIsZero() throws {
    let model = try Self.open("tiny-gpt2").loadModel()
    let checkpoint = try Checkpoint.open(path: Fixtures.path("reference/tiny-gpt2.safetensors"))
    let input = try RecordedReference(checkpoint, for: model).input
    let gradients = try model.gradients(of: input)
    let width = model.configuration.width
    for layer in 0..<model.configuration.layers {
      let bias = try #require(gradients["h.\(layer).attn.c_attn.bias"]).values
      let largest = bias.map(abs).max() ?? 0
      #expect(bias[width..<2 * width].allSatisfy { abs($0) <= 1e-5 * largest })
    }
  }

  @Test(arguments: ["erf", "inverse-layer", "unscaled"])
  func variantsOfTheConfigurationAgree(name: String) throws {
    let opened = try OpenedModel(path: Fixtures.path("variants/" + name + "/model.safetensors"))
    let report = try Self.compare(
      try opened.loadModel(),
      "variants/" + name + "/reference.safetensors"
    )
    #expect(report.deviations.count == 4 + opened.weights.weights.count)
    #expect(report.passes(tolerance: 2e-5))
    for deviation in report.deviations where !deviation.name.hasPrefix("gradients.") {
      #expect(deviation.relative <= 2e-6, "\(deviation)")
    }
  }

  @Test func greedyContinuationsAreEqual() throws {
    let model = try Self.open("tiny-gpt2").loadModel()
    let records = try JSONValue(contentsOf: Fixtures.path("reference/greedy.json")).array ?? []
    #expect(records.count >= 3)
    for record in records {
      var history = try #require(record["ids"]?.array).compactMap { $0.integer.map(Int32.init) }
      let expected = record["continuation"]?.array?.compactMap { $0.integer.map(Int32.init) }
      let generator = try GPT2Generator(model)
      var sampler = Sampler(.greedy)
      var logits = try generator.append(history)
      var continuation: [Int32] = []
      for _ in 0..<40 {
        let token = sampler.next(logits: logits, history: history)
        continuation.append(token)
        history.append(token)
        logits = try generator.append([token])
      }
      #expect(continuation == expected)
    }
  }
}
