package import BallastCommandLine
import BallastGPT2
import BallastTraining

/// How a run trains.
struct TrainingArguments: ParsableArguments {
  /// The order in which an epoch goes through the text.
  enum Order: String, CaseIterable, ExpressibleByArgument {
    case shuffled
    case sequential
  }

  @Option(in: 0...1_000_000_000, help: "The number of optimiser steps.") var steps: Int?
  @Option(in: 0...100_000, help: "The number of times through the text; 3 if neither is given.")
  var epochs: Double?
  @Option(
    in: 1...65_536,
    help: "Sequences in a micro-batch; 4, or as many of them as fit into memory, if not given."
  )
  var batchSize: Int?
  @Option(in: 1..., help: "Tokens in a sequence; 256, or the model's positions if those are fewer.")
  var context: Int?
  @Option(in: 1...65_536, help: "Micro-batches whose gradients make a step.") var accumulate: Int?
  @Option(in: 1...BatchPlan.Ramp.maximumTokens, help: "Tokens in a step, in place of --accumulate.")
  var batchTokens: Int?
  @Option(
    value: "FROM:TO:TOKENS[:STAGES]",
    help: "A batch that grows from so many tokens to so many while so many are trained on."
  )
  var batchRamp: BatchPlan.Ramp?
  @Flag(
    help:
      "Run each block again for its gradients: a third to a fifth of the activations, a third more work."
  )
  var checkpointActivations = false
  @Option(in: 0..., help: "The learning rate after the warm-up.") var lr = 1e-4
  @Option(in: 0..., help: "The learning rate at the end; a tenth of --lr if not given.")
  var minLr: Double?
  @Option(
    in: 0...1_000_000_000,
    help: "Steps of warm-up; a twentieth of all, at most 100, if not given."
  )
  var warmup: Int?
  @Option(help: "How the learning rate falls.") var schedule = LearningRateSchedule.Decay.cosine
  @Option(help: "The rule that parameters follow.") var optimizer = OptimizerOptions.Rule.adamw
  @Option(in: 0..<1, help: "AdamW's β1.") var beta1 = 0.9
  @Option(in: 0..<1, help: "AdamW's β2.") var beta2 = 0.95
  @Option(in: .moreThan(0), help: "AdamW's ε.") var eps = 1e-8
  @Option(in: 0..<1, help: "The momentum of sgd.") var momentum = 0.9
  @Option(in: 0..., help: "Weight decay, on matrices only.") var weightDecay = 0.1
  @Option(in: 0..., help: "The gradient's largest norm; 0 does not clip.") var clip = 1.0
  @Option(
    value: "Z",
    in: .moreThan(0),
    help:
      "Skip steps whose loss or gradient norm is so many standard deviations above the last 128."
  )
  var skipOutliers: Double?
  @Option(
    in: GPT2Configuration.dropoutRange,
    help: "Dropout in all places; as in the configuration if not given."
  )
  var dropout: Double?
  @Option(help: "What matrix products are made of; the weights and the sums are float32.")
  var dtype = Precision.float32
  @Option(help: "The order of an epoch.") var order = Order.shuffled
  @Option(
    value: "FRACTION|FILE",
    help:
      "What is held out: a part of each source's documents, or data of its own; 0 holds out nothing."
  )
  var validation = "0.1"
  @Option(in: 1..., help: "Steps between evaluations; a tenth of all if not given.")
  var evalEvery: Int?
  @Option(in: 1..., help: "End after so many evaluations without a lowest loss.") var patience: Int?
  @Option(help: "The seed of order, dropout, split and samples.") var seed: UInt64 = 1337

  func validate() throws {
    if steps != nil, epochs != nil { throw UsageError("give '--steps' or '--epochs', not both") }
    if let fraction = Double(validation), !(0..<1).contains(fraction) {
      throw UsageError("'--validation' takes a fraction from 0 up to 1, or a file")
    }
    if [accumulate != nil, batchTokens != nil, batchRamp != nil].count(where: \.self) > 1 {
      throw UsageError("give one of '--accumulate', '--batch-tokens' and '--batch-ramp'")
    }
    if patience != nil, Double(validation) == 0 {
      throw UsageError("'--patience' looks at the validation loss, and '--validation 0' has none")
    }
  }

  /// The tokens of a sequence; throws where the model has fewer positions.
  func length(for configuration: GPT2Configuration) throws -> Int {
    let length = context ?? min(256, configuration.positions)
    guard length <= configuration.positions else {
      throw UsageError(
        "'--context' is \(length), but the model has \(configuration.positions) positions"
      )
    }
    return length
  }

  /// The run, with what was not given filled in from the data and from the memory that is left.
  func options(
    rows: RowMixture,
    for configuration: GPT2Configuration,
    trained: Set<String>?,
    adapters: LoRAOptions?
  ) -> TrainingOptions {
    func options(batchSize: Int, accumulate: Int?) -> TrainingOptions {
      var options = self.options(rows: rows, batchSize: batchSize, accumulate: accumulate)
      options.trained = trained
      options.adapters = adapters
      return options
    }
    if let batchSize { return options(batchSize: batchSize, accumulate: nil) }
    // Fewer sequences at a time, and as many in a step.
    for size in [4, 2, 1] {
      let options = options(batchSize: size, accumulate: (accumulate ?? 1) * 4 / size)
      let plan = MemoryPlan(
        configuration,
        precision: dtype,
        options: options,
        length: rows.context,
        evaluates: Double(validation) != 0
      )
      if size == 1 || (try? plan.check(weightsAreLoaded: false)) != nil { return options }
    }
    return options(batchSize: 1, accumulate: nil)
  }

  private func options(
    rows: RowMixture,
    batchSize: Int,
    accumulate: Int? = nil
  ) -> TrainingOptions {
    let plan = batchPlan(
      microBatchTokens: batchSize * rows.context,
      accumulate: accumulate ?? self.accumulate ?? 1
    )
    let microBatches = Int(
      ((epochs ?? 3) * Double(rows.count) / Double(batchSize)).rounded(.up)
    )
    let steps = steps ?? plan.steps(forMicroBatches: microBatches)
    let warmup = warmup ?? min(100, steps / 20)
    func place(_ steps: Int) -> Int { plan.isConstant ? steps : plan.tokens(inSteps: steps) }
    var options = TrainingOptions(
      steps: steps,
      batchPlan: plan,
      schedule: LearningRateSchedule(
        decay: schedule,
        peak: lr,
        floor: minLr ?? lr / 10,
        warmup: place(warmup),
        total: place(steps)
      ),
      evaluateEvery: evalEvery ?? max(1, steps / 10)
    )
    options.batchSize = batchSize
    options.checkpointsActivations = checkpointActivations
    options.optimizer.rule = optimizer
    options.optimizer.beta1 = beta1
    options.optimizer.beta2 = beta2
    options.optimizer.epsilon = eps
    options.optimizer.momentum = momentum
    options.optimizer.weightDecay = weightDecay
    options.optimizer.clip = clip
    options.outlierLimit = skipOutliers
    options.dropout = dropout
    options.isShuffled = order == .shuffled
    options.patience = patience
    options.seed = seed
    return options
  }

  private func batchPlan(microBatchTokens: Int, accumulate: Int) -> BatchPlan {
    if let batchRamp { return BatchPlan(microBatchTokens: microBatchTokens, ramp: batchRamp) }
    let accumulate =
      batchTokens.map { max(1, Int((Double($0) / Double(microBatchTokens)).rounded())) }
      ?? accumulate
    return BatchPlan(microBatchTokens: microBatchTokens, accumulate: accumulate)
  }
}

extension LearningRateSchedule.Decay: ExpressibleByArgument {}
extension OptimizerOptions.Rule: ExpressibleByArgument {}

extension BatchPlan.Ramp: ExpressibleByArgument {
  /// Reads "FROM:TO:TOKENS" or "FROM:TO:TOKENS:STAGES".
  package init(argument: String) throws(InvalidArgument) {
    let numbers = argument.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
    guard (3...4).contains(numbers.count), let from = numbers[0], let to = numbers[1],
      let over = numbers[2], from > 0, to >= from, over > 0,
      numbers.count == 3 || (numbers[3] ?? 0) > 0
    else {
      throw InvalidArgument("expected FROM:TO:TOKENS, such as 32768:524288:10000000, growing")
    }
    guard max(to, over, numbers.count == 4 ? numbers[3] ?? 0 : 0) <= Self.maximumTokens,
      over / from <= Self.maximumSteps
    else {
      throw InvalidArgument(
        "expected at most \(Self.maximumTokens) tokens, and TOKENS of at most \(Self.maximumSteps) steps"
      )
    }
    self.init(from: from, to: to, over: over, stages: numbers.count == 4 ? numbers[3] : nil)
  }

  /// As it is written on the command line.
  package var argument: String {
    "\(from):\(to):\(over)" + (stages.map { ":\($0)" } ?? "")
  }
}
