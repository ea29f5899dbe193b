import BallastGPT2
import BallastKernels
import Testing

/// The model's gradients against differences of its loss.
@Suite struct GradientTests {
  /// Along a random direction d: (L(p + h d) − L(p − h d)) / 2h is the gradient times d.
  @Test(arguments: [
    ("gelu_new", true, 0.0), ("gelu", false, 0.0), ("silu", true, 0.0), ("gelu_new", true, 0.2),
    ("silu", false, 0.3),
  ])
  func agreeWithDifferencesOfTheLoss(
    activation: String,
    tiesHead: Bool,
    dropout: Double
  ) throws {
    var configuration = RandomModel.configuration(
      width: 16,
      activation: activation,
      tiesHead: tiesHead
    )
    configuration.scalesAttentionByInverseLayer = dropout == 0
    configuration.embeddingDropout = dropout
    configuration.attentionDropout = dropout
    configuration.residualDropout = dropout
    let model = try RandomModel.make(configuration)
    let tokens = RandomModel.tokens(2 * 8, below: 11)
    var targets = RandomModel.tokens(2 * 8, below: 11, seed: 5)
    targets[7] = -100
    let activations = try Activations(configuration, batch: 2, length: 8, keeping: .everything)
    let plan = dropout > 0 ? DropoutPlan(configuration, seed: 3, pass: 1) : nil
    let gradients = try GPT2Parameters.zeros(configuration)
    // What was there before is overwritten.
    for parameter in gradients.all {
      parameter.pointer.update(repeating: 7, count: parameter.count)
    }
    _ = model.lossAndGradients(
      tokens,
      targets: targets,
      scale: 1,
      activations: activations,
      gradients: gradients,
      accumulates: false,
      dropout: plan
    )
    func loss() -> Double {
      model.forward(tokens, into: activations, dropout: plan)
      return model.lossSum(activations, targets: targets)
    }
    var generator = SplitMix64(state: 8)
    for (index, parameter) in model.parameters.all.enumerated() {
      let direction = (0..<parameter.count).map { _ in
        Float.random(in: -1...1, using: &generator)
      }
      let original = parameter.values
      let step: Float = 2e-3
      func move(_ factor: Float) {
        for i in 0..<parameter.count { parameter.pointer[i] = original[i] + factor * direction[i] }
      }
      move(step)
      let above = loss()
      move(-step)
      let below = loss()
      move(0)
      let difference = (above - below) / Double(2 * step)
      let expected = zip(gradients.all[index].values, direction).reduce(0.0) {
        $0 + Double($1.0) * Double($1.1)
      }
      #expect(
        abs(difference - expected) <= 2e-2 * max(1, abs(expected)),
        "\(parameter.name): \(difference), not \(expected)"
      )
    }
  }

  @Test func gradientsAddUpOverBatches() throws {
    let configuration = RandomModel.configuration()
    let model = try RandomModel.make(configuration)
    let tokens = RandomModel.tokens(2 * 8, below: 11)
    let targets = RandomModel.tokens(2 * 8, below: 11, seed: 5)
    func gradients(batches: Int) throws -> GPT2Parameters {
      let gradients = try GPT2Parameters.zeros(configuration)
      let batch = 2 / batches
      let activations = try Activations(
        configuration,
        batch: batch,
        length: 8,
        keeping: .everything
      )
      for index in 0..<batches {
        let range = index * batch * 8..<(index + 1) * batch * 8
        _ = model.lossAndGradients(
          Array(tokens[range]),
          targets: Array(targets[range]),
          scale: 1 / 16,
          activations: activations,
          gradients: gradients,
          accumulates: index > 0
        )
      }
      return gradients
    }
    let whole = try gradients(batches: 1)
    let parts = try gradients(batches: 2)
    for (a, b) in zip(whole.all, parts.all) {
      for (x, y) in zip(a.values, b.values) { #expect(abs(x - y) <= 1e-6 * max(1, abs(x))) }
    }
  }

  /// Eight sequences of unequal counted lengths, one, two or eight at a time: the mean is over all counted tokens.
  @Test func unequalSequencesAccumulateToTheSameGradient() throws {
    let configuration = RandomModel.configuration()
    let model = try RandomModel.make(configuration)
    let tokens = RandomModel.tokens(8 * 8, below: 11)
    var targets = RandomModel.tokens(8 * 8, below: 11, seed: 5)
    for sequence in 0..<8 {
      for place in sequence + 1..<8 { targets[sequence * 8 + place] = -100 }
    }
    func gradients(batch: Int) throws -> [[Float]] {
      let gradients = try GPT2Parameters.zeros(configuration)
      let activations = try Activations(
        configuration,
        batch: batch,
        length: 8,
        keeping: .everything
      )
      for first in stride(from: 0, to: 8, by: batch) {
        let range = first * 8..<(first + batch) * 8
        _ = model.lossAndGradients(
          Array(tokens[range]),
          targets: Array(targets[range]),
          scale: 1 / 36,
          activations: activations,
          gradients: gradients,
          accumulates: first > 0
        )
      }
      return gradients.all.map(\.values)
    }
    let whole = try gradients(batch: 8)
    for batch in [1, 2] {
      for (a, b) in zip(whole, try gradients(batch: batch)) {
        for (x, y) in zip(a, b) { #expect(abs(x - y) <= 1e-6 * max(1, abs(x)), "\(batch)") }
      }
    }
  }

  /// Equal seeds and passes drop the same elements; another pass drops others.
  @Test func dropoutIsAFunctionOfSeedAndPass() throws {
    let configuration = RandomModel.configuration()
    let model = try RandomModel.make(configuration)
    let tokens = RandomModel.tokens(8, below: 11)
    let activations = try Activations(configuration, batch: 1, length: 8, keeping: .everything)
    func output(seed: UInt64, pass: Int) -> [Float] {
      model.forward(
        tokens,
        into: activations,
        dropout: DropoutPlan(configuration, seed: seed, pass: pass)
      )
      return Array(UnsafeBufferPointer(start: activations.finalNorm.output, count: 8 * 8))
    }
    #expect(output(seed: 1, pass: 4) == output(seed: 1, pass: 4))
    #expect(output(seed: 1, pass: 4) != output(seed: 1, pass: 5))
    #expect(output(seed: 1, pass: 4) != output(seed: 2, pass: 4))
  }

  /// With products of bfloat16 the gradients point the same way, within that type's eight bits.
  @Test(.enabled(if: Machine.bfloat16 == .ready))
  func bfloat16ChangesLittle() throws {
    let configuration = RandomModel.configuration(heads: 4, width: 64, vocabularySize: 101)
    let tokens = RandomModel.tokens(4 * 8, below: 101)
    let targets = RandomModel.tokens(4 * 8, below: 101, seed: 5)
    func gradients(_ precision: Precision) throws -> (Double, GPT2Parameters) {
      let model = try RandomModel.make(configuration, precision: precision)
      let gradients = try GPT2Parameters.zeros(configuration)
      let activations = try Activations(configuration, batch: 4, length: 8, keeping: .everything)
      let loss = model.lossAndGradients(
        tokens,
        targets: targets,
        scale: 1 / 32,
        activations: activations,
        gradients: gradients,
        accumulates: false
      )
      return (loss / 32, gradients)
    }
    let (loss, exact) = try gradients(.float32)
    let (roundedLoss, rounded) = try gradients(.bfloat16)
    #expect(loss != roundedLoss, "the products were those of float32")
    #expect(abs(loss - roundedLoss) <= 1e-2 * loss)
    func dot(_ a: GPT2Parameters, _ b: GPT2Parameters) -> Double {
      zip(a.all, b.all).reduce(0.0) { sum, pair in
        zip(pair.0.values, pair.1.values).reduce(sum) { $0 + Double($1.0) * Double($1.1) }
      }
    }
    // Random weights of this size make much of a rounding: the difference is 7 % of the gradient.
    let lengths = (dot(exact, exact) * dot(rounded, rounded)).squareRoot()
    #expect(dot(exact, rounded) >= 0.995 * lengths)
  }

  /// Blocks that are run again give the same gradients, bit for bit, dropout included.
  @Test(arguments: [0.0, 0.3])
  func checkpointsChangeNothing(dropout: Double) throws {
    var configuration = RandomModel.configuration(layers: 3)
    configuration.embeddingDropout = dropout
    configuration.attentionDropout = dropout
    configuration.residualDropout = dropout
    let model = try RandomModel.make(configuration)
    let tokens = RandomModel.tokens(2 * 8, below: 11)
    let targets = RandomModel.tokens(2 * 8, below: 11, seed: 5)
    func gradients(_ keeping: Retention, _ precision: Precision = .float32) throws -> [Float] {
      let gradients = try GPT2Parameters.zeros(configuration)
      let activations = try Activations(
        configuration,
        batch: 2,
        length: 8,
        keeping: keeping,
        precision: precision
      )
      let loss = model.lossAndGradients(
        tokens,
        targets: targets,
        scale: 1 / 16,
        activations: activations,
        gradients: gradients,
        accumulates: false,
        dropout: dropout > 0 ? DropoutPlan(configuration, seed: 3, pass: 1) : nil
      )
      return gradients.all.flatMap(\.values) + [Float(loss)]
    }
    #expect(try gradients(.everything) == gradients(.streams))
    // What attention put out is kept here, and computed again there.
    #expect(try gradients(.everything) == gradients(.everything, .bfloat16))
    func size(_ keeping: Retention) -> Int {
      ActivationPlan(configuration, batch: 64, length: 8, keeping: keeping).total
    }
    #expect(size(.streams) < size(.everything))
  }
}
