/// Text for a manual page: macros of man(7), and text in which nothing is a macro or an escape.
struct Roff {
  /// Lines of the source are broken here, where they can be.
  private static let width = 78

  /// The lines so far.
  private(set) var lines: [String] = []

  /// The whole source.
  var text: String { lines.joined(separator: "\n") + "\n" }

  /// A macro with its arguments, which are formatted already; each becomes one word.
  mutating func macro(_ name: String, _ arguments: String...) {
    lines.append(([".\(name)"] + arguments.map { "\"\($0)\"" }).joined(separator: " "))
  }

  /// Words that were formatted already, such as the tag of an item.
  mutating func formatted(_ text: String) {
    lines.append(text.hasPrefix(".") ? "\\&\(text)" : text)
  }

  /// Text to be filled.
  mutating func paragraph(_ text: String) {
    for sentence in text.split(separator: "\n") { fill(sentence) }
  }

  private mutating func fill(_ text: Substring) {
    var line = ""
    for word in text.split(separator: " ").map({ Self.escaped(String($0)) }) {
      if !line.isEmpty, line.count + 1 + word.count > Self.width {
        formatted(line)
        line = word
      } else {
        line += (line.isEmpty ? "" : " ") + word
      }
    }
    if !line.isEmpty { formatted(line) }
  }

  /// Bold text.
  static func bold(_ text: String) -> String { "\\fB\(escaped(text))\\fR" }

  /// Text in italics, for what stands for a value.
  static func italic(_ text: String) -> String { "\\fI\(escaped(text))\\fR" }

  /// The text with escapes for everything that roff reads something into, or draws otherwise.
  ///
  /// Texts quote options and calls, so that hyphens are minus signs and quotes are straight.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\e"
      case "-": escaped += "\\-"
      case "'": escaped += "\\(aq"
      case "\"": escaped += "\\(dq"
      case "`": escaped += "\\(ga"
      case "^": escaped += "\\(ha"
      case "~": escaped += "\\(ti"
      case _ where scalar.isASCII: escaped.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        escaped += "\\[u\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits)]"
      }
    }
    return escaped
  }
}
