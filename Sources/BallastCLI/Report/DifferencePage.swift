import BallastCheckpoint
import BallastInspection
import BallastJSON
import BallastReport

extension ReportedDifference {
  /// Keys of metadata and ties that are listed; others are counted.
  private static let mostEntries = 100

  /// The whole page.
  var page: String {
    let names = (ReportParts.lastName(of: a.path), ReportParts.lastName(of: b.path))
    var page = HTMLPage(
      title: "\(names.0.printable) → \(names.1.printable) · Ballast",
      header: """
        <p class="kind">Difference</p>\
        <h1>\(ReportParts.name(names.0)) → \(ReportParts.name(names.1))</h1>\
        <p class="lead">\(lead)</p>
        """,
      footer: ReportFooter.html
    )
    page.append("summary", title: "Summary", tiles + sides)
    if let chart = layers {
      page.append(
        "layers",
        title: "Change by layer",
        note: "How far the tensors of a layer that both have moved together: the norm of the "
          + "difference over the norm in A. The rest is outside of layers.",
        chart
      )
    }
    page.append("tensors", title: "Tensors that differ", note: note, table)
    if !difference.ties.isEmpty { page.append("ties", title: "Ties", ties) }
    if !difference.metadata.isEmpty { page.append("metadata", title: "Metadata", metadata) }
    page.append("findings", title: "Findings", findings)
    return page.document
  }

  private var lead: String {
    guard difference.isDifferent else {
      return "\(Readable.count(difference.tensors.count, of: "tensor")), and every one is the same."
    }
    return
      "\(Readable.count(changed)) of \(Readable.count(difference.tensors.count, of: "tensor")) "
      + "differ."
  }

  private var note: String {
    changes.count < changed
      ? "\(Readable.count(changes.count)) of \(Readable.count(changed)), the most telling first; "
        + "option --rows lists more. Relative is the norm of Δ = B − A over the norm of A."
      : "Relative is the norm of Δ = B − A over the norm of A. Each name unfolds to the "
        + "distributions in A and B."
  }

  private var tiles: HTML {
    let all: [(name: String, value: String, note: String)] = TensorDifference.Status.allCases
      .compactMap { status in
        let count = difference.count(status)
        let words = Self.words(status)
        return count == 0 ? nil : (words.title, Readable.count(count), words.meaning)
      }
    return ReportParts.tiles(all)
  }

  /// What a status is called, and what it means.
  static func words(_ status: TensorDifference.Status) -> (title: String, meaning: String) {
    switch status {
    case .changed: ("Changed", "other values")
    case .retyped: ("Retyped", "another type and other values")
    case .recast: ("Recast", "another type, the same but for rounding")
    case .reshaped: ("Reshaped", "the same elements in another shape")
    case .resized: ("Resized", "another shape and other elements")
    case .transposed: ("Transposed", "rows are columns")
    case .renamed: ("Renamed", "the same under another name")
    case .added: ("Added", "only B has them")
    case .removed: ("Removed", "only A has them")
    case .equal: ("Equal", "no value differs")
    case .identical: ("The same", "byte for byte")
    }
  }

  private var sides: HTML {
    let totals = [a, b].map { Totals($0.tensors, of: $0.checkpoint) }
    let facts = zip([a, b], totals).map { ReportFacts($0, $1) }
    var rows: [[HTML]] = [
      ["Path", ReportParts.name(a.path), ReportParts.name(b.path)],
      ["Format", "\(a.checkpoint.format)", "\(b.checkpoint.format)"],
    ]
    if facts.contains(where: { $0.architecture != nil }) {
      rows.append(["Architecture"] + facts.map { "\($0.architecture ?? "–")" })
    }
    rows.append(["Tensors"] + totals.map { "\(Readable.count($0.tensors))" })
    rows.append(["Values"] + totals.map { "\(Readable.count($0.parameters))" })
    rows.append(["Size"] + totals.map { "\(Readable.bytes($0.bytes))" })
    rows.append(["Types"] + facts.map { "\($0.types)" })
    let table = ReportParts.table([("", false), ("A", false), ("B", false)], rows)
    return "<div class=\"sides\">\(table)</div>"
  }

  /// Nil where no layer moved.
  private var layers: HTML? {
    let layers = difference.layers
    guard layers.contains(where: { $0.relativeL2 > 0 }) else { return nil }
    let bars = layers.map { layer in
      BarChart.Bar(
        layer.layer.map { "\($0)" } ?? "rest",
        layer.relativeL2,
        isApart: layer.layer == nil
      )
    }
    return BarChart(
      title: "Change by layer",
      quantity: "relative change",
      unit: "layer",
      bars: bars
    ).html
  }

  private var table: HTML {
    guard !changes.isEmpty else {
      return "<p><span class=\"severity good\">None</span></p>"
    }
    let largest = changes.compactMap { $0.tensor.figures?.relativeL2 }.filter(\.isFinite).max() ?? 0
    return SearchableTable.html(
      style: "changes",
      caption: "Tensors that differ",
      columns: ChangeRow.columns,
      rows: changes.enumerated().map { ChangeRow($1, number: $0 + 1, largest: largest).html }
    )
  }

  private var ties: HTML {
    let rows = difference.ties.prefix(Self.mostEntries).map { tie -> [HTML] in
      [
        ReportParts.name(tie.names[1]), tie.isInB ? "tied in B to" : "tied in A to",
        ReportParts.name(tie.names[0]),
      ]
    }
    return ReportParts.table([("Tensor", false), ("", false), ("", false)], rows)
      + rest(difference.ties.count)
  }

  private var metadata: HTML {
    let rows = difference.metadata.prefix(Self.mostEntries).map { entry -> [HTML] in
      [
        ReportParts.name(entry.key), entry.a.map { ReportParts.value($0) } ?? "–",
        entry.b.map { ReportParts.value($0) } ?? "–",
      ]
    }
    let table = ReportParts.table([("Key", false), ("A", false), ("B", false)], rows)
    return "<div class=\"sides\">\(table)</div>\(rest(difference.metadata.count))"
  }

  private func rest(_ count: Int) -> HTML {
    guard count > Self.mostEntries else { return "" }
    return "<p class=\"note\">\(Readable.count(count - Self.mostEntries)) more are not shown.</p>"
  }

  private var findings: HTML {
    let sides: [HTML] = [("A", a), ("B", b)].map { title, side in
      "<h3>\(title)</h3>\(ReportParts.findings(side.findings, more: side.findingsLeftOut) { _ in nil })"
    }
    return sides.joined()
  }
}
