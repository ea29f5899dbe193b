import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTestSupport
import BallastTokenizer
import BallastTraining
import Testing

@Suite struct FixtureTrainingTests {
  private func model() throws -> GPT2Model {
    try OpenedModel(path: Fixtures.path("tiny-gpt2")).loadModel(copying: true)
  }

  /// The losses of 20 steps against PyTorch's in float64, each within 1e-5.
  @Test func adamWFollowsPyTorch() throws {
    let model = try model()
    let recorded = try Checkpoint.open(path: Fixtures.path("reference/adamw.safetensors"))
    let settings = try JSONValue(contentsOf: Fixtures.path("reference/adamw.json"))
    func setting(_ key: String) throws -> Double { try #require(settings[key]?.number) }
    let ids = try #require(recorded["input_ids"]).integers().map { Int32($0) }
    let losses = try #require(recorded["losses"]).floats()
    var options = OptimizerOptions()
    options.beta1 = try setting("beta1")
    options.beta2 = try setting("beta2")
    options.epsilon = try setting("eps")
    options.weightDecay = try setting("weight_decay")
    options.clip = 0
    var optimizer = try Optimizer(options, for: model.parameters.all)
    let gradients = try GPT2Parameters.zeros(model.configuration)
    let activations = try Activations(
      model.configuration,
      batch: 2,
      length: 32,
      keeping: .everything
    )
    for (step, expected) in losses.enumerated() {
      let inputs = Array(ids[step * 64..<(step + 1) * 64])
      let targets = (0..<64).map { $0 % 32 == 31 ? -100 : inputs[$0 + 1] }
      let sum = model.lossAndGradients(
        inputs,
        targets: targets,
        scale: 1 / 62,
        activations: activations,
        gradients: gradients,
        accumulates: false
      )
      #expect(abs(sum / 62 - Double(expected)) <= 1e-5, "step \(step)")
      optimizer.update(
        by: gradients.all,
        norm: Optimizer.norm(of: gradients.all),
        learningRate: try setting("lr")
      )
    }
  }

  private func rows(_ text: String, context: Int) throws -> TokenRows {
    var documents = TextDocuments()
    try documents.append(
      try SharedBytes.contents(path: Fixtures.path("text/" + text)),
      try Tokenizer(path: Fixtures.path("tiny-gpt2"))
    )
    return try TokenRows(documents, context: context, vocabularySize: 768)
  }

  private func options(steps: Int, batchSize: Int, accumulate: Int) -> TrainingOptions {
    var options = TrainingOptions(
      steps: steps,
      batchPlan: BatchPlan(microBatchTokens: batchSize * 32, accumulate: accumulate),
      schedule: LearningRateSchedule(
        decay: .cosine,
        peak: 2e-3,
        floor: 2e-4,
        warmup: 5,
        total: steps
      ),
      evaluateEvery: steps
    )
    options.batchSize = batchSize
    return options
  }

  /// Runs a training and returns the losses of its steps and of its evaluations.
  private func train(
    _ model: GPT2Model,
    _ options: TrainingOptions,
    validation: TokenRows? = nil,
    stopAfter last: Int = .max
  ) throws -> (steps: [Double], evaluations: [Double], outcome: Trainer.Outcome) {
    var steps: [Double] = []
    var evaluations: [Double] = []
    let trainer = try Trainer(
      model,
      options: options,
      training: try rows("finetune.txt", context: 32),
      validation: validation
    )
    let stops = { steps.count >= last }
    let outcome = try trainer.run(shouldStop: stops) { event in
      switch event {
      case .step(let step): steps.append(step.loss)
      case .evaluation(_, let evaluation, _): evaluations.append(evaluation.loss)
      case .sampling, .saving: break
      }
    }
    return (steps, evaluations, outcome)
  }

  @Test func theValidationLossFalls() throws {
    let validation = try rows("stories-heldout.txt", context: 32)
    let before = try #require(try Evaluation(of: try model(), on: validation)).loss
    let run = try train(
      try model(),
      options(steps: 60, batchSize: 4, accumulate: 1),
      validation: try rows("finetune.txt", context: 64)
    )
    #expect(run.outcome == .finished)
    #expect(run.evaluations.count == 2 && run.evaluations[1] < run.evaluations[0] - 1)
    #expect(before < 1)
  }

  @Test func equalSeedsGiveEqualRuns() throws {
    let options = options(steps: 5, batchSize: 2, accumulate: 1)
    let first = try model()
    let second = try model()
    #expect(try train(first, options).steps == train(second, options).steps)
    for (a, b) in zip(first.parameters.all, second.parameters.all) { #expect(a.values == b.values) }
  }

  /// Two micro-batches of 2 rows make the same step as one of 4, without dropout.
  @Test func accumulationIsNormalisedByTokens() throws {
    var large = options(steps: 3, batchSize: 4, accumulate: 1)
    var small = options(steps: 3, batchSize: 2, accumulate: 2)
    large.dropout = 0
    small.dropout = 0
    let a = try train(try model(), large).steps
    let b = try train(try model(), small).steps
    for (x, y) in zip(a, b) { #expect(abs(x - y) < 1e-5) }
  }

  @Test func anInterruptedRunStopsAfterAWholeStep() throws {
    let interrupted = try model()
    let whole = try model()
    var stopped = options(steps: 10, batchSize: 2, accumulate: 1)
    stopped.schedule.decay = .constant
    let run = try train(interrupted, stopped, stopAfter: 2)
    #expect(run.outcome == .interrupted && run.steps.count == 2)
    stopped.steps = 2
    _ = try train(whole, stopped)
    for (a, b) in zip(interrupted.parameters.all, whole.parameters.all) {
      #expect(a.values == b.values)
    }
  }

  /// The last step has no later loss that would show it.
  @Test(arguments: [true, false])
  func aRunThatDivergesInItsLastStepFails(isValidated: Bool) throws {
    let rows = try rows("finetune.txt", context: 32)
    let trainer = try Trainer(
      try model(),
      options: TrainingOptions(
        steps: 1,
        batchPlan: BatchPlan(microBatchTokens: 128, accumulate: 1),
        schedule: LearningRateSchedule(decay: .constant, peak: 1e39, floor: 0, warmup: 0, total: 1),
        evaluateEvery: 1
      ),
      training: rows,
      validation: isValidated ? rows : nil
    )
    let error = #expect(throws: FormatError.self) {
      try trainer.run(shouldStop: { false }, report: { _ in })
    }
    #expect(error?.fault as? TrainingDataFault == .diverged(step: 1))
  }

  /// A model that has a NaN is not told to learn more slowly.
  @Test(arguments: [true, false])
  func aModelThatIsNotFiniteIsRefused(isValidated: Bool) throws {
    let rows = try rows("finetune.txt", context: 32)
    let model = try model()
    model.parameters.finalNorm.bias.pointer[3] = .nan
    let trainer = try Trainer(
      model,
      options: TrainingOptions(
        steps: 2,
        batchPlan: BatchPlan(microBatchTokens: 128, accumulate: 1),
        schedule: LearningRateSchedule(decay: .constant, peak: 1e-3, floor: 0, warmup: 0, total: 2),
        evaluateEvery: 1
      ),
      training: rows,
      validation: isValidated ? rows : nil
    )
    let error = #expect(throws: FormatError.self) {
      try trainer.run(shouldStop: { false }, report: { _ in })
    }
    #expect(error?.fault as? TrainingDataFault == .lossNotFinite)
    #expect(trainer.state.step == 0)
  }

  /// The state after an interruption is saved as well.
  @Test func aRunThatIsInterruptedAfterItDivergedFails() throws {
    let schedule = LearningRateSchedule(decay: .constant, peak: 1e39, floor: 0, warmup: 0, total: 9)
    let trainer = try Trainer(
      try model(),
      options: TrainingOptions(
        steps: 9,
        batchPlan: BatchPlan(microBatchTokens: 128, accumulate: 1),
        schedule: schedule,
        evaluateEvery: 9
      ),
      training: try rows("finetune.txt", context: 32),
      validation: nil
    )
    var isStopped = false
    let error = #expect(throws: FormatError.self) {
      try trainer.run(shouldStop: { isStopped }, report: { _ in isStopped = true })
    }
    #expect(error?.fault as? TrainingDataFault == .diverged(step: 1))
  }

  @Test func whatIsNoTextIsRefused() throws {
    var documents = TextDocuments()
    let tokenizer = try Tokenizer(path: Fixtures.path("tiny-gpt2"))
    let error = #expect(throws: FormatError.self) {
      try documents.append(Array("PK\u{3}\0".utf8), tokenizer)
    }
    #expect(error?.fault as? TrainingDataFault == .notText && error?.offset == 3)
  }

  @Test func documentsAreSplitBySeed() throws {
    var documents = TextDocuments()
    let tokenizer = try Tokenizer(path: Fixtures.path("tiny-gpt2"))
    try documents.append(Array("one\n<|endoftext|>\ntwo<|endoftext|>\n\nthree".utf8), tokenizer)
    #expect(documents.documents.count == 3)
    #expect(documents.documents[0] == tokenizer.encode("one") + [767])
    #expect(documents.documents[2] == tokenizer.encode("\nthree") + [767])
    let (training, validation) = try documents.split(validation: 0.1, seed: 1)
    #expect(training.documents.count == 2 && validation.documents.count == 1)
    #expect(
      Set(training.documents + validation.documents) == Set(documents.documents)
    )
    var windows = TextDocuments()
    try windows.append(Array("one\r\n<|endoftext|>\r\ntwo".utf8), tokenizer)
    #expect(windows.documents == [documents.documents[0], documents.documents[1]])
    var single = TextDocuments()
    try single.append(Array("one two three four five six seven eight".utf8), tokenizer)
    let (head, tail) = try single.split(validation: 0.25, seed: 1)
    #expect(head.documents[0] + tail.documents[0] == single.documents[0])
    let empty = #expect(throws: FormatError.self) { try single.append([], tokenizer) }
    #expect(empty?.fault as? TrainingDataFault == .noText)
  }
}
