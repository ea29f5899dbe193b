import BallastBytes
import BallastGPT2
import BallastJSON
import BallastKernels
import BallastModelIO
import BallastTestSupport
import BallastTokenizer
import BallastTraining
import Foundation
import Testing

/// A run that goes on from a checkpoint ends as one that was never interrupted, bit for bit.
@Suite struct ResumeTests {
  private static let steps = 12

  private func rows() throws -> TokenRows {
    var documents = TextDocuments()
    try documents.append(
      try SharedBytes.contents(path: Fixtures.path("text/finetune.txt")),
      try Tokenizer(path: Fixtures.path("tiny-gpt2"))
    )
    // 20 rows: the run goes through them more than once, and steps do not divide an epoch.
    return try TokenRows(Array(documents.tokens.prefix(641)), context: 32, vocabularySize: 768)
  }

  private func options(_ rule: OptimizerOptions.Rule, ramps: Bool) -> TrainingOptions {
    let plan =
      ramps
      ? BatchPlan(microBatchTokens: 64, ramp: .init(from: 64, to: 256, over: 900))
      : BatchPlan(microBatchTokens: 64, accumulate: 2)
    var options = TrainingOptions(
      steps: Self.steps,
      batchPlan: plan,
      schedule: LearningRateSchedule(
        decay: .wsd,
        peak: 1e-3,
        floor: 1e-5,
        warmup: ramps ? plan.tokens(inSteps: 2) : 2,
        total: ramps ? plan.tokens(inSteps: Self.steps) : Self.steps
      ),
      evaluateEvery: 3
    )
    options.batchSize = 2
    options.dropout = 0.1
    options.optimizer.rule = rule
    options.outlierLimit = 1e9
    options.saveEvery = 1
    return options
  }

  /// The losses, the evaluations and the parameters at the end of a run, and what it saved.
  private struct Run {
    var losses: [Double] = []
    var evaluations: [Double] = []
    var parameters: [[Float]] = []
  }

  private func run(
    _ options: TrainingOptions,
    from checkpoint: RunCheckpoint?,
    saving folder: String? = nil,
    stopAfter: Int = .max
  ) throws -> Run {
    let path = checkpoint?.path ?? Fixtures.path("tiny-gpt2")
    let opened = try OpenedModel(path: path)
    let model = try opened.loadModel(copying: true)
    let trainer = try Trainer(
      model,
      options: options,
      training: try rows(),
      validation: try rows(),
      checkpoint: checkpoint
    )
    var run = Run()
    let stops = { trainer.state.step >= stopAfter }
    _ = try trainer.run(shouldStop: stops) { (event) throws(FormatError) in
      switch event {
      case .step(let step): run.losses.append(step.loss)
      case .evaluation(_, let evaluation, _): run.evaluations.append(evaluation.loss)
      case .sampling, .saving: break
      }
    }
    if let folder {
      try trainer.save(
        to: folder,
        as: model.folder(
          extending: opened.configurationJSON,
          companions: opened.companions
        ),
        settings: [:]
      )
    }
    run.parameters = model.parameters.all.map(\.values)
    return run
  }

  @Test(arguments: OptimizerOptions.Rule.allCases, [false, true])
  func aResumedRunIsTheSame(rule: OptimizerOptions.Rule, ramps: Bool) throws {
    let options = options(rule, ramps: ramps)
    let whole = try run(options, from: nil)
    #expect(whole.losses.count == Self.steps && whole.evaluations.count == 5)
    let folder = try TemporaryFolder()
    for stop in [1, 5, 11] {
      let path = folder.path + "/step-\(stop)"
      let first = try run(options, from: nil, saving: path, stopAfter: stop)
      let checkpoint = try RunCheckpoint(path: path)
      #expect(checkpoint.state.step == stop)
      let second = try run(options, from: checkpoint)
      #expect(first.losses + second.losses == whole.losses, "stopped after \(stop)")
      #expect(first.evaluations + second.evaluations == whole.evaluations)
      #expect(second.parameters == whole.parameters, "stopped after \(stop)")
    }
  }

  @Test func aStateIsReadAsItWasWritten() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/step-4"
    _ = try run(options(.adamw, ramps: true), from: nil, saving: path, stopAfter: 4)
    let state = try RunCheckpoint(path: path).state
    #expect(state.tokens > 0 && state.bestLoss != nil)
    let text = JSONValue.object(state.json).text()
    #expect(try RunState(try #require(JSONValue(parsing: text).object)) == state)
  }

  /// Counts that no run comes to would trap or take hours.
  @Test(arguments: ["step", "tokens", "micro_batches", "updates", "worse_evaluations"])
  func aStateThatCannotBeIsRefused(key: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/step-4"
    _ = try run(options(.adamw, ramps: true), from: nil, saving: path, stopAfter: 4)
    let file = path + "/training_state.json"
    for count in [1_000_000_000, Int.max] {
      var json = try #require(try JSONValue(contentsOf: file).object)
      var state = try #require(json["state"]?.object)
      state[key] = .integer(count)
      json["state"] = .object(state)
      try JSONValue.object(json).text().write(toFile: file, atomically: true, encoding: .utf8)
      let error = #expect(throws: FormatError.self) {
        try run(options(.adamw, ramps: true), from: RunCheckpoint(path: path))
      }
      #expect(error?.description.contains("lacks '\(key)'") == true, "\(String(describing: error))")
    }
  }

  /// What is missing or of another size is named.
  @Test func aBrokenCheckpointIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/step-1"
    _ = try run(options(.adamw, ramps: false), from: nil, saving: path, stopAfter: 1)
    let checkpoint = try RunCheckpoint(path: path)
    let error = #expect(throws: FormatError.self) {
      try run(options(.sgd, ramps: false), from: checkpoint)
    }
    let missing = "optimizer.safetensors: there is no momentum_buffer.wte"
    #expect(error?.description.hasPrefix(missing) == true)
    let state = path + "/training_state.json"
    let text = try String(contentsOfFile: state, encoding: .utf8)
    try text.replacing("\"step\"", with: "\"stop\"")
      .write(toFile: state, atomically: true, encoding: .utf8)
    let broken = #expect(throws: FormatError.self) { try RunCheckpoint(path: path) }
    #expect(
      broken?.description.hasPrefix("training_state.json: the state of the run lacks 'step'")
        == true
    )
  }

  @Test func oldCheckpointsGo() throws {
    let folder = try TemporaryFolder()
    let checkpoints = RunCheckpoints(of: folder.path)
    for step in [5, 10, 20, 100, 110] {
      try FileManager.default.createDirectory(
        atPath: checkpoints.path(step: step),
        withIntermediateDirectories: true
      )
    }
    for name in ["step-07", "step-", "best", "step--3"] {
      try FileManager.default.createDirectory(
        atPath: checkpoints.folder + "/" + name,
        withIntermediateDirectories: true
      )
    }
    #expect(checkpoints.steps == [5, 10, 20, 100, 110])
    checkpoints.prune(keep: 2, keepEvery: 10)
    #expect(checkpoints.steps == [10, 20, 100, 110])
    checkpoints.prune(keep: 1, keepEvery: nil)
    #expect(checkpoints.steps == [110])
  }
}
