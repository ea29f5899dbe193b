import BallastCheckpoint
import BallastJSON
import BallastReport

/// The pieces that pages are made of.
enum ReportParts {
  /// Names are shortened in their middle to so many columns.
  private static let longestName = 160
  /// Values of metadata are cut off after so many columns, and their arrays after so many elements.
  private static let longestValue = 600
  private static let mostElements = 12
  /// A message may quote names, and is shortened too.
  private static let longestMessage = 320
  /// More findings than these are counted.
  private static let mostFindings = 200
  /// More keys of metadata than these are counted.
  private static let mostKeys = 300

  /// A name out of a file.
  static func name(_ name: String) -> HTML {
    "<bdi>\(HTML.name(name.printable.shortened(to: longestName)))</bdi>"
  }

  /// The last part of a path, by which people know it.
  static func lastName(of path: String) -> String {
    path.split(separator: "/").last.map { String($0) } ?? path
  }

  static func shape(_ shape: Shape) -> String { Cell(.integers(shape.dimensions)).text }

  /// A number, or a dash.
  static func number(_ value: Double?, digits: Int = 4) -> String {
    value.map { Readable.number($0, digits: digits) } ?? "–"
  }

  /// A number in four digits, zeros at the end included, so that a column is of one form; of whole
  /// numbers in as many as it has.
  static func figure(_ value: Double?, of dtype: DType? = nil, digits: Int = 4) -> String {
    let text = number(value, digits: digits)
    // With an exponent one digit less is as wide.
    if text.contains("e") { return number(value, digits: digits - 1) }
    guard let value, value.isFinite, value != 0, dtype.map(\.isFloatingPoint) ?? true else {
      return text
    }
    let known = text.drop { "-0.".contains($0) }.count { $0 != "." }
    guard known < digits else { return text }
    let zeros = String(repeating: "0", count: digits - known)
    return text + (text.contains(".") ? "" : ".") + zeros
  }

  /// Names with one value each, in two columns.
  static func facts(_ facts: [(name: String, value: HTML)]) -> HTML {
    let rows = facts.map { fact -> HTML in "<dt>\(fact.name)</dt><dd>\(fact.value)</dd>" }
    return "<dl class=\"facts\">\(rows.joined(separator: "\n"))</dl>"
  }

  /// The figures that are seen first.
  static func tiles(_ tiles: [(name: String, value: String, note: String)]) -> HTML {
    let items = tiles.map { tile -> HTML in
      let note: HTML = tile.note.isEmpty ? "" : "<small>\(tile.note)</small>"
      return "<div><dt>\(tile.name)</dt><dd>\(tile.value)\(note)</dd></div>"
    }
    return "<dl class=\"tiles\">\(items.joined(separator: "\n"))</dl>"
  }

  /// What was found, `more` findings aside; `row` is the anchor of a tensor's row where it has one.
  static func findings(
    _ findings: [ReportedCheckpoint.NamedFinding],
    more: Int,
    row: (String) -> String?
  ) -> HTML {
    guard !findings.isEmpty else {
      return """
        <p><span class="severity good">None</span>: the file keeps the rules of its format, and no \
        value is out of the ordinary.</p>
        """
    }
    let items = findings.prefix(mostFindings).map { found -> HTML in
      let finding = found.finding
      let (style, word) =
        switch finding.severity {
        case .error: ("error", "Error")
        case .warning: ("warning", "Warning")
        case .note: ("remark", "Note")
        }
      let tensor = found.tensor.map { tensor -> HTML in
        row(tensor).map { "<a href=\"#\($0)\">\(name(tensor))</a>" } ?? name(tensor)
      }
      let place: HTML = finding.place.isEmpty ? "" : "\(finding.place)"
      let wheres = [tensor, place, "<code>\(finding.rule)</code>"].compactMap(\.self)
        .filter { $0 != HTML() }
      return """
        <li><span class="severity \(style)">\(word)</span><p>\(finding.message.printable.shortened(to: longestMessage))</p>\
        <p class="where">\(wheres.joined(separator: " · "))</p></li>
        """
    }
    let left = findings.count - items.count + more
    let rest: HTML =
      left > 0 ? "<p class=\"note\">\(Readable.count(left)) more are not shown.</p>" : ""
    return "<ul class=\"findings\">\(items.joined(separator: "\n"))</ul>\(rest)"
  }

  /// A table as it is, which needs no search.
  static func table(_ heads: [(title: HTML, isNumber: Bool)], _ rows: [[HTML]]) -> HTML {
    let head = heads.map { head -> HTML in
      "<th scope=\"col\"\(head.isNumber ? " class=\"r\"" as HTML : "")>\(head.title)</th>"
    }
    let body = rows.map { row -> HTML in
      let cells = zip(heads, row).map { head, cell -> HTML in
        head.isNumber ? "<td class=\"r\">\(cell)</td>" : "<td>\(cell)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    return """
      <table><thead><tr>\(head.joined())</tr></thead>
      <tbody>\(body.joined(separator: "\n"))</tbody></table>
      """
  }

  /// What the metadata say, in the order of the file.
  static func metadata(_ metadata: JSONObject) -> HTML {
    let rows = metadata.members.prefix(mostKeys).map { key, value in
      (name: key.printable.shortened(to: longestName), value: self.value(value))
    }
    let rest: HTML =
      metadata.count > mostKeys
      ? "<p class=\"note\">\(Readable.count(metadata.count - mostKeys)) more are not shown.</p>"
      : ""
    return facts(rows) + rest
  }

  /// A value of the metadata, cut off where it is long.
  static func value(_ value: JSONValue) -> HTML {
    let text = String(shortened(value).prefix(4 * longestValue)).printable
    return "\(text.shortened(to: longestValue))"
  }

  private static func shortened(_ value: JSONValue) -> String {
    if let text = value.string { return text }
    guard let array = value.array, array.count > mostElements else { return value.text() }
    let first = array.prefix(mostElements).map { String($0.text().prefix(longestValue)) }
    return "[\(first.joined(separator: ", ")), … \(Readable.count(array.count)) elements]"
  }
}
