extension StringProtocol {
  /// The columns that a text takes on a terminal; it should have no control characters.
  package var displayWidth: Int {
    // Nearly all text is printable ASCII and what Ballast itself draws, which have no combining marks.
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return utf8.count }
    let isDrawn = unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      // ASCII; the ellipsis; bars and lines.
      case 0x20..<0x7F, 0x2026, 0x2500...0x259F: true
      default: false
      }
    }
    return isDrawn ? unicodeScalars.count : reduce(0) { $0 + $1.displayWidth }
  }
}

extension Character {
  /// The columns that a character takes: 0 for marks alone, 2 for CJK and emoji, else 1 a scalar.
  package var displayWidth: Int {
    guard let first = unicodeScalars.first else { return 0 }
    let asksForEmoji = unicodeScalars.contains { $0.value == 0xFE0F }
    if first.properties.isEmojiPresentation || asksForEmoji { return 2 }
    return unicodeScalars.reduce(0) { $0 + $1.displayWidth }
  }
}

extension Unicode.Scalar {
  /// The columns of one scalar, as `wcwidth` counts them.
  fileprivate var displayWidth: Int {
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .control, .format: return 0
    default: break
    }
    switch value {
    // Vowels and final consonants of decomposed Hangul sit in the first one's columns.
    case 0x1160...0x11FF, 0xD7B0...0xD7FF: return 0
    case 0..<0x1100: return 1
    default: return Self.wide.contains { $0.contains(value) } ? 2 : 1
    }
  }

  /// The blocks whose East_Asian_Width is W or F (UAX #11); emoji are known by their property.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F,  // Hangul Jamo, first consonants
    0x2329...0x232A,  // angle brackets
    0x2E80...0x303E,  // CJK radicals, punctuation
    0x3040...0xA4CF,  // kana, Bopomofo, enclosed CJK, CJK, Yi
    0xA960...0xA97F,  // Hangul Jamo extended
    0xAC00...0xD7A3,  // Hangul syllables
    0xF900...0xFAFF,  // CJK compatibility
    0xFE10...0xFE1F,  // vertical forms
    0xFE30...0xFE6F,  // CJK compatibility and small forms
    0xFF01...0xFF60,  // fullwidth forms
    0xFFE0...0xFFE6,  // fullwidth signs
    0x1_6FE0...0x1_8DFF,  // Tangut, Khitan
    0x1_AFF0...0x1_B2FF,  // kana supplements, Nushu
    0x1_F200...0x1_F2FF,  // enclosed ideographs
    0x2_0000...0x3_FFFD,  // CJK extensions
  ]
}
