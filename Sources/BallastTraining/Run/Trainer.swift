public import BallastBytes
package import BallastGPT2
package import BallastJSON
package import BallastModelIO

/// Trains a model: read `run` from top to bottom.
public final class Trainer {
  /// How a run ended.
  public enum Outcome: Hashable, Sendable {
    case finished
    case interrupted
    /// The validation loss has not fallen for as long as was to be waited.
    case stoppedEarly
  }

  private let model: GPT2Model
  private let options: TrainingOptions
  private let validation: TokenRows?
  private let trained: TrainedParameters
  private let activations: Activations
  /// The configuration with the dropout of this run; the model's own is what is saved.
  private let dropout: GPT2Configuration
  private var optimizer: Optimizer
  private var formerBestLoss: Double?
  private var training: RowStream
  /// Where the run is.
  public private(set) var state: RunState

  /// A run that is ready to start, or to go on from a checkpoint; all memory is taken here.
  ///
  /// The model must own its parameters (`loadModel(copying: true)`): they are changed in place, or its adapters, if it
  /// has any. With a checkpoint they
  /// are those that it has.
  package init(
    _ model: GPT2Model,
    options: TrainingOptions,
    training: RowMixture,
    validation: TokenRows?,
    checkpoint: RunCheckpoint? = nil
  ) throws(FormatError) {
    self.model = model
    self.options = options
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
      precision: model.precision,
      options: options,
      length: training.context,
      evaluates: validation != nil
    ).check(weightsAreLoaded: true)
    trained = try TrainedParameters(of: model, trained: options.trained)
    activations = try Activations(
      model.configuration,
      batch: options.batchSize,
      length: training.context,
      keeping: options.checkpointsActivations ? .streams : .everything,
      precision: model.precision
    )
    optimizer = try Optimizer(options.optimizer, for: trained.parameters)
    self.training = RowStream(training, isShuffled: options.isShuffled, seed: options.seed)
    state = checkpoint?.state ?? RunState()
    guard let checkpoint else { return }
    try state.check(against: options)
    try checkpoint.read(options.optimizer.averageNames, into: optimizer.averages)
    optimizer.updates = state.updates
    self.training.move(to: state.microBatches * options.batchSize)
  }

  /// Runs until the last step, or until `shouldStop` says so between two micro-batches.
  ///
  /// Throws `TrainingDataFault.lossNotFinite` or `.diverged` once a loss is not finite, and at the end, however it
  /// comes, where a parameter is not.
  ///
  /// A step that was interrupted is given up: parameters and state are those after the last whole step.
  /// `report` gets every event; at those of a best evaluation and of saving it may save the model, whose parameters
  /// stay as they are for the length of the call.
  public func run(
    shouldStop: () -> Bool,
    report: (TrainingEvent) throws(FormatError) -> Void
  ) throws(FormatError) -> Outcome {
    let outcome = try takeSteps(shouldStop, report)
    // The losses show only the states before a step; what is to be saved is looked at itself.
    guard trained.parameters.areFinite else {
      throw FormatError(TrainingDataFault.diverged(step: state.step))
    }
    return outcome
  }

  /// Takes back that the evaluation that is reported was the best: its state could not be saved.
  package func keepFormerBest() {
    state.bestLoss = formerBestLoss
  }

  /// Saves the run as it is into a new folder, with the model as `folder`.
  package func save(
    to path: String,
    as folder: HuggingFaceFolder,
    settings: JSONObject
  )
    throws(FormatError)
  {
    guard trained.parameters.areFinite else {
      throw FormatError(TrainingDataFault.diverged(step: state.step))
    }
    try RunCheckpoint.write(
      state,
      settings: settings,
      averages: Array(zip(options.optimizer.averageNames, optimizer.averages)),
      model: folder,
      to: path
    )
  }

  private func takeSteps(
    _ shouldStop: () -> Bool,
    _ report: (TrainingEvent) throws(FormatError) -> Void
  ) throws(FormatError) -> Outcome {
    guard try look(shouldStop, report) else { return .interrupted }
    while state.step < options.steps {
      if isPatienceOver { return .stoppedEarly }
      guard let done = try takeStep(shouldStop: shouldStop) else { return .interrupted }
      try report(.step(done))
      if shouldStop() { return .interrupted }
      guard try look(shouldStop, report) else { return .interrupted }
      if isDue(every: options.saveEvery) { try report(.saving(step: state.step)) }
    }
    return .finished
  }

  /// One optimiser step over all its micro-batches; nil if it was interrupted.
  private func takeStep(shouldStop: () -> Bool) throws(FormatError) -> TrainingStep? {
    let clock = ContinuousClock()
    let start = clock.now
    let plan = options.batchPlan
    let tokensBefore = state.microBatches * plan.microBatchTokens
    let count = plan.microBatches(after: tokensBefore)
    // The mean is over all counted tokens of the step: a mean of means would weigh them unequally. So they are counted
    // first, and read again rather than kept: a step may be larger than memory.
    var counted = 0
    var ahead = training
    for _ in 0..<count {
      if shouldStop() { return nil }
      counted += ahead.next(options.batchSize).counted
    }
    var training = training
    var lossSum = 0.0
    for index in 0..<count {
      if shouldStop() { return nil }
      let batch = training.next(options.batchSize)
      try batch.check(vocabularySize: model.configuration.vocabularySize)
      lossSum += model.lossAndGradients(
        batch.inputs,
        targets: batch.targets,
        scale: 1 / Float(max(1, counted)),
        activations: activations,
        gradients: trained.model,
        adapterGradients: trained.adapters,
        accumulates: index > 0,
        dropout: DropoutPlan(dropout, seed: options.seed, pass: state.microBatches + index)
      )
    }
    let loss = lossSum / Double(max(1, counted))
    guard loss.isFinite else { throw notFinite(at: state.step + 1) }
    let learningRate =
      plan.isConstant
      ? options.schedule.rate(from: state.step, to: state.step + 1)
      : options.schedule.rate(
        from: tokensBefore,
        to: tokensBefore + count * plan.microBatchTokens
      )
    let gradients = trained.gradients
    let norm = Optimizer.norm(of: gradients)
    // With nothing to learn even decay and momentum stay away.
    let isSkipped =
      counted == 0
      || options.outlierLimit.map {
        state.outliers.isOutlier(loss: loss, norm: norm, limit: $0)
      } ?? false
    if !isSkipped {
      optimizer.update(
        by: gradients,
        norm: norm,
        learningRate: learningRate,
        rounded: model.bfloat16
      )
    }
    self.training = training
    state.step += 1
    state.tokens += counted
    state.microBatches += count
    state.updates = optimizer.updates
    return TrainingStep(
      step: state.step,
      loss: loss,
      learningRate: learningRate,
      gradientNorm: norm,
      isSkipped: isSkipped,
      tokens: counted,
      totalTokens: state.tokens,
      seconds: (clock.now - start) / .seconds(1)
    )
  }
}

extension Trainer {
  private func isDue(every steps: Int?) -> Bool {
    guard let steps else { return false }
    return state.step % steps == 0 || state.step == options.steps
  }

  /// Evaluates and samples where that is due, at the start too, unless it was done before the run was interrupted;
  /// false if it was interrupted now.
  private func look(
    _ shouldStop: () -> Bool,
    _ report: (TrainingEvent) throws(FormatError) -> Void
  ) throws(FormatError) -> Bool {
    if validation != nil, state.evaluatedStep != state.step, isDue(every: options.evaluateEvery) {
      guard try evaluate(shouldStop, report) else { return false }
    }
    if state.sampledStep != state.step, isDue(every: options.sampleEvery) {
      try report(.sampling(step: state.step))
      state.sampledStep = state.step
    }
    return true
  }

  private var isPatienceOver: Bool {
    options.patience.map { state.worseEvaluations >= $0 } ?? false
  }

  /// What a loss that is not finite shows: before any update the weights cannot have been.
  private func notFinite(at step: Int) -> FormatError {
    FormatError(
      state.updates == 0 ? TrainingDataFault.lossNotFinite : TrainingDataFault.diverged(step: step)
    )
  }

  /// Evaluates and reports; false if it was interrupted.
  private func evaluate(
    _ shouldStop: () -> Bool,
    _ report: (TrainingEvent) throws(FormatError) -> Void
  ) throws(FormatError) -> Bool {
    guard let validation else { return true }
    let evaluation = try Evaluation(of: model, on: validation, batchSize: options.batchSize) {
      _ in !shouldStop()
    }
    guard let evaluation else { return false }
    guard evaluation.loss.isFinite else { throw notFinite(at: state.step) }
    let isBest = evaluation.loss < state.bestLoss ?? .infinity
    formerBestLoss = state.bestLoss
    if isBest { state.bestLoss = evaluation.loss }
    state.worseEvaluations = isBest ? 0 : state.worseEvaluations + 1
    state.evaluatedStep = state.step
    try report(.evaluation(step: state.step, evaluation, isBest: isBest))
    return true
  }
}
