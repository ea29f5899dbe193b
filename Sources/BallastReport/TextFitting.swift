extension String {
  /// The text with an escape such as `\u{1B}` or `\n` for whatever a terminal would obey.
  ///
  /// Names come from files. Control characters move the cursor or start escape sequences, format
  /// characters reorder or hide what stands beside them.
  package var printable: String {
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return self }
    var text = ""
    for scalar in unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        text += scalar.escaped(asASCII: true)
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The text in at most `width` columns, with "…" in place of its middle.
  ///
  /// Names of tensors differ at both ends: `h.11.attn.c_attn.weight` becomes `h.11.a…weight`.
  package func shortened(to width: Int) -> String {
    guard displayWidth > width else { return self }
    guard width > 1 else { return width == 1 ? "…" : "" }
    let tail = (width - 1) / 2
    return prefix(columns: width - 1 - tail) + "…" + suffix(columns: tail)
  }

  /// The text with spaces after it, up to `width` columns.
  package func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - displayWidth))
  }

  /// The text with spaces before it, up to `width` columns.
  package func aligned(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - displayWidth)) + self
  }

  /// The lines of a text that breaks between words to fit into `width` columns.
  ///
  /// Line breaks stay; a word that is too long stands in a line of its own, whole.
  package func wrapped(to width: Int?) -> [String] {
    split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      guard let width, line.displayWidth > width else { return [String(line)] }
      var lines: [String] = []
      var current = ""
      for word in line.split(separator: " ") {
        if !current.isEmpty, current.displayWidth + 1 + word.displayWidth > width {
          lines.append(current)
          current = ""
        }
        current += (current.isEmpty ? "" : " ") + word
      }
      return lines + [current]
    }
  }

  private func prefix(columns: Int) -> String {
    var left = columns
    return String(
      prefix {
        left -= $0.displayWidth
        return left >= 0
      }
    )
  }

  private func suffix(columns: Int) -> String {
    var left = columns
    let reversed = reversed().prefix {
      left -= $0.displayWidth
      return left >= 0
    }
    return String(reversed.reversed())
  }
}
