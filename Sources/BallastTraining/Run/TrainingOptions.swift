package import BallastGPT2

/// What a training run does; every default is one that a user may leave alone.
public struct TrainingOptions: Hashable, Sendable {
  /// The number of optimiser steps.
  public var steps: Int
  /// The number of sequences in a micro-batch.
  public var batchSize = 4
  /// The micro-batches of each step.
  public var batchPlan: BatchPlan
  /// Whether the passes keep the residual stream alone, and gradients run each block again.
  public var checkpointsActivations = false
  /// The learning rate over the run, in steps; in tokens where the batch grows.
  public var schedule: LearningRateSchedule
  /// The optimiser and its constants.
  public var optimizer = OptimizerOptions()
  /// Steps whose loss or gradient norm lies so many standard deviations above the mean of the last ones change
  /// nothing; nil looks at none.
  public var outlierLimit: Double?
  /// The canonical names of the parameters that are trained; nil trains all.
  public var trained: Set<String>?
  /// Low-rank adapters that are trained in place of the parameters; nil trains none.
  package var adapters: LoRAOptions?
  /// Dropout in all three places; nil takes what the configuration says.
  public var dropout: Double?
  /// Whether each epoch goes through the rows in an order of its own.
  public var isShuffled = true
  /// Steps between evaluations; the last step is always followed by one.
  public var evaluateEvery: Int
  /// The run ends after so many evaluations in a row without a lowest loss; nil goes on.
  public var patience: Int?
  /// Steps between checkpoints, besides the one at the end; nil asks for none.
  public var saveEvery: Int?
  /// Steps between samples, besides those at the end; nil asks for none.
  public var sampleEvery: Int?
  /// The seed of the order and of dropout.
  public var seed: UInt64 = 1337

  /// A run of so many steps.
  public init(
    steps: Int,
    batchPlan: BatchPlan,
    schedule: LearningRateSchedule,
    evaluateEvery: Int
  ) {
    self.steps = steps
    self.batchPlan = batchPlan
    self.schedule = schedule
    self.evaluateEvery = evaluateEvery
  }
}

/// What a run reports while it goes on.
public enum TrainingEvent: Sendable {
  /// A step is done.
  case step(TrainingStep)
  /// The validation loss after a number of steps; `isBest` if none was lower before.
  case evaluation(step: Int, Evaluation, isBest: Bool)
  /// The model may be asked for samples.
  case sampling(step: Int)
  /// The state may be saved.
  case saving(step: Int)
}

/// What one step was like.
public struct TrainingStep: Hashable, Sendable {
  /// The number of the step, from 1.
  public let step: Int
  /// The mean loss over the counted tokens of the step, before it.
  public let loss: Double
  /// The learning rate.
  public let learningRate: Double
  /// The norm of the gradient before clipping.
  public let gradientNorm: Double
  /// Whether it was an outlier, which changed nothing.
  public let isSkipped: Bool
  /// The number of counted tokens of the step.
  public let tokens: Int
  /// The same of all steps so far.
  public let totalTokens: Int
  /// The seconds that the step took.
  public let seconds: Double
}
