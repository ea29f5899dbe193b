import BallastGPT2

/// Small models with random weights, for tests.
enum RandomModel {
  static func configuration(
    layers: Int = 2,
    heads: Int = 2,
    width: Int = 8,
    vocabularySize: Int = 11,
    positions: Int = 9,
    activation: String = "gelu_new",
    tiesHead: Bool = true
  ) -> GPT2Configuration {
    var configuration = GPT2Configuration()
    configuration.layers = layers
    configuration.heads = heads
    configuration.width = width
    configuration.vocabularySize = vocabularySize
    configuration.positions = positions
    configuration.activation = activation
    configuration.tiesHead = tiesHead
    return configuration
  }

  /// Weights drawn from ±0.5, norms around 1.
  static func make(
    _ configuration: GPT2Configuration,
    seed: UInt64 = 1,
    precision: Precision = .float32
  ) throws -> GPT2Model {
    let parameters = try GPT2Parameters.zeros(configuration)
    var generator = SplitMix64(state: seed)
    for parameter in parameters.all {
      let isGain = parameter.name.contains("ln_") && parameter.name.hasSuffix("weight")
      for index in 0..<parameter.count {
        parameter.pointer[index] =
          (isGain ? 1 : 0) + Float.random(in: -0.5...0.5, using: &generator)
      }
    }
    return try GPT2Model(configuration, parameters: parameters, precision: precision)
  }

  static func tokens(_ count: Int, below size: Int, seed: UInt64 = 2) -> [Int32] {
    var generator = SplitMix64(state: seed)
    return (0..<count).map { _ in Int32.random(in: 0..<Int32(size), using: &generator) }
  }
}
