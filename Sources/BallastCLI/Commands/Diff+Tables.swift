import BallastCheckpoint
import BallastInspection
import BallastReport

/// The tables of tensors, one for each kind of difference.
extension DiffReport {
  /// The dimensions of a shape that are shown; none that means something has more.
  private static let shownRank = 8

  /// The largest change first; values that are not finite on one side come before all others.
  var changed: Table {
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

  /// Of the figures, those that types make; nearly every value changes with its type.
  var retyped: Table {
    table(
      tensors(.retyped, .recast),
      columns: [.text("a", title: "A"), .text("b", title: "B"), .text("values")],
      without: ["cosine", "changed"]
    ) { tensor in
      let values =
        switch tensor.recast {
        case .exact: "exact"
        case .rounded: "rounded"
        case .widened: "A rounded"
        case nil: "changed"
        }
      return [dtype(tensor.a), dtype(tensor.b), .text(values)]
    }
  }

  var reshaped: Table {
    shapes(tensors(.reshaped, .resized)) { tensor in
      guard tensor.status == .resized else { return agreement(of: tensor) }
      guard let figures = tensor.figures else { return "others" }
      return figures.changed == 0
        ? "the same in common rows"
        : "changed in common rows: ‖Δ‖/‖a‖ is \(Readable.number(figures.relativeL2))"
    }
  }

  var transposed: Table { shapes(tensors(.transposed), agreement(of:)) }

  /// Names, both shapes, and what is to be said of the elements.
  private func shapes(
    _ tensors: [TensorDifference],
    _ elements: (TensorDifference) -> String
  ) -> Table {
    var table = Table(columns: [
      .text("name", title: "tensor"), .text("a", title: "A"), .text("b", title: "B"),
      .text("elements"),
    ])
    for tensor in tensors {
      table.append([
        .text(tensor.name), shape(tensor.a), shape(tensor.b), .text(elements(tensor)),
      ])
    }
    return table
  }

  var renamed: Table {
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

  func list(_ status: Status) -> Table {
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
    without omitted: [String] = [],
    _ cells: (TensorDifference) -> [Cell]
  ) -> Table {
    let isKnown = tensors.contains { $0.figures != nil }
    let figures = (isKnown ? self.figures(of: tensors) : [])
      .filter { !omitted.contains($0.column.key) }
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
      (.number("cosine"), { $0.cosine.map(cosine) ?? .empty }),
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

  /// Six places, cut off: what is not quite 1 is not shown as 1.
  private func cosine(_ value: Double) -> Cell {
    .text(Readable.fixed((value * 1e6).rounded(.towardZero) / 1e6, places: 6))
  }

  /// What the elements have in common where they are not the same bytes in the same place.
  private func agreement(of tensor: TensorDifference) -> String {
    switch tensor.recast {
    case .exact: "the same"
    case .rounded: "B is A, exactly rounded"
    case .widened: "A is B, exactly rounded"
    case nil: "the same"
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
