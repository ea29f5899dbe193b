import BallastBytes
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastReport
import BallastTraining
import FoundationEssentials
import Glibc

/// The folder of a run: the last state, the best one, and the log.
final class OutputFolder {
  private let path: String
  private let configuration: JSONObject
  private let companions: [String]
  let log: LogFile
  private let logPath: String
  /// Whether this run made the folder.
  private let isNew: Bool
  private var isSaved = false

  /// Makes the folder; refuses one that is there, unless `force`.
  init(_ path: String, force: Bool, opened: OpenedModel, log: String?) throws(PathError) {
    self.path = path
    configuration = opened.configurationJSON
    companions = opened.companions
    let logPath = log ?? path + "/log.jsonl"
    self.logPath = logPath
    isNew = try at(path) { () throws(FormatError) in
      try FileSystem.createOutputFolder(path, force: force)
    }
    do {
      self.log = try at(logPath) { () throws(FormatError) in
        // What is forced is the folder; a file elsewhere is never replaced.
        try LogFile(path: logPath, replacing: force && log == nil)
      }
    } catch {
      if isNew { rmdir(path) }
      throw error
    }
  }

  /// Removes the log and the folder of a run that failed before it saved anything.
  func discardUnlessSaved() {
    guard isNew, !isSaved, logPath == path + "/log.jsonl" else { return }
    unlink(logPath)
    // Fails, as it should, where the folder holds anything else.
    rmdir(path)
  }

  /// Whether there is a best state, which an earlier run left.
  var hasEarlierBest: Bool {
    FileManager.default.fileExists(atPath: path + "/best/config.json")
  }

  /// Saves the last state.
  func save(_ model: GPT2Model) throws(FormatError) {
    try folder(model).write(to: path, replacing: true)
    isSaved = true
  }

  /// Saves the best state.
  func saveBest(_ model: GPT2Model) throws(FormatError) {
    try folder(model).write(to: path + "/best", replacing: true)
    isSaved = true
  }

  private func folder(_ model: GPT2Model) -> HuggingFaceFolder {
    model.folder(extending: configuration, companions: companions)
  }
}

/// What a run says: a progress bar, a line for each evaluation, and the log.
final class TrainingReporter {
  private let options: TrainingOptions
  private let folder: OutputFolder
  private let model: GPT2Model
  private let console: Console
  private let progress: Progress
  private var tokens = 0
  private var lastLoss = 0.0

  init(
    _ options: TrainingOptions,
    folder: OutputFolder,
    model: GPT2Model,
    on console: Console
  ) {
    self.options = options
    self.folder = folder
    self.model = model
    self.console = console
    progress = Progress("Training", total: options.steps, unit: .things("steps"), on: console)
  }

  func report(_ event: TrainingEvent) throws(FormatError) {
    switch event {
    case .step(let step): try report(step)
    case .evaluation(let step, let evaluation, let isBest):
      try folder.log.append([
        "step": .integer(step), "validation_loss": .number(evaluation.loss),
      ])
      progress.clear()
      let training = step > 0 ? ", training loss \(Readable.fixed(lastLoss, places: 4))" : ""
      console.message(
        "step \(step): validation loss \(Readable.fixed(evaluation.loss, places: 4))\(training)"
          + (isBest && step > 0 ? " (best so far)" : "")
      )
      if isBest { try folder.saveBest(model) }
    }
  }

  private func report(_ step: TrainingStep) throws(FormatError) {
    lastLoss = step.loss
    tokens += step.tokens
    let rate = Double(step.tokens) / max(1e-9, step.seconds)
    try folder.log.append([
      "step": .integer(step.step), "loss": .number(step.loss), "lr": .number(step.learningRate),
      "grad_norm": .number(step.gradientNorm), "tokens": .integer(tokens),
      "tokens_per_second": .number(rate),
    ])
    progress.advance(
      to: step.step,
      note: "loss \(Readable.fixed(step.loss, places: 3)), \(Readable.rate(rate, of: "tokens"))"
    )
  }

  /// Takes the progress bar away.
  func finish() {
    progress.clear()
  }
}

/// A file of JSON lines that grows as the run goes on.
final class LogFile {
  private let file: AppendingFile

  init(path: String, replacing: Bool) throws(FormatError) {
    file = try AppendingFile(path: path, replacing: replacing)
  }

  func append(_ object: JSONObject) throws(FormatError) {
    try file.write(JSONValue.object(object).text() + "\n")
  }
}
