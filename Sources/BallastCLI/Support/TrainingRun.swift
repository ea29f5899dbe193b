import BallastBytes
import BallastCommandLine
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastReport
import BallastTokenizer
import BallastTraining

/// What a run starts from: a model that is there, or one that is made.
struct RunStart {
  /// How messages call it.
  let name: String
  let configuration: GPT2Configuration
  /// The configuration as it was read, for keys that mean nothing here.
  let configurationJSON: JSONObject
  /// The tokenizer, or why there is none: tokens can be trained on without.
  let tokenizer: Result<Tokenizer, PathError>
  /// The files that go with what is saved.
  let companions: [String]
  /// Files that are saved in place of companions of the same names.
  var madeFiles: [(name: String, text: String)] = []
  let limits: ReadingLimits
  /// Makes the model; it must own its weights where it is told so.
  let load: (_ isOwned: Bool, Precision) throws(FormatError) -> GPT2Model
}

/// A run of `finetune` or `train`, from its plan to its end.
struct TrainingRun: ParsableArguments {
  @OptionGroup(title: "Output") var output: RunOutputArguments
  @OptionGroup(title: "Training") var training: TrainingArguments

  /// Trains on the data what `tuning` says, all if it says nothing.
  func run(
    _ start: RunStart,
    data: DataArguments,
    tuning: TuningArguments?,
    on context: Console
  ) throws -> ExitCode {
    let configuration = start.configuration
    let length = try training.length(for: configuration)
    let inputs = try data.inputs()
    if training.order == .sequential, inputs.contains(where: { $0.weight != nil }) {
      throw UsageError("'--order sequential' goes through the data as given, and takes no weights")
    }
    try RunPlace.check(output)
    try RunPlace.check(output, outside: inputs)
    if tuning?.merge == true, let adapter = tuning?.adapter.adapter,
      RunPlace.areSame(adapter, output.path)
    {
      throw UsageError("'--merge' would take the place of the adapter: give another folder")
    }
    let samples = try output.samples(start.tokenizer, seed: training.seed)
    let loader = data.loader(start.tokenizer, for: configuration, on: context)
    let (rows, validation) = try training.data(inputs, loader, length: length, on: context)
    let saved = try tuning?.adapter.adapter.map { path in
      try at(path) { () throws(FormatError) in try PEFTAdapter(path: path) }
    }
    let options = output.completed(
      training.options(
        rows: rows,
        for: configuration,
        trained: try tuning?.trained(of: configuration),
        adapters: tuning?.adapters(from: saved)
      )
    )
    // Added tokens come first: where they differ the data do too, and that would say less.
    var settings = tuning?.settings(options) ?? [:]
    let others = training.settings(options, rows: rows, validation: validation)
    for (key, value) in others.members { settings[key] = value }
    let checkpoint = try output.checkpoint(settings: settings, on: context)
    let memory = MemoryPlan(
      configuration,
      precision: training.dtype,
      options: options,
      length: length,
      evaluates: validation != nil
    )
    context.message(RunText.plan(memory))
    try at(start.name) { () throws(FormatError) in try memory.check(weightsAreLoaded: false) }
    let network = try network(
      start,
      options,
      adapter: checkpoint?.path ?? tuning?.adapter.adapter,
      checkpoint: checkpoint
    )
    if network.adapters != nil {
      // Adapters are only worth something on the model that they were begun on.
      settings[RunOutputArguments.baseKey] = .string(network.parameters.contentHash)
    }
    if let checkpoint {
      try at(checkpoint.path) { () throws(FormatError) in try checkpoint.check(settings) }
    }
    let trainer = try at(checkpoint?.path ?? start.name) { () throws(FormatError) in
      try Trainer(
        network,
        options: options,
        training: rows,
        validation: validation,
        checkpoint: checkpoint
      )
    }
    let isAdapter = network.adapters != nil && tuning?.merge == false
    let folder = try OutputFolder(
      output,
      start: start,
      isAdapter: isAdapter,
      resuming: checkpoint
    )
    if validation == nil, folder.hasEarlierBest {
      context.notice(
        "\(output.path)/best is of an earlier run: nothing is held out to find a best by"
      )
    }
    context.message(RunText.plan(network, rows, validation, options))
    let reporter = TrainingReporter(
      trainer,
      options,
      settings: settings,
      folder: folder,
      model: network,
      samples: samples,
      on: context
    )
    let outcome = try train(trainer, reporter, folder) { () throws(FormatError) in
      try folder.save(network)
    }
    let best = trainer.state.bestLoss.map {
      "; the lowest validation loss, \(Readable.fixed($0, places: 4)), has \(output.path)/best"
    }
    context.message("saved \(output.path)\(best ?? "")")
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
    let place = isAdapter ? "\(start.name) --adapter \(output.path)" : output.path
    context.message("sample from it: ballast generate \(place) --prompt '' --top-k 40")
    return .success
  }

  private func train(
    _ trainer: Trainer,
    _ reporter: TrainingReporter,
    _ folder: OutputFolder,
    saving: () throws(FormatError) -> Void
  ) throws -> Trainer.Outcome {
    do {
      return try at(output.path) { () throws(FormatError) in
        let outcome = try trainer.run(shouldStop: { Interruption.signal != nil }) {
          (event) throws(FormatError) in try reporter.report(event)
        }
        reporter.finish()
        if outcome != .finished { reporter.saveCheckpoint() }
        try saving()
        return outcome
      }
    } catch {
      folder.discardUnlessSaved()
      throw error
    }
  }

  /// The model as it is, or as a checkpoint has it, with the adapters that are trained.
  private func network(
    _ start: RunStart,
    _ options: TrainingOptions,
    adapter: String?,
    checkpoint: RunCheckpoint?
  ) throws -> GPT2Model {
    guard let lora = options.adapters else {
      guard let checkpoint else {
        return try at(start.name) { () throws(FormatError) in
          try start.load(true, training.dtype)
        }
      }
      let opened = try OpenedModel.open(
        checkpoint.path,
        config: nil,
        tokenizer: nil,
        limits: start.limits
      )
      return try at(checkpoint.path) { () throws(FormatError) in
        try checkpoint.check(opened.configuration, against: start.configuration)
        return try opened.loadModel(copying: true, precision: training.dtype)
      }
    }
    let (base, adapters) = try at(start.name) { () throws(FormatError) in
      let base = try start.load(false, training.dtype)
      let rows = MemoryPlan.adapterRows(start.configuration, options)
      return (base, try LoRAAdapters(lora, for: base.parameters, rows: rows))
    }
    if let adapter {
      try at(adapter) { () throws(FormatError) in
        try PEFTAdapter(path: adapter).read(into: adapters, of: base.parameters)
      }
    } else {
      adapters.initialize(seed: training.seed)
    }
    return base.adapted(by: adapters)
  }
}
