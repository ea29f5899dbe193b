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
      Hugging Face folder of the last state, with the best one in OUT/best and a line of JSON for \
      each step in OUT/log.jsonl. SIGINT and SIGTERM save the last state and end the run.
      """,
    examples: [
      CommandExample("ballast finetune gpt2/ shakespeare.txt -o out", "With what is usual."),
      CommandExample(
        "ballast finetune gpt2/ a.txt b.txt -o out --steps 500 --lr 1e-4 --validation held.txt",
        "With a text of its own for validation."
      ),
    ]
  )

  @OptionGroup var model: ModelArguments
  @Argument(value: "DATA", help: "Text files.", completion: .file) var data: [String]
  @Option(short: "o", value: "OUT", help: "The folder to write.", completion: .directory)
  var output: String
  @Flag(help: "Write into a folder that is there.") var force = false
  @Option(
    value: "FILE",
    help: "Where to log; OUT/log.jsonl if not given.",
    completion: .file
  )
  var log: String?
  @OptionGroup(title: "Training") var training: TrainingArguments

  func run(in context: Console) throws -> ExitCode {
    let opened = try model.open(on: context)
    let tokenizer = try model.loadTokenizer(of: opened, on: context)
    let (rows, validation) = try training.data(data, tokenizer, opened.configuration)
    let options = training.options(rows: rows)
    let memory = MemoryPlan(
      opened.configuration,
      precision: training.dtype,
      options: options,
      length: rows.context,
      evaluates: validation != nil
    )
    context.message(Self.plan(memory))
    let network = try at(model.model) { () throws(FormatError) in
      try memory.check(weightsAreLoaded: false)
      return try opened.loadModel(copying: true, precision: training.dtype)
    }
    let trainer = try at(model.model) { () throws(FormatError) in
      try Trainer(network, options: options, training: rows, validation: validation)
    }
    let folder = try OutputFolder(output, force: force, opened: opened, log: log)
    if validation == nil, folder.hasEarlierBest {
      context.notice("\(output)/best is of an earlier run: nothing is held out to find a best by")
    }
    context.message(plan(network, rows, validation, options))
    let reporter = TrainingReporter(
      options,
      folder: folder,
      model: network,
      on: context
    )
    let outcome: Trainer.Outcome
    do {
      outcome = try at(output) { () throws(FormatError) in
        let outcome = try trainer.run(shouldStop: { Interruption.signal != nil }) {
          (event) throws(FormatError) in try reporter.report(event)
        }
        reporter.finish()
        try folder.save(network)
        return outcome
      }
    } catch {
      folder.discardUnlessSaved()
      throw error
    }
    context.message("saved \(output)")
    if outcome == .interrupted, let signal = Interruption.signal {
      context.message("ballast: interrupted")
      return ExitCode(rawValue: 128 + signal)
    }
    context.message("sample from it: ballast generate \(output) --prompt '' --top-k 40")
    return .success
  }

  private func plan(
    _ network: GPT2Model,
    _ rows: TokenRows,
    _ validation: TokenRows?,
    _ options: TrainingOptions
  ) -> String {
    let perStep = options.batchSize * options.accumulate * rows.context
    let held =
      validation.map { "\(Readable.count($0.targetCount)) tokens held out" } ?? "none held out"
    return """
      \(Readable.count(network.parameters.count)) parameters, \
      \(Readable.count(rows.targetCount)) tokens of text, \(held)
      \(Readable.count(options.steps)) steps of \(Readable.count(perStep)) tokens \
      (batch \(options.batchSize) × \(rows.context), accumulated \(options.accumulate)), \
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
      ("evaluation", memory.evaluation),
    ]
    let told = parts.filter { $0.1 > 0 }.map { "\($0.0) \(Readable.bytes($0.1))" }
    let left = MemoryPlan.available.map { " of \(Readable.bytes($0)) available" } ?? ""
    return "memory: \(Readable.bytes(memory.total))\(left): " + told.joined(separator: ", ")
  }
}

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
  @Option(in: 1...65_536, help: "Sequences in a micro-batch.") var batchSize = 4
  @Option(in: 1..., help: "Tokens in a sequence; 256, or the model's positions if those are fewer.")
  var context: Int?
  @Option(in: 1...65_536, help: "Micro-batches whose gradients make a step.") var accumulate = 1
  @Flag(
    help:
      "Run each block again for its gradients: a third to a fifth of the activations, a third more work."
  )
  var checkpointActivations = false
  @Option(in: 0..., help: "The learning rate after the warm-up.") var lr = 1e-4
  @Option(in: 0..., help: "The learning rate at the end; a tenth of --lr if not given.")
  var minLr: Double?
  @Option(in: 0..., help: "Steps of warm-up; a twentieth of all, at most 100, if not given.")
  var warmup: Int?
  @Option(help: "How the learning rate falls.") var schedule = LearningRateSchedule.Decay.cosine
  @Option(in: 0..<1, help: "AdamW's β1.") var beta1 = 0.9
  @Option(in: 0..<1, help: "AdamW's β2.") var beta2 = 0.95
  @Option(in: .moreThan(0), help: "AdamW's ε.") var eps = 1e-8
  @Option(in: 0..., help: "Weight decay, on matrices only.") var weightDecay = 0.1
  @Option(in: 0..., help: "The gradient's largest norm; 0 does not clip.") var clip = 1.0
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
    help: "What is held out: a part of the documents, or a file; 0 holds out nothing."
  )
  var validation = "0.1"
  @Option(in: 1..., help: "Steps between evaluations; a tenth of all if not given.")
  var evalEvery: Int?
  @Option(help: "The seed of order, dropout and split.") var seed: UInt64 = 1337

  func validate() throws {
    if steps != nil, epochs != nil { throw UsageError("give '--steps' or '--epochs', not both") }
    if let fraction = Double(validation), !(0..<1).contains(fraction) {
      throw UsageError("'--validation' takes a fraction from 0 up to 1, or a file")
    }
  }

  /// The rows to train on, and those to validate on.
  func data(
    _ files: [String],
    _ tokenizer: Tokenizer,
    _ configuration: GPT2Configuration
  ) throws -> (TokenRows, TokenRows?) {
    let context = context ?? min(256, configuration.positions)
    if context > configuration.positions {
      throw UsageError(
        "'--context' is \(context), but the model has \(configuration.positions) positions"
      )
    }
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
          documents.tokens,
          context: context,
          vocabularySize: configuration.vocabularySize
        )
      }
    }
    return (
      try rows(documents, files[0]),
      try held.map { try rows($0, Double(validation) == nil ? validation : files[0]) }
    )
  }

  /// The run, with what was not given filled in.
  func options(rows: TokenRows) -> TrainingOptions {
    let perStep = batchSize * accumulate
    let stepsAnEpoch = Double(rows.count) / Double(perStep)
    let steps = steps ?? Int(((epochs ?? 3) * stepsAnEpoch).rounded(.up))
    var options = TrainingOptions(
      steps: steps,
      schedule: LearningRateSchedule(
        decay: schedule,
        peak: lr,
        floor: minLr ?? lr / 10,
        warmup: warmup ?? min(100, steps / 20),
        steps: steps
      ),
      evaluateEvery: evalEvery ?? max(1, steps / 10)
    )
    options.batchSize = batchSize
    options.accumulate = accumulate
    options.checkpointsActivations = checkpointActivations
    options.optimizer.beta1 = beta1
    options.optimizer.beta2 = beta2
    options.optimizer.epsilon = eps
    options.optimizer.weightDecay = weightDecay
    options.optimizer.clip = clip
    options.dropout = dropout
    options.isShuffled = order == .shuffled
    options.seed = seed
    return options
  }
}

extension LearningRateSchedule.Decay: ExpressibleByArgument {}
