import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastInspection
import BallastModelIO
import BallastReport
import FoundationEssentials

/// `ballast report`: a page to look at.
struct Report: Command {
  static let configuration = CommandConfiguration(
    "report",
    abstract: "Write a page about a checkpoint, or about what differs between two.",
    discussion: """
      The page is one HTML file that needs no network and no other file: a summary, findings, sizes \
      by module, norms by layer, every tensor with its distribution, and metadata; with OTHER, what \
      became of each tensor. It can be searched, sorted, unfolded and printed. The same input gives \
      the same page. Of more tensors than --rows those with findings and the largest are listed.
      """,
    examples: [
      CommandExample("ballast report gpt2/ -o gpt2.html", "A page about a model."),
      CommandExample(
        "ballast report gpt2/ finetuned/ -o changes.html",
        "What fine-tuning did, by tensor and by layer."
      ),
      CommandExample(
        "ballast report gpt2/ gpt2.gguf --canonical -o changes.html",
        "The difference of two GPT-2, whatever their formats."
      ),
    ]
  )

  @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
  var path: String
  @Argument(value: "OTHER", help: "One to compare with it.", completion: .file)
  var other: String?
  @Option(short: "o", value: "FILE", help: "Where to write the page.", completion: .file)
  var output: String
  @Option(value: "GLOB", help: "Only tensors whose names match; may be repeated.")
  var match: [NamePattern] = []
  @Option(value: "N", in: 1...100_000, help: "The most tensors that are listed.") var rows = 2000
  @Flag(help: "Compare two GPT-2, whatever their formats name their weights and how they lie.")
  var canonical = false
  @Flag(help: "Replace what is there.") var force = false
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  func validate() throws {
    if canonical, other == nil { throw UsageError("'--canonical' goes with two checkpoints") }
  }

  func run(in context: Console) throws -> ExitCode {
    guard force || !FileSystem.isThere(output) else {
      throw PathError(path: output, error: FormatError(ModelFault.outputExists))
    }
    let page = try other.map { try difference(to: $0, on: context) } ?? self.page(on: context)
    try at(output) { () throws(FormatError) in
      let file = try AtomicFile(path: output, replacing: force)
      try file.write(page)
      try file.commit()
    }
    return .success
  }

  private func page(on context: Console) throws -> String {
    let whole = try at(path) { () throws(FormatError) in
      try Checkpoint.open(path: path, limits: limits.values)
    }
    try keep(whole, at: path)
    return try at(path) { () throws(FormatError) in
      context.notice(of: whole, at: path)
      var selected = whole
      if !match.isEmpty {
        selected = try whole.with(tensors: whole.tensors.filter { match.select($0.name) })
        if selected.tensors.isEmpty {
          context.notice("\(path): no tensor's name matches".printable)
        }
      }
      let reported = try ReportedCheckpoint(
        of: selected,
        outOf: whole,
        at: path,
        rows: rows,
        on: context
      )
      return CheckpointPage(reported).html
    }
  }

  /// A page never takes the place of what it is about, not even by force.
  private func keep(_ checkpoint: Checkpoint, at path: String) throws(UsageError) {
    guard let file = FileIdentity(path: output) else { return }
    if FileIdentity.files(of: checkpoint, at: path).contains(file) {
      throw UsageError("the page would replace '\(output)', which it is about")
    }
  }

  private func difference(to other: String, on context: Console) throws -> String {
    let comparison = CheckpointComparison(
      a: path,
      b: other,
      match: match,
      isCanonical: canonical,
      tolerance: Tolerance(),
      limits: limits.values
    )
    let outcome = try comparison.run(on: context)
    try keep(outcome.wholeA, at: path)
    try keep(outcome.wholeB, at: other)
    return try ReportedDifference(outcome, a: path, b: other, rows: rows, on: context).page
  }
}
