/// Documents as text for a terminal, or for a pipe.
package struct TerminalRenderer: Sendable {
  /// The columns there are; nil if lines may be as long as they like, as in a pipe.
  package let width: Int?
  /// Whether styles are shown; without it there is no escape sequence in the text.
  package let usesStyles: Bool

  /// A renderer for a width.
  package init(width: Int?, usesStyles: Bool) {
    self.width = width
    self.usesStyles = usesStyles
  }

  /// The lines of a document, with an empty line between blocks and none at the end.
  package func text(of document: Document) -> String {
    var text = ""
    for (index, block) in document.blocks.enumerated() {
      // A heading stands close to what it is about.
      if index > 0 {
        if case .heading = document.blocks[index - 1] { text += "\n" } else { text += "\n\n" }
      }
      text += lines(of: block).joined(separator: "\n")
    }
    return text
  }

  private func lines(of block: Document.Block) -> [String] {
    switch block {
    case .heading(let text): [paint(text.printable, .bold)]
    case .paragraph(let text, let style):
      text.printableLines.wrapped(to: width).map { paint($0, style) }
    case .keyValues(let pairs): lines(of: pairs)
    case .table(let table): lines(of: table)
    case .findings(let findings): findings.flatMap(lines(of:))
    }
  }

  private func paint(_ text: String, _ style: Style) -> String {
    usesStyles ? style.painted(text) : text
  }
}

extension TerminalRenderer {
  private func lines(of pairs: [Document.KeyValue]) -> [String] {
    let keys = pairs.map { $0.key.printable + ":" }
    let margin = (keys.map(\.displayWidth).max() ?? 0) + TableLayout.gap
    return zip(keys, pairs).flatMap { key, pair in
      pair.value.text.wrapped(to: width.map { max(1, $0 - margin) }).enumerated().map {
        paint(($0 == 0 ? key : "").padded(to: margin), .dim) + paint($1, pair.value.style)
      }
    }
  }

  private func lines(of finding: Finding) -> [String] {
    let severity = finding.severity.rawValue
    let place = finding.place.isEmpty ? "" : " (\(finding.place))"
    let text = "\(severity): \(finding.message)\(place) [\(finding.rule)]".printable
    return text.wrapped(to: width.map { max(1, $0 - TableLayout.gap) }).enumerated()
      .map { index, line in
        guard index == 0 else { return String(repeating: " ", count: TableLayout.gap) + line }
        return paint(severity, finding.severity.style) + line.dropFirst(severity.count)
      }
  }

  /// The widest that a cell of a table gets where lines may be as long as they like: all others of its
  /// column are padded to it.
  private static let maximumCellWidth = 200

  private func lines(of table: Table) -> [String] {
    var texts = table.rows.map { $0.map { $0.text.shortened(to: Self.maximumCellWidth) } }
    let titles = table.columns.map(\.title.printable)
    var prefixes: [String] = []
    var natural = Self.widths(titles, texts)
    if let width, natural.reduce(TableLayout.gap * (natural.count - 1), +) > width {
      // What all names of a column begin with is said once, above the table.
      for column in table.columns.indices where table.columns[column].alignment == .left {
        guard let prefix = Self.commonModules(of: texts.lazy.map { $0[column] }) else { continue }
        let title = titles[column].isEmpty ? "" : "\(titles[column]): "
        prefixes.append("\(title)each begins with \(prefix)".shortened(to: width))
        for row in texts.indices {
          texts[row][column] = "…" + texts[row][column].dropFirst(prefix.count)
        }
      }
      natural = Self.widths(titles, texts)
    }
    let minimum = table.columns.indices.map { column in
      let narrowest = max(TableLayout.narrowestText, titles[column].displayWidth)
      return table.columns[column].alignment == .right
        ? natural[column] : min(natural[column], narrowest)
    }
    // Names are worth more than columns that people can do without.
    var dropped: Set<Int> = []
    var needed = natural.reduce(TableLayout.gap * (natural.count - 1), +)
    for column in table.columns.indices.reversed()
    where table.columns[column].isOptional && needed > width ?? .max {
      dropped.insert(column)
      needed -= natural[column] + TableLayout.gap
    }
    guard dropped.isEmpty else { return lines(of: table.without(dropped)) }
    let layout = TableLayout(natural: natural, minimum: minimum, available: width)
    guard let widths = layout.widths else { return records(of: table) }
    func line(_ texts: [String], _ style: (Int) -> Style) -> String {
      var line = ""
      for (column, text) in texts.enumerated() {
        let text = text.shortened(to: widths[column])
        let isLast = column == texts.count - 1
        if column > 0 { line += String(repeating: " ", count: TableLayout.gap) }
        switch table.columns[column].alignment {
        case .right: line += paint(text.aligned(to: widths[column]), style(column))
        case .left where isLast: line += paint(text, style(column))
        case .left: line += paint(text.padded(to: widths[column]), style(column))
        }
      }
      return line
    }
    return prefixes.map { paint($0, .dim) } + [line(titles) { _ in .bold }]
      + zip(table.rows, texts).map { row, texts in line(texts) { row[$0].style } }
  }

  /// The width that each column would like to have.
  private static func widths(_ titles: [String], _ texts: [[String]]) -> [Int] {
    var widths = titles.map(\.displayWidth)
    for row in texts {
      for (column, text) in row.enumerated() {
        widths[column] = max(widths[column], text.displayWidth)
      }
    }
    return widths
  }

  /// The modules, with the dot after the last of them, that some names all begin with; nil where that
  /// is not worth its mention.
  private static func commonModules(of names: some Collection<String>) -> String? {
    guard names.count > 1, var prefix = names.first?[...] else { return nil }
    for name in names {
      prefix = prefix.prefix(zip(prefix, name).prefix { $0 == $1 }.count)
      if prefix.count < shortestPrefix { return nil }
    }
    guard let dot = prefix.lastIndex(of: ".") else { return nil }
    let modules = prefix[...dot]
    return modules.count >= shortestPrefix ? String(modules) : nil
  }

  /// What is left out is to be longer than the ellipsis for it.
  private static let shortestPrefix = 4

  /// A table too wide for the terminal: one line a cell, an empty line between rows.
  private func records(of table: Table) -> [String] {
    let titles = table.columns.map(\.title.printable)
    var lines: [String] = []
    for (index, row) in table.rows.enumerated() {
      if index > 0 { lines.append("") }
      lines += self.lines(of: zip(titles, row).map(Document.KeyValue.init))
    }
    return lines
  }
}

extension String {
  /// The text with escapes for control characters, line breaks excepted.
  fileprivate var printableLines: String {
    split(separator: "\n", omittingEmptySubsequences: false)
      .map { String($0).printable }.joined(separator: "\n")
  }
}
