import BallastBytes
import BallastGPT2
import Testing

/// Several sequences at a time, against one generator for each.
@Suite struct ForkedGeneratorTests {
  private let configuration = RandomModel.configuration(
    layers: 3,
    heads: 4,
    width: 32,
    positions: 12
  )

  /// Past the last position too, and whatever sequences leave: to the bit.
  @Test(arguments: [1, 2, 5, 16])
  func sequencesDoNotDependOnEachOther(count: Int) throws {
    let model = try RandomModel.make(configuration)
    let prompt = RandomModel.tokens(5, below: 11)
    let together = try GPT2Generator(model)
    let first = try together.append(prompt)
    try together.fork(into: count)
    #expect(together.sequenceCount == count)
    var alone = try (0..<count).map { _ in
      let generator = try GPT2Generator(model)
      #expect(try generator.append(prompt) == first)
      return generator
    }
    for index in 0..<20 {
      let tokens = RandomModel.tokens(alone.count, below: 11, seed: UInt64(index))
      let logits = try together.append(each: tokens)
      #expect(logits.count == alone.count)
      for (sequence, generator) in alone.enumerated() {
        #expect(
          try generator.append([tokens[sequence]]) == logits[sequence],
          "\(index) \(sequence)"
        )
      }
      if index % 3 == 2, alone.count > 1 {
        let leaving = index % alone.count
        try together.remove(leaving)
        alone.swapAt(leaving, alone.count - 1)
        alone.removeLast()
        #expect(together.sequenceCount == alone.count)
      }
    }
  }

  /// In the memory that is there, whatever was read and forked before.
  @Test func aGeneratorBeginsAnew() throws {
    let model = try RandomModel.make(configuration)
    let prompts = [5, 5, 3, 1, 12].map { RandomModel.tokens($0, below: 11, seed: UInt64($0)) }
    let generator = try GPT2Generator(model)
    for (index, prompt) in prompts.enumerated() {
      try generator.restart()
      let logits = try generator.append(prompt)
      let fresh = try GPT2Generator(model)
      #expect(try logits == fresh.append(prompt))
      #expect(try generator.append([3]) == fresh.append([3]))
      if index % 2 == 0 { try generator.fork(into: 3) }
    }
  }

  @Test func aWrongTokenIsRefused() throws {
    let generator = try GPT2Generator(RandomModel.make(configuration))
    _ = try generator.append([1, 2])
    try generator.fork(into: 2)
    let error = #expect(throws: FormatError.self) { try generator.append(each: [1, 11]) }
    #expect(error?.fault as? ModelInputFault == .tokenOutOfRange(11, vocabularySize: 11))
  }

  @Test func oneSequenceThatIsNotFiniteIsSaid() throws {
    let model = try RandomModel.make(configuration)
    let generator = try GPT2Generator(model)
    _ = try generator.append([1, 2])
    try generator.fork(into: 3)
    try #require(model.parameters["wte.weight"]).pointer[7 * 32] = .nan
    let error = #expect(throws: FormatError.self) { try generator.append(each: [1, 7, 2]) }
    #expect(error?.fault as? GenerationFault == .notFinite)
  }
}
