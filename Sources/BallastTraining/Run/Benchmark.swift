package import BallastBytes
package import BallastGPT2
package import BallastKernels

/// Times a model at its work, over tokens that mean nothing.
package struct Benchmark {
  /// A kind of work.
  package enum Work: Hashable, Sendable {
    /// The logits of every token of a batch.
    case forward(batch: Int, length: Int)
    /// The logits after a text, which fills the cache.
    case prefill(length: Int)
    /// One token after the other, behind a text of `prompt` tokens.
    case decode(count: Int, prompt: Int)
    /// Forward, backward, clipping and AdamW.
    case train(batch: Int, length: Int)

    /// The tokens that it takes or makes.
    package var tokens: Int {
      switch self {
      case .forward(let batch, let length), .train(let batch, let length): batch * length
      case .prefill(let length): length
      case .decode(let count, _): count
      }
    }

    /// The name that tables have.
    package var name: String {
      switch self {
      case .forward(let batch, let length): "forward B\(batch) T\(length)"
      case .prefill(let length): "prefill \(length)"
      case .decode(let count, _): "decode \(count)"
      case .train(let batch, let length): "train B\(batch) T\(length)"
      }
    }
  }

  /// What some runs of a work took.
  package struct Result: Sendable {
    package let work: Work
    /// How the weights were stored that it read, each way once.
    package let weights: [WeightMatrix.Element]
    /// The time of each run, after one that was not counted.
    package let seconds: [Double]
    /// Where the time of one more run went.
    package let profile: Profile

    /// The median.
    package var median: Double {
      let sorted = seconds.sorted()
      let middle = sorted.count / 2
      return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
  }

  private let model: GPT2Model
  private let dropout: Double
  private let repetitions: Int

  /// Training changes the model's parameters, which it must own.
  package init(_ model: GPT2Model, dropout: Double, repetitions: Int) {
    self.model = model
    self.dropout = dropout
    self.repetitions = repetitions
  }

  /// Runs a work several times, and once more for its profile; `shouldStop` is asked between runs.
  package func run(
    _ work: Work,
    shouldStop: () throws(FormatError) -> Void
  ) throws(FormatError) -> Result {
    let once = try prepared(work)
    let clock = ContinuousClock()
    var seconds: [Double] = []
    for index in 0...repetitions {
      try shouldStop()
      let start = clock.now
      try once()
      if index > 0 { seconds.append((clock.now - start) / .seconds(1)) }
    }
    try shouldStop()
    var failure: FormatError?
    let profile = Profile.taking {
      do throws(FormatError) { try once() } catch { failure = error }
    }
    if let failure { throw failure }
    return Result(
      work: work,
      weights: model.parameters.weightElements,
      seconds: seconds,
      profile: profile
    )
  }

  /// What one run does, with its memory taken.
  private func prepared(_ work: Work) throws(FormatError) -> () throws(FormatError) -> Void {
    switch work {
    case .forward(let batch, let length):
      let input = try TokenBatch(rows(batch, length), for: model.configuration)
      let activations = try Activations(
        model.configuration,
        batch: batch,
        length: length,
        keeping: .nothing
      )
      let logits = try Storage(count: batch * length * model.configuration.vocabularySize)
      return { model.logits(input, activations, into: logits.base) }
    case .prefill(let length):
      let tokens = rows(1, length)[0]
      _ = try TokenBatch([tokens], for: model.configuration)
      let generator = try GPT2Generator(model)
      return { () throws(FormatError) in
        try generator.restart()
        _ = try generator.append(tokens)
      }
    case .decode(let count, let prompt):
      let tokens = rows(1, prompt + count)[0]
      _ = try TokenBatch([tokens], for: model.configuration)
      let generator = try GPT2Generator(model)
      return { () throws(FormatError) in
        try generator.restart()
        _ = try generator.append(Array(tokens[..<prompt]))
        for token in tokens[prompt...] { _ = try generator.append([token]) }
      }
    case .train(let batch, let length): return try trainingStep(batch: batch, length: length)
    }
  }

  private func trainingStep(
    batch: Int,
    length: Int
  ) throws(FormatError) -> () throws(FormatError) -> Void {
    var configuration = model.configuration
    configuration.embeddingDropout = dropout
    configuration.attentionDropout = dropout
    configuration.residualDropout = dropout
    let input = try TokenBatch(rows(batch, length), for: configuration)
    let gradients = try GPT2Parameters.zeros(configuration)
    let activations = try Activations(
      configuration,
      batch: batch,
      length: length,
      keeping: .everything,
      precision: model.precision
    )
    var optimizer = try Optimizer(OptimizerOptions(), for: model.parameters.all)
    var pass = 0
    return {
      _ = model.lossAndGradients(
        input.ids,
        targets: input.ids,
        scale: 1 / Float(batch * length),
        activations: activations,
        gradients: gradients,
        accumulates: false,
        dropout: DropoutPlan(configuration, seed: 1, pass: pass)
      )
      optimizer.update(
        by: gradients.all,
        norm: Optimizer.norm(of: gradients.all),
        learningRate: 1e-5,
        rounded: model.bfloat16
      )
      pass += 1
    }
  }

  /// Tokens spread over the vocabulary, always the same.
  private func rows(_ batch: Int, _ length: Int) -> [[Int32]] {
    (0..<batch).map { row in
      (0..<length).map { Int32((row * length + $0) * 7919 % model.configuration.vocabularySize) }
    }
  }
}
