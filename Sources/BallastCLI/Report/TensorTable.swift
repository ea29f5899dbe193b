import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastReport

/// The table of a checkpoint's tensors, each of which unfolds.
struct TensorTable {
  private let reported: ReportedCheckpoint
  private let flagged: [ExactString: Finding.Severity]

  init(_ reported: ReportedCheckpoint) {
    self.reported = reported
    flagged = reported.findings.reduce(into: [:]) { flagged, found in
      guard let tensor = found.tensor.map(ExactString.init), flagged[tensor] == nil else { return }
      flagged[tensor] = found.finding.severity
    }
  }

  /// What the table shows, and what it leaves out.
  var note: String {
    let (shown, all) = (reported.listed.count, reported.tensors.count)
    guard shown < all else { return "Each name unfolds to the distribution of the values." }
    return "\(Readable.count(shown)) of \(Readable.count(all)) tensors: those with findings, and "
      + "the largest. Options --match and --rows choose others, or more."
  }

  private static let columns: [(title: HTML, sort: String?)] = [
    ("#", "number"), ("Tensor", "text"), ("Type", "text"), ("Shape", "number"),
    ("Size", "number"), ("Distribution", nil), ("Mean", "number"), ("Std", "number"),
    ("Min", "number"), ("Max", "number"),
  ]

  var html: HTML {
    guard !reported.listed.isEmpty else { return "<p>There are none.</p>" }
    return SearchableTable.html(
      style: "tensors",
      caption: "Tensors",
      columns: Self.columns,
      rows: reported.listed.map(row)
    )
  }

  private func row(_ position: Int) -> HTML {
    let tensor = reported.tensors[position]
    let statistics = reported.statistics[position]
    let figures = [
      statistics?.mean, statistics?.standardDeviation, statistics?.minimum, statistics?.maximum,
    ]
    let chart = chart(position)
    return """
      <tr id="t\(position + 1)"><td>\(position + 1)</td>\
      <td class="name"><details><summary><span>\(ReportParts.name(tensor.name))\(flags(tensor))</span></summary>\
      <div class="panel">\(chart?.chart(of: "h\(position + 1)", title: title(tensor)) ?? "<p></p>")\
      \(ReportParts.facts(facts(position)))</div></details></td>\
      <td>\(tensor.dtype.rawValue)</td>\
      <td data-v="\(tensor.shape.elementCount)">\(ReportParts.shape(tensor.shape))</td>\
      <td data-v="\(tensor.byteCount)">\(Readable.bytes(tensor.byteCount))</td>\
      <td>\(chart?.sparkline(named: "h\(position + 1)") ?? "–")</td>\
      \(figures.map { figure -> HTML in "<td>\(ReportParts.figure(figure, of: tensor.dtype))</td>" }.joined())</tr>
      """
  }

  private func title(_ tensor: TensorView) -> String {
    "Distribution of \(tensor.name.printable.shortened(to: 160))"
  }

  private func chart(_ position: Int) -> HistogramChart? {
    guard let histogram = reported.histograms[position],
      let low = histogram.edges.first, let high = histogram.edges.last
    else { return nil }
    return HistogramChart(counts: histogram.counts, in: low...high)
  }

  private func flags(_ tensor: TensorView) -> HTML {
    var flags: [HTML] = []
    if let severity = flagged[ExactString(tensor.name)] {
      let (style, word) =
        switch severity {
        case .error: ("error", "error")
        case .warning: ("warning", "warning")
        case .note: ("tie", "note")
        }
      flags.append("<span class=\"flag \(style)\">\(word)</span>")
    }
    if reported.checkpoint.tie(of: tensor) != nil {
      flags.append("<span class=\"flag tie\">tied</span>")
    }
    return flags.joined()
  }

  private func facts(_ position: Int) -> [(name: String, value: HTML)] {
    let tensor = reported.tensors[position]
    var facts: [(name: String, value: HTML)] = [
      ("Elements", "\(Readable.count(tensor.shape.elementCount))"),
      ("Bytes", "\(Readable.count(tensor.byteCount))"),
    ]
    if let reason = reported.unread[position] { facts.append(("Values", "\(reason)")) }
    if let statistics = reported.statistics[position] {
      let numbers = [
        ("Min", statistics.minimum), ("Max", statistics.maximum), ("Mean", statistics.mean),
        ("Std", statistics.standardDeviation), ("L2 norm", statistics.l2),
        ("RMS", statistics.rootMeanSquare),
      ]
      facts += numbers.map { ($0.0, "\(ReportParts.number($0.1))") }
      facts.append(("Zeros", "\(Readable.count(statistics.zeros))"))
      let rare = [
        ("NaN", statistics.notNumbers), ("+Infinity", statistics.positiveInfinities),
        ("−Infinity", statistics.negativeInfinities), ("Subnormal", statistics.subnormals),
      ]
      facts += rare.filter { $0.1 > 0 }.map { ($0.0, "\(Readable.count($0.1))") }
    }
    if let file = tensor.storage.file { facts.append(("File", ReportParts.name(file))) }
    if let offset = tensor.fileOffset { facts.append(("Offset", "\(Readable.count(offset))")) }
    if !tensor.isContiguous {
      facts.append(("Strides", "\(Cell(.integers(tensor.strides)).text)"))
    }
    if let first = reported.checkpoint.tie(of: tensor) {
      facts.append(("Tied to", ReportParts.name(first.name)))
    }
    return facts
  }
}

/// A table with a search field, whose columns sort it.
enum SearchableTable {
  /// The table; a column that does not sort has no kind of order.
  static func html(
    style: String,
    caption: String,
    columns: [(title: HTML, sort: String?)],
    rows: [HTML]
  ) -> HTML {
    let heads = columns.map { column -> HTML in
      let sort: HTML = column.sort.map { " data-sort=\"\($0)\"" } ?? ""
      return "<th scope=\"col\"\(sort)>\(column.title)</th>"
    }
    let widths = columns.map { _ -> HTML in "<col />" }
    return """
      <div class="box"><div class="tools" hidden="hidden">\
      <label for="search-\(style)">Search</label>\
      <input id="search-\(style)" type="search" autocomplete="off" spellcheck="false" \
      placeholder="name, type or shape" />\
      <output for="search-\(style)" aria-live="polite"></output></div>
      <table class="grid \(style)" aria-label="\(caption)"><colgroup>\(widths.joined())</colgroup>
      <thead><tr>\(heads.joined())</tr></thead>
      <tbody>
      \(rows.joined(separator: "\n"))
      </tbody></table></div>
      """
  }
}
