extension JSONValue {
  /// How a JSON text is laid out.
  public enum Layout: Sendable {
    /// One line, without white space.
    case compact
    /// Two spaces a level, as configuration files have it.
    case indented
  }

  /// The JSON text of this value.
  ///
  /// Numbers are written so that they read back equal. JSON has no infinities and no NaN; they
  /// are written as the strings "NaN", "Infinity" and "-Infinity".
  ///
  /// With `escapesInvisible` characters that are not seen but change how text is shown, such as those
  /// that turn its direction, are escaped too: for what people may look at. Files are written without
  /// it, as other tools write them.
  public func text(_ layout: Layout = .compact, escapesInvisible: Bool = false) -> String {
    var text = ""
    let style = Style(layout: layout, escapesInvisible: escapesInvisible)
    append(to: &text, style, indent: 0)
    return text
  }

  private struct Style {
    let layout: Layout
    let escapesInvisible: Bool
  }

  private func append(to text: inout String, _ style: Style, indent: Int) {
    switch self {
    case .null: text += "null"
    case .bool(let bool): text += bool ? "true" : "false"
    case .integer(let integer): text += String(integer)
    case .number(let number): text += Self.text(of: number)
    case .string(let string): Self.append(quoted: string, to: &text, style)
    case .array(let array):
      Self.append(array, between: "[", "]", to: &text, style, indent: indent) {
        $0.append(to: &$1, style, indent: indent + 1)
      }
    case .object(let object):
      Self.append(object.members, between: "{", "}", to: &text, style, indent: indent) {
        Self.append(quoted: $0.key, to: &$1, style)
        $1 += style.layout == .indented ? ": " : ":"
        $0.value.append(to: &$1, style, indent: indent + 1)
      }
    }
  }

  private static func append<Elements: Collection>(
    _ elements: Elements,
    between opening: String,
    _ closing: String,
    to text: inout String,
    _ style: Style,
    indent: Int,
    element: (Elements.Element, inout String) -> Void
  ) {
    text += opening
    var isFirst = true
    for item in elements {
      if !isFirst { text += "," }
      if style.layout == .indented { text += "\n" + String(repeating: "  ", count: indent + 1) }
      element(item, &text)
      isFirst = false
    }
    if style.layout == .indented, !isFirst { text += "\n" + String(repeating: "  ", count: indent) }
    text += closing
  }

  private static func text(of number: Double) -> String {
    if number.isNaN { return "\"NaN\"" }
    if number.isInfinite { return number < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    return number.description
  }

  private static func append(quoted string: String, to text: inout String, _ style: Style) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..<" ", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
        text += escaped(scalar)
      case _ where style.escapesInvisible && scalar.properties.generalCategory == .format:
        text += escaped(scalar)
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    scalar.utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}
