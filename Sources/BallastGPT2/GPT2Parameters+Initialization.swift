package import BallastBytes
import Glibc

extension GPT2Parameters {
  /// GPT-2's initialisation, as transformers draws it: weights and embeddings from N(0, σ²) with the configuration's
  /// initializer_range as σ, those of projections onto the residual stream with σ/√(2 L), biases 0, gains 1.
  ///
  /// The seed determines every value.
  package static func initialized(
    _ configuration: GPT2Configuration,
    seed: UInt64
  ) throws(FormatError) -> GPT2Parameters {
    let parameters = try zeros(configuration)
    var normal = NormalNumbers(seed: seed)
    let projection = 1 / Double(2 * max(1, configuration.layers)).squareRoot()
    for parameter in parameters.all {
      if parameter.isMatrix {
        let isProjection = parameter.name.hasSuffix("c_proj.weight")
        let deviation = configuration.initializerRange * (isProjection ? projection : 1)
        for index in 0..<parameter.count {
          parameter.pointer[index] = Float(deviation * normal.next())
        }
      } else if parameter.name.hasSuffix(".weight") {
        parameter.pointer.update(repeating: 1, count: parameter.count)
      }
    }
    return parameters
  }
}

/// Numbers of the normal distribution, two at a time (Box and Muller 1958).
private struct NormalNumbers {
  private var generator: SplitMix64
  private var spare: Double?

  init(seed: UInt64) {
    generator = SplitMix64(state: seed)
  }

  mutating func next() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    // Above zero, so that the logarithm is finite.
    let radius = (-2 * log(1 - Double.random(in: 0..<1, using: &generator))).squareRoot()
    let angle = 2 * Double.pi * Double.random(in: 0..<1, using: &generator)
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
