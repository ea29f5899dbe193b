import BallastGPT2
import Testing

/// Low-rank adapters and frozen parameters within the passes.
@Suite struct LoRATests {
  private static let configuration = RandomModel.configuration(layers: 3)
  private let tokens = RandomModel.tokens(2 * 8, below: 11)
  private let targets = RandomModel.tokens(2 * 8, below: 11, seed: 5)

  /// A model with adapters that are not zero.
  private func adapted(
    dropout: Double,
    targets: Set<LoRAOptions.Target> = Set(LoRAOptions.Target.allCases)
  ) throws -> GPT2Model {
    let model = try RandomModel.make(Self.configuration)
    let adapters = try LoRAAdapters(
      LoRAOptions(rank: 3, alpha: 4, dropout: dropout, targets: targets),
      for: model.parameters,
      rows: 16
    )
    var generator = SplitMix64(state: 4)
    for parameter in adapters.parameters.all {
      for index in 0..<parameter.count {
        parameter.pointer[index] = Float.random(in: -0.3...0.3, using: &generator)
      }
    }
    return model.adapted(by: adapters)
  }

  private func plan(_ dropout: Double) -> DropoutPlan? {
    var configuration = Self.configuration
    configuration.residualDropout = dropout
    return dropout > 0 ? DropoutPlan(configuration, seed: 3, pass: 1) : nil
  }

  /// Along a random direction d: (L(p + h d) − L(p − h d)) / 2h is the gradient times d.
  @Test(arguments: [(0.0, Retention.everything), (0.2, .everything), (0.2, .streams)])
  func gradientsAgreeWithDifferencesOfTheLoss(dropout: Double, keeping: Retention) throws {
    let model = try adapted(dropout: dropout)
    let adapters = try #require(model.adapters)
    let activations = try Activations(
      Self.configuration,
      batch: 2,
      length: 8,
      keeping: keeping
    )
    let weights = LoRAAdapters.weights(of: model.parameters, adapters.options)
    let gradients = try LoRAParameters(weights.map { ($0, 3) })
    for parameter in gradients.all {
      parameter.pointer.update(repeating: 7, count: parameter.count)
    }
    _ = model.lossAndGradients(
      tokens,
      targets: targets,
      scale: 1,
      activations: activations,
      gradients: try .zeros(Self.configuration) { _ in false },
      adapterGradients: gradients,
      accumulates: false,
      dropout: plan(dropout)
    )
    func loss() -> Double {
      model.forward(tokens, into: activations, dropout: plan(dropout))
      return model.lossSum(activations, targets: targets)
    }
    #expect(gradients.all.count == 3 * 4 * 2)
    var generator = SplitMix64(state: 8)
    for (parameter, gradient) in zip(adapters.parameters.all, gradients.all) {
      let direction = (0..<parameter.count).map { _ in Float.random(in: -1...1, using: &generator) }
      let original = parameter.values
      func moved(_ step: Float) -> Double {
        for i in 0..<parameter.count { parameter.pointer[i] = original[i] + step * direction[i] }
        return loss()
      }
      let difference = (moved(2e-3) - moved(-2e-3)) / 4e-3
      _ = moved(0)
      let expected = zip(gradient.values, direction).reduce(0.0) {
        $0 + Double($1.0) * Double($1.1)
      }
      #expect(
        abs(difference - expected) <= 2e-2 * max(1, abs(expected)),
        "\(parameter.name): \(difference), not \(expected)"
      )
    }
  }

  @Test func mergedAdaptersGiveTheSameLogits() throws {
    let model = try adapted(dropout: 0.5)
    let plain = try RandomModel.make(Self.configuration)
    let batch = try TokenBatch([Array(tokens.prefix(8))], for: Self.configuration)
    let before = try model.logits(batch)
    let sums = try GPT2Parameters(Self.configuration) { slot in
      let parameter = try #require(model.parameters[slot.name])
      return try model.merged(parameter)
    }
    let merged = try GPT2Model(Self.configuration, parameters: sums).logits(batch)
    let without = try plain.logits(batch)
    let changed = zip(before, without).map { abs($0 - $1) }.max() ?? 0
    #expect(changed > 1e-2)
    for (a, b) in zip(before, merged) { #expect(abs(a - b) <= 2e-6 * max(1, abs(a))) }
  }

  /// What is trained has the gradient that it has where all is, to the bit; the rest has none.
  @Test(arguments: ["h.1.", "h.2.mlp.c_fc.bias", "ln_f", "wpe", "wte", "h.0.attn"])
  func frozenParametersChangeNothing(prefix: String) throws {
    func isTrained(_ name: String) -> Bool { name.hasPrefix(prefix) }
    let model = try RandomModel.make(Self.configuration)
    func gradients(_ isTrained: (String) -> Bool) throws -> GPT2Parameters {
      let gradients = try GPT2Parameters.zeros(Self.configuration, where: isTrained)
      for accumulates in [false, true] {
        _ = model.lossAndGradients(
          tokens,
          targets: targets,
          scale: 1 / 16,
          activations: try Activations(
            Self.configuration,
            batch: 2,
            length: 8,
            keeping: .everything
          ),
          gradients: gradients,
          accumulates: accumulates
        )
      }
      return gradients
    }
    let all = try gradients { _ in true }
    let some = try gradients(isTrained)
    #expect(!some.present.isEmpty && some.present.count < all.all.count)
    for (whole, part) in zip(all.all, some.all) {
      #expect(part.isAbsent != isTrained(part.name))
      if !part.isAbsent { #expect(part.values == whole.values, "\(part.name)") }
    }
  }

  /// A is as PyTorch draws it, within ±1/√in, and B is zero: at first nothing is changed.
  @Test func freshAdaptersChangeNothing() throws {
    let model = try RandomModel.make(Self.configuration)
    let options = LoRAOptions(rank: 2, alpha: 4, dropout: 0, targets: [.mlpOutput])
    let adapters = try LoRAAdapters(options, for: model.parameters, rows: 8)
    adapters.initialize(seed: 1)
    #expect(adapters.parameters.all.count == 6)
    for parameter in adapters.parameters.all {
      let values = parameter.values
      if parameter.name.hasSuffix("lora_B.weight") {
        #expect(values.allSatisfy { $0 == 0 })
      } else {
        let bound = 1 / Float(parameter.shape[1]).squareRoot()
        #expect(values.allSatisfy { abs($0) <= bound } && Set(values).count == values.count)
        #expect((values.map(abs).max() ?? 0) > bound / 2)
      }
    }
    let batch = try TokenBatch([Array(tokens.prefix(8))], for: Self.configuration)
    #expect(try model.adapted(by: adapters).logits(batch) == model.logits(batch))
    let bias = model.parameters.finalNorm.bias
    #expect(try model.adapted(by: adapters).merged(bias).storage === bias.storage)
  }
}
