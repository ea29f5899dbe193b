extension String {
  /// Breaks lines between words; lines that exist stay, and a word too long stands alone.
  ///
  /// Every line is indented by `indent` columns, and by `hanging` more if its line was broken.
  func wrapped(to width: Int, indent: Int = 0, hanging: Int = 0) -> String {
    split(separator: "\n", omittingEmptySubsequences: false)
      .map { Self.wrap($0, to: width, indent: indent, hanging: hanging) }
      .joined(separator: "\n")
  }

  private static func wrap(
    _ line: Substring,
    to width: Int,
    indent: Int,
    hanging: Int
  ) -> String {
    var lines: [String] = []
    var current = ""
    for word in line.split(separator: " ") {
      let margin = indent + (lines.isEmpty ? 0 : hanging)
      if !current.isEmpty, margin + current.count + 1 + word.count > width {
        lines.append(current)
        current = String(word)
      } else {
        current += (current.isEmpty ? "" : " ") + word
      }
    }
    lines.append(current)
    return lines.enumerated().map { index, text in
      let margin = indent + (index == 0 ? 0 : hanging)
      return text.isEmpty ? "" : String(repeating: " ", count: margin) + text
    }.joined(separator: "\n")
  }
}
