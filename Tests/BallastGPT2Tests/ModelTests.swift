import BallastBytes
import BallastGPT2
import Testing

@Suite struct ModelTests {
  @Test func modulesAreReachedByName() throws {
    let model = try RandomModel.make(RandomModel.configuration())
    let mlp = try #require(model["h.1.mlp"])
    #expect(
      mlp.parameters.map(\.name) == [
        "h.1.mlp.c_fc.weight", "h.1.mlp.c_fc.bias", "h.1.mlp.c_proj.weight", "h.1.mlp.c_proj.bias",
      ]
    )
    #expect(mlp.children == ["c_fc", "c_proj"])
    #expect(mlp[parameter: "c_fc.weight"]?.shape == [32, 8])
    #expect(mlp["c_fc"]?[parameter: "bias"]?.count == 32)
    #expect(model["h.2"] == nil)
    #expect(model["h.1.m"] == nil)
    #expect(model.parameters["wte.weight"]?.shape == [11, 8])
    #expect(model.parameters["lm_head.weight"] == nil)
    #expect(model[""]?.children == ["wte", "wpe", "h", "ln_f"])
  }

  @Test(arguments: [
    ([[Int32]](), ModelInputFault.empty), ([[]], .empty),
    ([[1, 2], [3]], .unequalLengths), ([[11]], .tokenOutOfRange(11, vocabularySize: 11)),
    ([[-1]], .tokenOutOfRange(-1, vocabularySize: 11)),
    ([[Int32](repeating: 0, count: 10)], .sequenceTooLong(10, positions: 9)),
  ])
  func wrongTokensAreRefused(sequences: [[Int32]], fault: ModelInputFault) {
    let error = #expect(throws: FormatError.self) {
      try TokenBatch(sequences, for: RandomModel.configuration())
    }
    #expect(error?.fault as? ModelInputFault == fault)
  }

  /// A token sees itself and what stands before it: changing a later token changes nothing.
  @Test func attentionIsCausal() throws {
    let configuration = RandomModel.configuration()
    let model = try RandomModel.make(configuration)
    var tokens = RandomModel.tokens(9, below: 11)
    let before = try model.logits(try TokenBatch([tokens], for: configuration))
    tokens[6] = (tokens[6] + 1) % 11
    let after = try model.logits(try TokenBatch([tokens], for: configuration))
    #expect(before[..<(6 * 11)] == after[..<(6 * 11)])
    #expect(before[(6 * 11)...] != after[(6 * 11)...])
  }

  @Test func sequencesOfABatchDoNotSeeEachOther() throws {
    let configuration = RandomModel.configuration()
    let model = try RandomModel.make(configuration)
    let a = RandomModel.tokens(7, below: 11, seed: 3)
    let b = RandomModel.tokens(7, below: 11, seed: 4)
    let together = try model.logits(try TokenBatch([a, b], for: configuration))
    let apart =
      try model.logits(try TokenBatch([a], for: configuration))
      + model.logits(try TokenBatch([b], for: configuration))
    #expect(together == apart)
  }

  @Test(arguments: [1, 3, 8])
  func cachedDecodingAgreesWithTheWholePass(promptLength: Int) throws {
    let configuration = RandomModel.configuration(layers: 3, heads: 4, width: 32, positions: 40)
    let model = try RandomModel.make(configuration)
    let tokens = RandomModel.tokens(40, below: 11)
    let whole = try model.logits(try TokenBatch([tokens], for: configuration))
    let generator = try GPT2Generator(model)
    var logits = try generator.append(Array(tokens[..<promptLength]))
    for position in promptLength - 1..<40 {
      let expected = whole[position * 11..<(position + 1) * 11]
      for (value, reference) in zip(logits, expected) {
        #expect(abs(value - reference) <= 2e-5 * max(1, abs(reference)))
      }
      if position + 1 < 40 { logits = try generator.append([tokens[position + 1]]) }
    }
  }

  /// Of several tokens the last one's logits alone are computed, with the keys and values of all of them.
  @Test(arguments: [[40], [2, 38], [1, 2, 17, 20], [16, 17, 1, 6]])
  func severalTokensFollowOthers(counts: [Int]) throws {
    let configuration = RandomModel.configuration(layers: 2, heads: 4, width: 32, positions: 40)
    let model = try RandomModel.make(configuration)
    let tokens = RandomModel.tokens(40, below: 11)
    let whole = try model.logits(try TokenBatch([tokens], for: configuration))
    let generator = try GPT2Generator(model)
    var end = 0
    for count in counts {
      let logits = try generator.append(Array(tokens[end..<end + count]))
      end += count
      let expected = whole[(end - 1) * 11..<end * 11]
      for (value, reference) in zip(logits, expected) {
        #expect(abs(value - reference) <= 2e-5 * max(1, abs(reference)), "\(end)")
      }
    }
  }

  /// Past the last position the newer half of the window is read again from position 0.
  @Test func aFullWindowSlides() throws {
    let configuration = RandomModel.configuration()
    let model = try RandomModel.make(configuration)
    let tokens = RandomModel.tokens(10, below: 11)
    let generator = try GPT2Generator(model)
    _ = try generator.append(Array(tokens[..<9]))
    let logits = try generator.append([tokens[9]])
    let window = Array(tokens.suffix(4))
    let expected = try model.logits(try TokenBatch([window], for: configuration)).suffix(11)
    for (value, reference) in zip(logits, expected) { #expect(abs(value - reference) < 2e-5) }
  }

  @Test(arguments: [Float.nan, .infinity])
  func nothingIsDrawnFromWhatIsNotFinite(value: Float) throws {
    let model = try RandomModel.make(RandomModel.configuration())
    try #require(model.parameters["ln_f.bias"]).pointer[0] = value
    let error = #expect(throws: FormatError.self) { try GPT2Generator(model).append([1, 2]) }
    #expect(error?.fault as? GenerationFault == .notFinite)
  }

  /// Wherever a NaN stands, what comes after it does not hide it.
  @Test(arguments: [0, 3, 7], [true, false])
  func aNaNIsNeverWithinTolerance(place: Int, isReference: Bool) {
    var values = [Float](repeating: 1, count: 8)
    let others = values
    values[place] = .nan
    var meter = DeviationMeter()
    if isReference {
      meter.add(others, reference: values, count: 8)
    } else {
      meter.add(values, reference: others, count: 8)
    }
    #expect(!meter.deviation("logits").isWithin(1e30))
    #expect(!meter.gradientDeviation("gradients").isWithin(1e30))
  }

  @Test func parityReportsADeviationAndWhereItBegins() throws {
    let configuration = RandomModel.configuration()
    let model = try RandomModel.make(configuration)
    let other = try RandomModel.make(configuration)
    let input = try TokenBatch([RandomModel.tokens(9, below: 11)], for: configuration)
    let same = try Parity.compare(model, with: try ModelReference(other, for: model, input: input))
    #expect(same.passes(tolerance: 0))
    #expect(same.topOneAgreement == 1)
    let bias = try #require(other.parameters["h.1.mlp.c_proj.bias"])
    bias.pointer[3] += 0.25
    let different = try Parity.compare(
      model,
      with: try ModelReference(other, for: model, input: input)
    )
    #expect(!different.passes(tolerance: 1e-5))
    #expect(different.firstDeparture(tolerance: 1e-5)?.name == "hidden_states.2")
    #expect(different.divergence > 0)
    bias.pointer[3] = .nan
    let broken = try Parity.compare(
      model,
      with: try ModelReference(other, for: model, input: input)
    )
    #expect(!broken.passes(tolerance: 1e30))
  }
}
