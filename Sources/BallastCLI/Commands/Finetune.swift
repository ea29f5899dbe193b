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
    let options = output.completed(training.options(rows: rows, for: original.configuration))
    let settings = training.settings(options, rows: rows, validation: validation)
    let checkpoint = try output.checkpoint(settings: settings, on: context)
    let opened = try checkpoint.map {
      try OpenedModel.open($0.path, config: nil, tokenizer: nil, limits: model.limits.values)
    }
    let memory = MemoryPlan(
      original.configuration,
      precision: training.dtype,
      options: options,
      length: length,
      evaluates: validation != nil
    )
    context.message(Self.plan(memory))
    let network = try at(checkpoint?.path ?? model.model) { () throws(FormatError) in
      try memory.check(weightsAreLoaded: false)
      return try (opened ?? original).loadModel(copying: true, precision: training.dtype)
    }
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
        try folder.save(network)
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
    context.message("sample from it: ballast generate \(output.path) --prompt '' --top-k 40")
    return .success
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
    return """
      \(Readable.count(network.parameters.count)) parameters, \
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

extension TrainingArguments {
  /// The rows to train on, and those to validate on.
  func data(
    _ files: [String],
    _ tokenizer: Tokenizer,
    _ configuration: GPT2Configuration,
    length: Int
  ) throws -> (TokenRows, TokenRows?) {
    var documents = try TextDocuments.read(files, tokenizer)
    var held: TextDocuments?
    if let fraction = Double(validation) {
      if fraction > 0 {
        (documents, held) = try at(files[0]) { () throws(FormatError) in
          try documents.split(validation: fraction, seed: seed)
        }
      }
    } else {
      held = try TextDocuments.read([validation], tokenizer)
    }
    func rows(_ documents: TextDocuments, _ path: String) throws(PathError) -> TokenRows {
      try at(path) { () throws(FormatError) in
        try TokenRows(
          documents,
          context: length,
          vocabularySize: configuration.vocabularySize
        )
      }
    }
    return (
      try rows(documents, files[0]),
      try held.map { try rows($0, Double(validation) == nil ? validation : files[0]) }
    )
  }

  /// All that the course of a run depends on: what a resumed one must be told again.
  func settings(
    _ options: TrainingOptions,
    rows: TokenRows,
    validation: TokenRows?
  ) -> JSONObject {
    let plan = options.batchPlan
    let schedule = options.schedule
    let optimizer = options.optimizer
    return [
      "steps": .integer(options.steps), "batch_size": .integer(options.batchSize),
      "context": .integer(rows.context),
      "first_batch_tokens": .integer(plan.microBatches(after: 0) * plan.microBatchTokens),
      "all_tokens": .integer(plan.tokens(inSteps: options.steps)),
      "schedule": .string(schedule.decay.rawValue), "lr": .number(schedule.peak),
      "min_lr": .number(schedule.floor), "warmup": .integer(schedule.warmup),
      "optimizer": .string(optimizer.rule.rawValue), "beta1": .number(optimizer.beta1),
      "beta2": .number(optimizer.beta2), "eps": .number(optimizer.epsilon),
      "momentum": .number(optimizer.momentum), "weight_decay": .number(optimizer.weightDecay),
      "clip": .number(optimizer.clip), "skip_outliers": .number(options.outlierLimit ?? 0),
      "dropout": .string(options.dropout.map { "\($0)" } ?? "as configured"),
      "dtype": .string(dtype.rawValue), "order": .string(order.rawValue),
      "seed": .string("\(options.seed)"), "eval_every": .integer(options.evaluateEvery),
      "data": .string(rows.fingerprint), "validation": .string(validation?.fingerprint ?? "none"),
    ]
  }
}
