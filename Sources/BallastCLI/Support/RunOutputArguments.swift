import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastJSON
import BallastReport
import BallastTokenizer
import BallastTraining

/// Where a run writes, and what.
struct RunOutputArguments: ParsableArguments {
  @Option(
    short: "o",
    long: "output",
    value: "OUT",
    help: "The folder to write.",
    completion: .directory
  )
  var path: String
  @Flag(help: "Write into a folder that is there.") var force = false
  @Option(
    value: "auto|DIR",
    help:
      "Go on from a checkpoint: the newest in OUT, or that in DIR; auto begins where there is none.",
    completion: .directory
  )
  var resume: String?
  @Option(value: "FILE", help: "Where to log; OUT/log.jsonl if not given.", completion: .file)
  var log: String?
  @Flag(help: "Write the log as a table too, OUT/log.csv.") var csv = false
  @Flag(help: "Write the log for TensorBoard too, in OUT/tensorboard.") var tensorboard = false
  @Option(
    in: 0...,
    help:
      "Steps between checkpoints; 0 writes none but when interrupted; as often as evaluated if not given."
  )
  var saveEvery: Int?
  @Option(in: 1..., help: "How many checkpoints to keep, the last ones.") var keep = 1
  @Option(in: 1..., help: "Keep the checkpoints of every so many steps too.") var keepEvery: Int?
  @Option(in: 1..., help: "Steps between samples, which are shown and kept in OUT/samples.jsonl.")
  var sampleEvery: Int?
  @Option(value: "TEXT", help: "What samples begin with; may be repeated.")
  var samplePrompt: [String] = []
  @Option(in: 1..., help: "Tokens of a sample.") var sampleTokens = 64

  func validate() throws {
    if force, resume != nil { throw UsageError("give '--force' or '--resume', not both") }
    if path.isEmpty || resume == "" || log == "" {
      throw UsageError("'--output', '--resume' and '--log' need a name")
    }
    if sampleEvery == nil, !samplePrompt.isEmpty {
      throw UsageError("'--sample-prompt' goes with '--sample-every'")
    }
  }

  /// The setting that tells the weights beneath adapters.
  static let baseKey = "base"

  /// The options of a run with what is asked for here.
  func completed(_ options: TrainingOptions) -> TrainingOptions {
    var options = options
    let every = saveEvery ?? options.evaluateEvery
    options.saveEvery = every > 0 ? every : nil
    options.sampleEvery = sampleEvery
    return options
  }

  /// The samples that are asked for; nil for none.
  func samples(
    _ tokenizer: Result<Tokenizer, PathError>,
    seed: UInt64
  ) throws(PathError) -> TrainingSamples? {
    guard sampleEvery != nil else { return nil }
    return TrainingSamples(
      prompts: samplePrompt.isEmpty ? [""] : samplePrompt,
      tokens: sampleTokens,
      tokenizer: try tokenizer.get(),
      seed: seed
    )
  }

  /// The checkpoint to go on from; nil for a run that begins.
  ///
  /// Throws where it is of a run that was told otherwise.
  func checkpoint(settings: JSONObject, on console: Console) throws -> RunCheckpoint? {
    guard let resume else { return nil }
    let found: RunCheckpoint?
    if resume == "auto" {
      found = newest(on: console)
    } else {
      found = try at(resume) { () throws(FormatError) in try RunCheckpoint(path: resume) }
    }
    guard let found else {
      console.message("\(path) has no checkpoint: the run begins")
      return nil
    }
    // That of the weights beneath adapters is known once they are read, and looked at then.
    var expected = settings
    expected[Self.baseKey] = found.settings[Self.baseKey]
    try at(found.path) { () throws(FormatError) in try found.check(expected) }
    console.message("going on after step \(found.state.step) from \(found.path)".printable)
    return found
  }

  /// The newest whole checkpoint.
  private func newest(on console: Console) -> RunCheckpoint? {
    let checkpoints = RunCheckpoints(of: path)
    for step in checkpoints.steps.reversed() {
      let path = checkpoints.path(step: step)
      do throws(FormatError) {
        return try RunCheckpoint(path: path)
      } catch {
        console.notice("\(path) is left out: \(error)".printable)
      }
    }
    return nil
  }
}
