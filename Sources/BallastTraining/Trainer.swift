public import BallastBytes
public import BallastGPT2

/// Trains a model: read `run` from top to bottom.
public final class Trainer {
  /// How a run ended.
  public enum Outcome: Hashable, Sendable {
    case finished
    case interrupted
  }

  private let model: GPT2Model
  private let options: TrainingOptions
  private let training: TokenRows
  private let validation: TokenRows?
  private let gradients: GPT2Parameters
  private let activations: Activations
  /// The configuration with the dropout of this run; the model's own is what is saved.
  private let dropout: GPT2Configuration
  private var optimizer: Optimizer
  private var order: RowOrder
  private var microBatches = 0
  private var stepsTaken = 0
  private var bestLoss = Double.infinity

  /// A run that is ready to start; all memory is taken here.
  ///
  /// The model must own its parameters (`loadModel(copying: true)`): they are changed in place.
  public init(
    _ model: GPT2Model,
    options: TrainingOptions,
    training: TokenRows,
    validation: TokenRows?
  ) throws(FormatError) {
    self.model = model
    self.options = options
    self.training = training
    self.validation = validation
    var dropout = model.configuration
    if let probability = options.dropout {
      dropout.embeddingDropout = probability
      dropout.attentionDropout = probability
      dropout.residualDropout = probability
    }
    self.dropout = dropout
    try MemoryPlan(
      model.configuration,
      options: options,
      length: training.context,
      evaluates: validation != nil
    ).check(weightsAreLoaded: true)
    gradients = try .zeros(model.configuration)
    activations = try Activations(
      model.configuration,
      batch: options.batchSize,
      length: training.context,
      keeping: options.checkpointsActivations ? .streams : .everything
    )
    optimizer = try Optimizer(options.optimizer, for: model.configuration)
    order = RowOrder(
      count: training.count,
      isShuffled: options.isShuffled,
      seed: options.seed
    )
  }

  /// Runs until the last step, or until `shouldStop` says so between two micro-batches.
  ///
  /// Throws `TrainingDataFault.diverged` once a loss is not finite, and at the end, however it
  /// comes, where a parameter is not.
  ///
  /// A step that was interrupted is given up: the parameters are those after the last whole step.
  /// `report` gets every event; at a best evaluation it may save the model, whose parameters stay
  /// as they are for the length of the call.
  public func run(
    shouldStop: () -> Bool,
    report: (TrainingEvent) throws(FormatError) -> Void
  ) throws(FormatError) -> Outcome {
    let outcome = try takeSteps(shouldStop, report)
    // The losses show only the states before a step; what is to be saved is looked at itself.
    guard model.parameters.areFinite else {
      throw FormatError(TrainingDataFault.diverged(step: stepsTaken))
    }
    return outcome
  }

  private func takeSteps(
    _ shouldStop: () -> Bool,
    _ report: (TrainingEvent) throws(FormatError) -> Void
  ) throws(FormatError) -> Outcome {
    guard try evaluate(step: 0, shouldStop, report) else { return .interrupted }
    for step in 1...max(1, options.steps) where options.steps > 0 {
      guard let done = try takeStep(step, shouldStop: shouldStop) else { return .interrupted }
      try report(.step(done))
      if shouldStop() { return .interrupted }
      if step % options.evaluateEvery == 0 || step == options.steps {
        guard try evaluate(step: step, shouldStop, report) else { return .interrupted }
      }
    }
    return .finished
  }

  /// One optimiser step over all its micro-batches; nil if it was interrupted.
  private func takeStep(_ step: Int, shouldStop: () -> Bool) throws(FormatError) -> TrainingStep? {
    let clock = ContinuousClock()
    let start = clock.now
    let batches = (0..<options.accumulate).map { _ in
      training.batch((0..<options.batchSize).map { _ in order.next() })
    }
    // The mean is over all counted tokens of the step: a mean of means would weigh them unequally.
    let counted = batches.reduce(0) { $0 + $1.counted }
    var lossSum = 0.0
    for (index, batch) in batches.enumerated() {
      if shouldStop() { return nil }
      lossSum += model.lossAndGradients(
        batch.inputs,
        targets: batch.targets,
        scale: 1 / Float(counted),
        activations: activations,
        gradients: gradients,
        accumulates: index > 0,
        dropout: DropoutPlan(dropout, seed: options.seed, pass: microBatches)
      )
      microBatches += 1
    }
    guard lossSum.isFinite else { throw FormatError(TrainingDataFault.diverged(step: step)) }
    let learningRate = options.schedule.rate(step: step - 1)
    let norm = optimizer.update(
      model,
      gradients: gradients,
      learningRate: learningRate
    )
    stepsTaken = step
    return TrainingStep(
      step: step,
      loss: lossSum / Double(counted),
      learningRate: learningRate,
      gradientNorm: norm,
      tokens: counted,
      seconds: (clock.now - start) / .seconds(1)
    )
  }

  /// Evaluates and reports; false if it was interrupted.
  private func evaluate(
    step: Int,
    _ shouldStop: () -> Bool,
    _ report: (TrainingEvent) throws(FormatError) -> Void
  ) throws(FormatError) -> Bool {
    guard let validation else { return true }
    let evaluation = try Evaluation(of: model, on: validation, batchSize: options.batchSize) {
      _ in !shouldStop()
    }
    guard let evaluation else { return false }
    guard evaluation.loss.isFinite || step == 0 else {
      throw FormatError(TrainingDataFault.diverged(step: step))
    }
    let isBest = evaluation.loss < bestLoss
    if isBest { bestLoss = evaluation.loss }
    try report(.evaluation(step: step, evaluation, isBest: isBest))
    return true
  }
}
