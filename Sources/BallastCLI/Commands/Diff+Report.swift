import BallastCheckpoint
import BallastInspection
import BallastJSON
import BallastReport

/// The difference of two checkpoints as people read it.
struct DiffReport {
  typealias Status = TensorDifference.Status

  private static let barWidth = 30
  private static let longestValue = 60

  private let difference: CheckpointDifference
  private let listsMetadata: Bool
  private let listsAll: Bool

  init(_ difference: CheckpointDifference, listsMetadata: Bool, listsAll: Bool) {
    self.difference = difference
    self.listsMetadata = listsMetadata
    self.listsAll = listsAll
  }

  /// A line that sums up, a table for each kind of difference, and the layers.
  var document: Document {
    var document: Document = [.paragraph(summary, style: difference.isDifferent ? .bold : .green)]
    func add(_ title: String, _ table: Table) {
      guard !table.rows.isEmpty else { return }
      document.append(.heading(title))
      document.append(.table(table))
    }
    add("Changed", changed)
    add("Another type", retyped)
    add("Another shape", reshaped)
    add("Transposed", transposed)
    add("Renamed", renamed)
    add("Added", list(.added))
    add("Removed", list(.removed))
    add("Tied in one of them", ties)
    if listsMetadata { add("Metadata", metadata) }
    add("Change by layer", layers)
    if listsAll {
      add("Within the tolerance", list(.equal))
      add("The same", list(.identical))
    }
    if !listsMetadata, !difference.metadata.isEmpty {
      let count = Readable.count(difference.metadata.count, of: "key")
      document.append(.paragraph("metadata differs in \(count); --metadata lists them"))
    }
    return document
  }

  /// "148 tensors: 120 the same, 26 changed, 1 renamed, 1 added".
  private var summary: String {
    let words: [(Status, String)] = [
      (.identical, "the same"), (.equal, "within the tolerance"), (.changed, "changed"),
      (.recast, "recast"), (.retyped, "retyped"), (.reshaped, "reshaped"), (.resized, "resized"),
      (.transposed, "transposed"), (.renamed, "renamed"), (.added, "added"),
      (.removed, "removed"),
    ]
    let parts = words.compactMap { status, word -> String? in
      let count = difference.count(status)
      return count == 0 ? nil : "\(Readable.count(count)) \(word)"
    }
    let total = Readable.count(difference.tensors.count, of: "tensor")
    return parts.isEmpty ? total : "\(total): \(parts.joined(separator: ", "))"
  }

  func tensors(_ statuses: Status...) -> [TensorDifference] {
    difference.tensors.filter { statuses.contains($0.status) }
  }
}

// MARK: - Ties, metadata, layers

extension DiffReport {
  private var ties: Table {
    var table = Table(columns: [.text("name", title: "tensor"), .text("tie", title: "")])
    for tie in difference.ties {
      table.append([
        .text(tie.names[1]),
        .text("\(tie.isInB ? "tied" : "untied") in B: \(tie.names[0])".printable),
      ])
    }
    return table
  }

  private var metadata: Table {
    var table = Table(columns: [
      .text("key"), .text("a", title: "A"), .text("b", title: "B"),
    ])
    func text(_ value: JSONValue?) -> Cell {
      guard let value else { return .empty }
      let text = value.string ?? value.text()
      return .text(String(text.prefix(1000)).printable.shortened(to: Self.longestValue))
    }
    for entry in difference.metadata {
      table.append([.text(entry.key), text(entry.a), text(entry.b)])
    }
    return table
  }

  /// Bars by layer, the longest for the largest change; none where only types changed.
  private var layers: Table {
    var table = Table(columns: [
      .text("layer"), .number("relative_l2", title: "‖Δ‖/‖a‖"), .text("bar", title: ""),
    ])
    guard difference.count(.changed) + difference.count(.retyped) > 0 else { return table }
    let largest = difference.layers.map(\.relativeL2).filter(\.isFinite).max() ?? 0
    for layer in difference.layers {
      let part = layer.relativeL2 / (largest > 0 ? largest : 1)
      // What moved at all is seen to have moved.
      let shown = part > 0 ? max(part, 1 / Double(8 * Self.barWidth)) : 0
      table.append([
        .text(layer.layer.map { "\($0)" } ?? "outside"), .number(layer.relativeL2),
        .text(BlockBar.text(shown, width: Self.barWidth)),
      ])
    }
    return table
  }
}
