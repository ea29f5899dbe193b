/// What a training run does; every default is one that a user may leave alone.
public struct TrainingOptions: Hashable, Sendable {
  /// The number of optimiser steps.
  public var steps: Int
  /// The number of sequences in a micro-batch.
  public var batchSize = 4
  /// The number of micro-batches whose gradients make one step.
  public var accumulate = 1
  /// Whether the passes keep the residual stream alone, and gradients run each block again.
  public var checkpointsActivations = false
  /// The learning rate of each step.
  public var schedule: LearningRateSchedule
  /// The constants of AdamW.
  public var optimizer = AdamWOptions()
  /// Dropout in all three places; nil takes what the configuration says.
  public var dropout: Double?
  /// Whether each epoch goes through the rows in an order of its own.
  public var isShuffled = true
  /// Steps between evaluations; the last step is always followed by one.
  public var evaluateEvery: Int
  /// The seed of the order and of dropout.
  public var seed: UInt64 = 1337

  /// A run of so many steps under a schedule.
  public init(steps: Int, schedule: LearningRateSchedule, evaluateEvery: Int) {
    self.steps = steps
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
  /// The number of counted tokens of the step.
  public let tokens: Int
  /// The seconds that the step took.
  public let seconds: Double
}
