import BallastTokenizer
import Testing

/// The scanner's quick path against the exact one, which is held to the pattern itself elsewhere.
@Suite struct ShortWordTests {
  /// What the quick path says of 16 bytes.
  private static func quick(_ text: ArraySlice<UInt8>) -> Int {
    var halves: [UInt64] = [0, 0]
    for (index, byte) in text.prefix(16).enumerated() {
      halves[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
    }
    return WordScanner.lengthOfShortWord(low: halves[0], high: halves[1])
  }

  /// Compares both at the start of a text of 16 bytes or more.
  private static func check(_ text: [UInt8]) throws {
    let end = WordScanner.endOfWord(from: 0, in: text.span, limit: text.count)
    let quick = quick(text[...])
    if quick > 0 {
      try #require(quick == end, "\(text)")
    } else {
      // A run of white space is one longer than the word; what ends it must not be cut off either.
      try #require(end >= 15 || text.prefix(16).contains { $0 >= 0x80 }, "\(text)")
    }
  }

  /// Every two bytes at the start, among letters and before other things.
  @Test func allPairs() throws {
    for first in UInt8.min ... .max {
      for second in UInt8.min ... .max {
        for rest in ["abc d", "' x", "  x", "1 x", "e3,", "l.x", "\u{E9}a", "\n\nx"] {
          try Self.check([first, second] + rest.utf8 + "............".utf8)
          try Self.check([UInt8(ascii: " "), first, second] + rest.utf8 + "aaaaaaaaaaaaaaa".utf8)
        }
      }
    }
  }

  /// Every three bytes of one of each class, and what is next to the classes in ASCII, at every place.
  @Test func allTriples() throws {
    let bytes = Array("azAZ@[`{09/: \t\r\n\u{8}\u{E}'stmdrvel.~\u{7F}\0".utf8) + [0x80, 0xC3, 0xFF]
    for first in bytes {
      for second in bytes {
        for third in bytes {
          for before in [0, 1, 6, 12, 13, 14] {
            var text = [UInt8](
              repeating: before % 2 == 0 ? first : UInt8(ascii: "q"),
              count: before
            )
            text += [first, second, third] + "abcdefghijklmnop".utf8
            try Self.check(text)
          }
        }
      }
    }
  }

  /// Runs of each class of every length up to the window's, with and without a space, before each class.
  @Test func allRuns() throws {
    for run in "aZ5.\n 'é".unicodeScalars {
      for count in 1...18 {
        for end in "b7! \n'é\u{3000}".unicodeScalars {
          for start in ["", " ", "  ", "\n", "'"] {
            var text = String.UnicodeScalarView(start.unicodeScalars)
            text.append(contentsOf: repeatElement(run, count: count))
            text.append(end)
            try Self.check(Array(String(text).utf8) + "xxxxxxxxxxxxxxxx".utf8)
          }
        }
      }
    }
  }

  @Test func nastyTexts() throws {
    for _ in 0..<2000 {
      let text = NastyText.random(parts: 40) + [UInt8](repeating: 0x41, count: 16)
      for start in 0...text.count - 16 { try Self.check(Array(text[start...])) }
    }
  }
}
