import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastInspection
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
    let comparison = CheckpointComparison(
      a: a,
      b: b,
      match: match,
      isCanonical: canonical,
      tolerance: Tolerance(absolute: atol, relative: rtol),
      limits: limits.values
    )
    let difference = try comparison.run(on: context).difference
    switch format {
    case .table:
      let report = DiffReport(difference, listsMetadata: metadata, listsAll: all)
      try context.print(report.document)
    case .json: try context.print(difference.json(a: a, b: b, listsAll: all))
    }
    let differs = difference.isDifferent || metadata && !difference.metadata.isEmpty
    return differs ? .findings : .success
  }
}
