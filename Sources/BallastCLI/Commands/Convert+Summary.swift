import BallastCheckpoint
import BallastCommandLine
import BallastModelIO
import BallastReport

extension Convert {
  /// Tells what was written, cast, lost, tied and left out: nothing disappears unsaid.
  func tell(_ summary: ConversionSummary, on context: Console) {
    context.message(
      "wrote \(output.printable): \(Readable.count(summary.tensors, of: "tensor")), "
        + Readable.bytes(summary.bytes)
    )
    for cast in summary.casts {
      let count = Readable.count(cast.count, of: "tensor")
      context.message("  cast, \(cast.from.rawValue) to \(cast.to.rawValue): \(count)")
    }
    tell(summary.losses, on: context)
    if summary.renamed > 0 {
      context.message("  renamed: \(Readable.count(summary.renamed, of: "tensor"))")
    }
    if target != .safetensors {
      let how = target == .npz ? "written again, as NumPy knows no ties" : "tied"
      list(how, summary.ties.map { "\($0.name.printable) to \($0.original.printable)" }, context)
    }
    var reasons: [String] = []
    for (_, reason) in summary.leftOut where !reasons.contains(reason) { reasons.append(reason) }
    for reason in reasons {
      let names = summary.leftOut.filter { $0.reason == reason }.map(\.name.printable)
      list("left out, \(reason.printable)", names, context)
    }
    for notice in summary.notices { context.notice(notice) }
    list("removed, as they were replaced", summary.removed.map(\.printable), context)
    if !summary.remaining.isEmpty {
      context.notice("still there from before: \(summary.remaining.joined(separator: ", "))")
    }
  }

  private func tell(_ losses: CastLosses, on context: Console) {
    for dtype in DType.allCases {
      let fate =
        switch dtype {
        case .q80: "lost, as their blocks have no scale in Q8_0"
        case .f8e4m3: "now 448 or -448, the largest of F8_E4M3"
        default: "now infinite, being beyond \(dtype.rawValue)"
        }
      func tell(_ fate: String, _ count: (CastLosses.Entry) -> Int) {
        let entries = losses.entries.filter { $0.dtype == dtype && count($0) > 0 }
        let tensors = entries.map {
          "\(Readable.count(count($0), of: "value")) of \($0.tensor.printable)"
        }
        list(fate, tensors, context)
      }
      tell(fate, \.beyond)
      tell("now zero, being below \(dtype.rawValue)", \.zeroed)
    }
  }

  private func list(_ what: String, _ names: [String], _ context: Console) {
    guard !names.isEmpty else { return }
    context.message("  \(what): \(NameRuns(names).text(atMost: 40))")
  }
}
