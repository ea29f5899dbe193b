/// How a text stands out on a terminal that shows colours.
package enum Style: Hashable, Sendable {
  /// As the terminal has it.
  case plain
  /// Headings.
  case bold
  /// What matters less.
  case dim
  /// Errors.
  case red
  /// Warnings.
  case yellow
  /// Good news.
  case green
  /// What is selected.
  case inverse

  /// The parameter of the escape sequence "select graphic rendition" (ECMA-48).
  private var parameter: String? {
    switch self {
    case .plain: nil
    case .bold: "1"
    case .dim: "2"
    case .red: "31"
    case .green: "32"
    case .yellow: "33"
    case .inverse: "7"
    }
  }

  /// The text between the escape sequences that turn the style on and off.
  package func painted(_ text: String) -> String {
    guard let parameter, !text.isEmpty else { return text }
    return "\u{1B}[\(parameter)m\(text)\u{1B}[0m"
  }
}
