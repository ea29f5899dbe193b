import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastReport
import BallastTokenizer
import BallastTraining

/// `ballast finetune`: trains a model further on text.
struct Finetune: Command {
  static let configuration = CommandConfiguration(
    "finetune",
    abstract: "Train a model further on text files.",
    discussion: """
      Documents of a file may be separated by <|endoftext|>; each ends in that token. OUT becomes a \
      Hugging Face folder of the last state, with the best one in OUT/best, checkpoints to go on \
      from in OUT/checkpoints, and a line of JSON for each step in OUT/log.jsonl. SIGINT and \
      SIGTERM save a checkpoint and the last state, and end the run.
      """,
    examples: [
      CommandExample("ballast finetune gpt2/ shakespeare.txt -o out", "With what is usual."),
      CommandExample(
        "ballast finetune gpt2/ a.txt b.txt -o out --steps 500 --lr 1e-4 --validation held.txt",
        "With a text of its own for validation."
      ),
      CommandExample(
        "ballast finetune gpt2/ a.txt -o out --resume auto",
        "Go on where an interrupted run was, or begin."
      ),
    ]
  )

  @OptionGroup var model: ModelArguments
  @Argument(value: "DATA", help: "Text files.", completion: .file) var data: [String]
  @OptionGroup(title: "Output") var output: RunOutputArguments
  @OptionGroup(title: "Training") var training: TrainingArguments
  @OptionGroup(title: "What is trained") var tuning: TuningArguments

  func run(in context: Console) throws -> ExitCode {
    let original = try model.open(on: context)
    let tokenizer = try model.loadTokenizer(of: original, on: context)
    let length = try training.length(for: original.configuration)
    let (rows, validation) = try training.data(
      data,
      tokenizer,
      original.configuration,
      length: length
    )
    let saved = try tuning.adapter.adapter.map { path in
      try at(path) { () throws(FormatError) in try PEFTAdapter(path: path) }
    }
    let parts = (try tuning.trained(of: original.configuration), tuning.adapters(from: saved))
    let options = output.completed(
      training.options(rows: rows, for: original.configuration, trained: parts.0, adapters: parts.1)
    )
    var settings = training.settings(options, rows: rows, validation: validation)
    for (key, value) in tuning.settings(options).members { settings[key] = value }
    let checkpoint = try output.checkpoint(settings: settings, on: context)
    let memory = MemoryPlan(
      original.configuration,
      precision: training.dtype,
      options: options,
      length: length,
      evaluates: validation != nil
    )
    context.message(Self.plan(memory))
    try at(model.model) { () throws(FormatError) in try memory.check(weightsAreLoaded: false) }
    let network = try network(original, options, saved: saved, checkpoint: checkpoint)
    let trainer = try at(checkpoint?.path ?? model.model) { () throws(FormatError) in
      try Trainer(
        network,
        options: options,
        training: rows,
        validation: validation,
        checkpoint: checkpoint
      )
    }
    let folder = try OutputFolder(output, opened: original, resuming: checkpoint)
    if validation == nil, folder.hasEarlierBest {
      context.notice(
        "\(output.path)/best is of an earlier run: nothing is held out to find a best by"
      )
    }
    context.message(plan(network, rows, validation, options))
    let reporter = TrainingReporter(
      trainer,
      options,
      settings: settings,
      folder: folder,
      model: network,
      samples: output.samples(tokenizer, seed: training.seed),
      on: context
    )
    return try run(trainer, reporter, folder, network, on: context)
  }

  private func run(
    _ trainer: Trainer,
    _ reporter: TrainingReporter,
    _ folder: OutputFolder,
    _ network: GPT2Model,
    on context: Console
  ) throws -> ExitCode {
    let outcome: Trainer.Outcome
    do {
      outcome = try at(output.path) { () throws(FormatError) in
        let outcome = try trainer.run(shouldStop: { Interruption.signal != nil }) {
          (event) throws(FormatError) in try reporter.report(event)
        }
        reporter.finish()
        if outcome != .finished { reporter.saveCheckpoint() }
        try folder.save(network, merging: tuning.merge)
        return outcome
      }
    } catch {
      folder.discardUnlessSaved()
      throw error
    }
    context.message("saved \(output.path)")
    switch outcome {
    case .interrupted:
      context.message("ballast: interrupted; --resume auto goes on from step \(trainer.state.step)")
      return ExitCode(rawValue: 128 + (Interruption.signal ?? 2))
    case .stoppedEarly:
      context.message(
        "ended after step \(trainer.state.step): the validation loss fell no more for "
          + "\(training.patience ?? 0) evaluations"
      )
    case .finished: break
    }
    let isAdapter = network.adapters != nil && !tuning.merge
    let place = isAdapter ? "\(model.model) --adapter \(output.path)" : output.path
    context.message("sample from it: ballast generate \(place) --prompt '' --top-k 40")
    return .success
  }

  /// The model as it is, or as a checkpoint has it, with the adapters that are trained.
  private func network(
    _ original: OpenedModel,
    _ options: TrainingOptions,
    saved: PEFTAdapter?,
    checkpoint: RunCheckpoint?
  ) throws -> GPT2Model {
    guard let lora = options.adapters else {
      let opened = try checkpoint.map {
        try OpenedModel.open($0.path, config: nil, tokenizer: nil, limits: model.limits.values)
      }
      return try at(checkpoint?.path ?? model.model) { () throws(FormatError) in
        try (opened ?? original).loadModel(copying: true, precision: training.dtype)
      }
    }
    let (base, adapters) = try at(model.model) { () throws(FormatError) in
      let base = try original.loadModel(copying: tuning.merge, precision: training.dtype)
      let rows = max(options.batchPlan.microBatchTokens, original.configuration.positions)
      return (base, try LoRAAdapters(lora, for: base.parameters, rows: rows))
    }
    if let path = checkpoint?.path ?? tuning.adapter.adapter {
      try at(path) { () throws(FormatError) in
        try PEFTAdapter(path: path).read(into: adapters, of: base.parameters)
      }
    } else {
      adapters.initialize(seed: training.seed)
    }
    return try at(model.model) { () throws(FormatError) in try base.adapted(by: adapters) }
  }

  private func plan(
    _ network: GPT2Model,
    _ rows: TokenRows,
    _ validation: TokenRows?,
    _ options: TrainingOptions
  ) -> String {
    let plan = options.batchPlan
    let first = plan.microBatches(after: 0)
    let last = plan.microBatches(after: plan.tokens(inSteps: max(0, options.steps - 1)))
    let perStep = Readable.count(plan.microBatchTokens * first)
    let grown = first == last ? "" : ", later \(Readable.count(plan.microBatchTokens * last)),"
    let accumulated = first == last ? "\(first)" : "\(first) to \(last)"
    let held =
      validation.map { "\(Readable.count($0.targetCount)) tokens held out" } ?? "none held out"
    let count = TrainedParameters.count(
      network.configuration,
      trained: options.trained,
      adapters: options.adapters
    )
    let trained =
      options.adapters != nil
      ? " and \(Readable.count(count)) of adapters, which are trained"
      : options.trained != nil ? ", \(Readable.count(count)) of them trained" : ""
    return """
      \(Readable.count(network.parameters.count)) parameters\(trained), \
      \(Readable.count(rows.targetCount)) tokens of text, \(held)
      \(Readable.count(options.steps)) steps of \(perStep)\(grown) tokens \
      (batch \(options.batchSize) × \(rows.context), accumulated \(accumulated)), \
      learning rate \(Readable.number(options.schedule.peak)) \(options.schedule.decay.rawValue)
      """
  }
}

extension Finetune {
  /// What a run takes of memory, part by part.
  static func plan(_ memory: MemoryPlan) -> String {
    let parts = [
      ("weights", memory.weights + memory.roundedWeights), ("gradients", memory.gradients),
      ("moments", memory.moments), ("activations", memory.activations),
      ("evaluation", memory.evaluation), ("program", memory.program),
    ]
    let told = parts.filter { $0.1 > 0 }.map { "\($0.0) \(Readable.bytes($0.1))" }
    let left = MemoryPlan.available.map { " of \(Readable.bytes($0)) available" } ?? ""
    return "memory: \(Readable.bytes(memory.total))\(left): " + told.joined(separator: ", ")
  }
}
