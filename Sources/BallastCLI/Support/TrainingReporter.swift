import BallastBytes
import BallastGPT2
import BallastJSON
import BallastReport
import BallastTraining
import Glibc

/// What a run says: a progress bar, a line for each evaluation, and the log.
final class TrainingReporter {
  private let trainer: Trainer
  private let options: TrainingOptions
  private let settings: JSONObject
  private let folder: OutputFolder
  private let model: GPT2Model
  private let samples: TrainingSamples?
  private let console: Console
  private let progress: Progress
  /// What a token costs and what the machine can do, in operations and in operations a second; nil where no progress
  /// is shown.
  private let utilization: ModelUtilization?
  private var lastLoss = 0.0

  init(
    _ trainer: Trainer,
    _ options: TrainingOptions,
    settings: JSONObject,
    folder: OutputFolder,
    model: GPT2Model,
    samples: TrainingSamples?,
    on console: Console
  ) {
    self.trainer = trainer
    self.options = options
    self.settings = settings
    self.folder = folder
    self.model = model
    self.samples = samples
    self.console = console
    progress = Progress("Training", total: options.steps, unit: .things("steps"), on: console)
    utilization =
      console.showsProgress
      ? ModelUtilization(
        model.configuration,
        length: options.batchPlan.microBatchTokens / options.batchSize
      )
      : nil
    if let utilization { console.message(utilization.description) }
  }

  func report(_ event: TrainingEvent) throws(FormatError) {
    switch event {
    case .step(let step): report(step)
    case .evaluation(let step, let evaluation, let isBest):
      record(["step": .integer(step), "validation_loss": .number(evaluation.loss)])
      let training = step > 0 ? ", training loss \(Readable.fixed(lastLoss, places: 4))" : ""
      say(
        "step \(step): validation loss \(Readable.fixed(evaluation.loss, places: 4))\(training)"
          + (isBest && step > 0 ? " (best so far)" : "")
      )
      if isBest {
        let isSaved = attempt("the best state, after step \(step),") { () throws(FormatError) in
          try folder.saveBest(model)
        }
        if !isSaved { trainer.keepFormerBest() }
      }
    case .sampling(let step):
      for (prompt, text) in try samples?.draw(from: model) ?? [] {
        attempt("a sample") { () throws(FormatError) in
          try folder.samples?.append([
            "step": .integer(step), "prompt": .string(prompt), "text": .string(text),
          ])
        }
        say("step \(step): \(text)".printable)
      }
    case .saving: saveCheckpoint()
    }
  }

  private func report(_ step: TrainingStep) {
    let hasTargets = step.tokens > 0
    if hasTargets { lastLoss = step.loss }
    let rate = Double(step.tokens) / max(1e-9, step.seconds)
    var line: JSONObject = [
      "step": .integer(step.step), "loss": hasTargets ? .number(step.loss) : .null,
      "lr": .number(step.learningRate),
      "grad_norm": .number(step.gradientNorm), "tokens": .integer(step.totalTokens),
      "tokens_per_second": .number(rate),
    ]
    if step.isSkipped { line["skipped"] = .bool(true) }
    record(line)
    if step.isSkipped {
      say("step \(step.step): \(hasTargets ? "an outlier" : "nothing but prompts"), skipped")
    }
    let facts = [
      "loss \(Readable.fixed(lastLoss, places: 3))",
      "lr \(Readable.number(step.learningRate))",
      "norm \(Readable.number(step.gradientNorm))", Readable.rate(rate, of: "tokens"),
      utilization.map { "MFU \(Readable.percentage($0.share(atTokensPerSecond: rate)))" } ?? "",
    ]
    progress.advance(to: step.step, note: facts.filter { !$0.isEmpty }.joined(separator: ", "))
  }

  /// Saves the run as it is; where that fails, which is told, the checkpoints of before stay.
  func saveCheckpoint() {
    attempt("a checkpoint after step \(trainer.state.step)") { () throws(FormatError) in
      try folder.saveCheckpoint(of: trainer, model, settings: settings)
    }
  }

  /// Takes the progress bar away, and shows what has become of the losses.
  func finish() {
    progress.clear()
    let width = min(100, Terminal.width(of: STDERR_FILENO) ?? 80)
    if let chart = folder.records.chart(width: width) { console.message(chart) }
  }

  private func record(_ line: JSONObject) {
    attempt("a line of the log") { () throws(FormatError) in try folder.records.append(line) }
  }

  /// What a run can do without: where it fails the run goes on.
  @discardableResult
  private func attempt(_ what: String, _ body: () throws(FormatError) -> Void) -> Bool {
    do throws(FormatError) {
      try body()
      return true
    } catch {
      progress.clear()
      console.notice("\(what) could not be written: \(error)".printable)
      return false
    }
  }

  private func say(_ text: String) {
    progress.clear()
    console.message(text)
  }
}
