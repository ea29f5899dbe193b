import BallastGPT2
import Testing

/// GPT-2's initialisation: the distributions that transformers draws from.
@Suite struct InitializationTests {
  private var configuration: GPT2Configuration {
    RandomModel.configuration(layers: 8, width: 64, vocabularySize: 300, positions: 40)
  }

  @Test func weightsAreDistributedAsTransformersDrawsThem() throws {
    var configuration = configuration
    configuration.initializerRange = 0.02
    let parameters = try GPT2Parameters.initialized(configuration, seed: 3)
    for parameter in parameters.all {
      let values = parameter.values.map(Double.init)
      if parameter.name.hasSuffix(".bias") {
        #expect(values.allSatisfy { $0 == 0 }, "\(parameter.name)")
      } else if parameter.shape.count == 1 {
        #expect(values.allSatisfy { $0 == 1 }, "\(parameter.name)")
      } else {
        // 0.02 / √(2 · 8) for what is added to the residual stream.
        let expected = parameter.name.hasSuffix("c_proj.weight") ? 0.005 : 0.02
        let count = Double(values.count)
        let mean = values.reduce(0, +) / count
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        // Five deviations of the mean, and of the deviation.
        #expect(abs(mean) < 5 * expected / count.squareRoot(), "\(parameter.name): \(mean)")
        #expect(
          abs(deviation / expected - 1) < 5 / (2 * count).squareRoot(),
          "\(parameter.name): \(deviation)"
        )
        // Of a normal distribution 4.55 % lie beyond two deviations.
        let share = Double(values.count { abs($0) > 2 * expected }) / count
        #expect(
          abs(share - 0.0455) < 5 * (0.0455 / count).squareRoot(),
          "\(parameter.name): \(share)"
        )
      }
    }
  }

  @Test func theSeedDeterminesAll() throws {
    func values(_ seed: UInt64) throws -> [[Float]] {
      try GPT2Parameters.initialized(configuration, seed: seed).all.map(\.values)
    }
    #expect(try values(1) == values(1))
    #expect(try values(1) != values(2))
  }

  @Test func aHeadOfItsOwnIsDrawnToo() throws {
    var configuration = configuration
    configuration.tiesHead = false
    let parameters = try GPT2Parameters.initialized(configuration, seed: 3)
    #expect(parameters.head.values != parameters.tokenEmbedding.values)
    #expect(parameters.head.values.contains { $0 != 0 })
  }
}
