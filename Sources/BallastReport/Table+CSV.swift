extension Table {
  /// The table as CSV (RFC 4180): a header of keys, exact values, lines that end in CR LF.
  ///
  /// Numbers have full precision, and empty cells are empty fields. Control characters, for which
  /// RFC 4180 has no place outside of line breaks, are written as escapes such as `\u{1B}`.
  package var csv: String {
    let header = columns.map { Self.field($0.key) }
    return ([header] + rows.map { $0.map { Self.field($0.exactText) } })
      .map { $0.joined(separator: ",") + "\r\n" }
      .joined()
  }

  private static func field(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let safe = lines.map { String($0).printable }.joined(separator: "\n")
    let needsQuotes = safe.utf8.contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n")
    }
    guard needsQuotes || safe.hasPrefix(" ") || safe.hasSuffix(" ") else { return safe }
    return "\""
      + safe.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }
}

extension Cell {
  /// What machines read.
  fileprivate var exactText: String {
    switch content {
    case .empty: ""
    case .text(let text): text
    case .bool(let bool): bool ? "true" : "false"
    case .integer(let integer), .bytes(let integer): String(integer)
    case .number(let number), .fraction(let number):
      number.isFinite ? number.description : Readable.number(number)
    case .integers(let integers): "\(integers)"
    case .bars(let heights): heights.map(\.description).joined(separator: " ")
    }
  }
}
