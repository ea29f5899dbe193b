import BallastCheckpoint
import BallastInspection
import BallastJSON
import BallastReport

/// The difference of two checkpoints as people read it.
struct DiffReport {
  private typealias Status = TensorDifference.Status

  private static let barWidth = 30
  private static let longestValue = 60
  /// The dimensions of a shape that are shown; none that means something has more.
  private static let shownRank = 8

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

  private func tensors(_ statuses: Status...) -> [TensorDifference] {
    difference.tensors.filter { statuses.contains($0.status) }
  }
}

// MARK: - Tables of tensors

extension DiffReport {
  /// The largest change first; values that are not finite on one side come before all others.
  private var changed: Table {
    let tensors = tensors(.changed).sorted { rank($0) > rank($1) }
    return table(tensors, columns: [.text("shape")]) { [shape($0.a)] }
  }

  private func rank(_ tensor: TensorDifference) -> (Int, Double, Double) {
    guard let figures = tensor.figures else { return (0, 0, 0) }
    return (
      figures.notNumberMismatches + figures.infinityMismatches, figures.relativeL2,
      figures.maximumAbsolute
    )
  }

  private var retyped: Table {
    table(
      tensors(.retyped, .recast),
      columns: [.text("a", title: "A"), .text("b", title: "B"), .text("values")]
    ) { [dtype($0.a), dtype($0.b), .text(agreement(of: $0))] }
  }

  private var reshaped: Table {
    table(
      tensors(.reshaped, .resized),
      columns: [.text("a", title: "A"), .text("b", title: "B"), .text("elements")]
    ) { tensor in
      let isResized = tensor.status == .resized
      let common = tensor.figures.map { $0.changed == 0 ? "the same in common rows" : "changed" }
      let elements = isResized ? common ?? "others" : agreement(of: tensor)
      return [shape(tensor.a), shape(tensor.b), .text(elements)]
    }
  }

  private var transposed: Table {
    var table = Table(columns: [
      .text("name", title: "tensor"), .text("a", title: "A"), .text("b", title: "B"),
      .text("elements"),
    ])
    for tensor in tensors(.transposed) {
      table.append([
        .text(tensor.name), shape(tensor.a), shape(tensor.b), .text(agreement(of: tensor)),
      ])
    }
    return table
  }

  private var renamed: Table {
    var table = Table(columns: [
      .text("a", title: "A"), .text("b", title: "B"), .text("shape"), .text("elements"),
    ])
    for tensor in tensors(.renamed) {
      table.append([
        .text(tensor.name), .text(tensor.b?.name ?? ""), shape(tensor.a),
        .text(tensor.isTransposed ? "transposed" : "the same"),
      ])
    }
    return table
  }

  private func list(_ status: Status) -> Table {
    var table = Table(columns: [.text("name", title: "tensor"), .text("dtype"), .text("shape")])
    for tensor in tensors(status) {
      let view = tensor.a ?? tensor.b
      table.append([.text(tensor.name), dtype(view), shape(view)])
    }
    return table
  }

  /// Names, some columns of their own, and those figures that any of the tensors has.
  private func table(
    _ tensors: [TensorDifference],
    columns: [Table.Column],
    _ cells: (TensorDifference) -> [Cell]
  ) -> Table {
    let figures = tensors.compactMap(\.figures).isEmpty ? [] : self.figures(of: tensors)
    var table = Table(
      columns: [.text("name", title: "tensor")] + columns + figures.map(\.column)
    )
    for tensor in tensors {
      table.append(
        [.text(tensor.name)] + cells(tensor)
          + figures.map { figure in tensor.figures.map(figure.cell) ?? .empty }
      )
    }
    return table
  }

  private func figures(
    of tensors: [TensorDifference]
  ) -> [(column: Table.Column, cell: (DifferenceFigures) -> Cell)] {
    var figures: [(column: Table.Column, cell: (DifferenceFigures) -> Cell)] = [
      (.number("max_abs", title: "max |Δ|"), { .number($0.maximumAbsolute) }),
      (.number("max_rel", title: "max rel"), { .number($0.maximumRelative) }),
      (.number("cosine"), { $0.cosine.map { .text(Readable.fixed($0, places: 6)) } ?? .empty }),
      (.number("relative_l2", title: "‖Δ‖/‖a‖"), { .number($0.relativeL2) }),
      (.number("changed"), { .fraction(Double($0.changed) / Double(max(1, $0.count))) }),
    ]
    let all = tensors.compactMap(\.figures)
    if all.contains(where: { $0.beyondTolerance != $0.changed }) {
      figures.append((.number("beyond"), { .integer($0.beyondTolerance) }))
    }
    if all.contains(where: { $0.notNumberMismatches > 0 }) {
      figures.append(
        (.number("nan", title: "NaN"), { .integer($0.notNumberMismatches, style: .red) })
      )
    }
    if all.contains(where: { $0.infinityMismatches > 0 }) {
      figures.append(
        (.number("inf", title: "Inf"), { .integer($0.infinityMismatches, style: .red) })
      )
    }
    return figures
  }

  /// What the elements have in common where they are not the same bytes in the same place.
  private func agreement(of tensor: TensorDifference) -> String {
    switch tensor.recast {
    case .exact: "the same"
    case .rounded: "B is A, exactly rounded"
    case .widened: "A is B, exactly rounded"
    case nil: tensor.status == .retyped ? "changed" : "the same"
    }
  }

  private func dtype(_ view: TensorView?) -> Cell { .text(view?.dtype.rawValue ?? "") }

  private func shape(_ view: TensorView?) -> Cell {
    guard let sizes = view?.shape.dimensions else { return .empty }
    guard sizes.count > Self.shownRank else { return .integers(sizes) }
    let shown = sizes.prefix(Self.shownRank).map(String.init).joined(separator: ", ")
    return .text("[\(shown), …] (\(Readable.count(sizes.count)) dimensions)")
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
      let part = largest > 0 ? layer.relativeL2 / largest : 1
      // What moved at all is seen to have moved.
      let shown = layer.relativeL2 == 0 ? 0 : max(part, 1 / Double(8 * Self.barWidth))
      table.append([
        .text(layer.layer.map { "\($0)" } ?? "outside"), .number(layer.relativeL2),
        .text(BlockBar.text(shown, width: Self.barWidth)),
      ])
    }
    return table
  }
}
