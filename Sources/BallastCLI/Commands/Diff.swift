import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastInspection
import BallastModelIO
import BallastReport

/// `ballast diff`: what differs between two checkpoints.
struct Diff: Command {
  static let configuration = CommandConfiguration(
    "diff",
    abstract: "Tell exactly what differs between two checkpoints.",
    discussion: """
      Tensors are matched by name, and told to be the same, changed (with figures), retyped, \
      reshaped, transposed, renamed, added or removed; what is left over on both sides is renamed \
      if it is the same byte for byte. |Δ| is |a - b|, relative is |Δ| / max(|a|, |b|) for an element \
      and ‖Δ‖ / ‖a‖ for a tensor. Values within |Δ| <= atol + rtol * |b| count as equal. Ties are \
      told but are no difference, and neither is metadata without --metadata. Exits with 1 if \
      something differs.
      """,
    examples: [
      CommandExample("ballast diff gpt2/ out/", "What fine-tuning did, by tensor and by layer."),
      CommandExample(
        "ballast diff gpt2/ gpt2.gguf --canonical",
        "Whether a conversion kept every weight of a GPT-2."
      ),
      CommandExample(
        "ballast diff old.pt new.pt --match '*.ln_*' --rtol 1e-6 --format json",
        "Some of the tensors, within a tolerance, for a program."
      ),
    ]
  )

  @Argument(value: "A", help: "A checkpoint or a folder with one.", completion: .file)
  var a: String
  @Argument(value: "B", help: "The one to compare with it.", completion: .file)
  var b: String
  @Option(value: "X", in: 0..., help: "Values this far apart count as equal.") var atol = 0.0
  @Option(value: "X", in: 0..., help: "The same, as a part of B's value.") var rtol = 0.0
  @Option(value: "GLOB", help: "Only tensors whose names match; may be repeated.")
  var match: [NamePattern] = []
  @Flag(help: "Compare two GPT-2, whatever their formats name their weights and how they lie.")
  var canonical = false
  @Flag(help: "List metadata; what differs there counts as a difference.") var metadata = false
  @Flag(help: "List the tensors that are the same, too.") var all = false
  @Option(help: "How to write the result.") var format = DocumentFormat.table
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  func run(in context: Console) throws -> ExitCode {
    let difference = try compare(on: context)
    switch format {
    case .table:
      let report = DiffReport(difference, listsMetadata: metadata, listsAll: all)
      try context.print(report.document)
    case .json: try context.print(difference.json(a: a, b: b, listsAll: all))
    }
    let differs = difference.isDifferent || metadata && !difference.metadata.isEmpty
    return differs ? .findings : .success
  }

  private func compare(on context: Console) throws -> CheckpointDifference {
    var (left, right) = (try open(a, on: context), try open(b, on: context))
    if canonical { (left, right) = try comparable(left, right) }
    left = try selected(left, at: a)
    right = try selected(right, at: b)
    if left.tensors.isEmpty, right.tensors.isEmpty, !match.isEmpty {
      context.notice("no tensor's name matches")
    }
    let total = left.tensors.reduce(0) { $0 &+ $1.shape.elementCount }
    let progress = Progress("Comparing", total: total, unit: .things("values"), on: context)
    defer { progress.clear() }
    var done = 0
    do throws(DifferenceError) {
      return try CheckpointDifference(
        from: left,
        to: right,
        tolerance: Tolerance(absolute: atol, relative: rtol)
      ) { count throws(FormatError) in
        try Interruption.check()
        // What is read twice, to be explained, is counted once.
        done = min(done &+ count, total)
        progress.advance(to: done)
      }
    } catch {
      throw PathError(path: error.side == .a ? a : b, error: error.error)
    }
  }

  private func open(_ path: String, on context: Console) throws(PathError) -> Checkpoint {
    let checkpoint = try at(path) { () throws(FormatError) in
      try Checkpoint.open(path: path, limits: limits.values)
    }
    context.notice(of: checkpoint, at: path)
    return checkpoint
  }

  private func selected(_ checkpoint: Checkpoint, at path: String) throws(PathError) -> Checkpoint {
    guard !match.isEmpty else { return checkpoint }
    return try at(path) { () throws(FormatError) in
      try checkpoint.with(tensors: checkpoint.tensors.filter { match.select($0.name) })
    }
  }

  /// The weights of both under canonical names, in Linear's orientation.
  private func comparable(
    _ left: Checkpoint,
    _ right: Checkpoint
  ) throws(PathError) -> (Checkpoint, Checkpoint) {
    func weights(
      _ checkpoint: Checkpoint,
      _ path: String
    ) throws(PathError) -> (CanonicalCheckpoint, hasOwnHead: Bool) {
      try at(path) { () throws(FormatError) in
        let weights = try CanonicalCheckpoint(checkpoint)
        return (weights, try weights.hasOwnHead())
      }
    }
    let (ofA, ofB) = (try weights(left, a), try weights(right, b))
    let withHead = ofA.hasOwnHead || ofB.hasOwnHead
    return (
      try at(a) { () throws(FormatError) in try ofA.0.comparable(of: left, withHead: withHead) },
      try at(b) { () throws(FormatError) in try ofB.0.comparable(of: right, withHead: withHead) }
    )
  }
}
