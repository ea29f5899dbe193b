import BallastTokenizer
import Testing

@Suite struct WordScannerTests {
  private static func words(_ text: [UInt8]) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var start = 0
    while start < text.count {
      let end = WordScanner.endOfWord(from: start, in: text.span, limit: text.count)
      words.append(Array(text[start..<end]))
      start = end
    }
    return words
  }

  private static func words(_ text: String) -> [String] {
    words(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(
    arguments: [
      ("", []),
      ("Hello world", ["Hello", " world"]),
      (
        "don't we'll they've I'm he'd you're it's",
        [
          "don", "'t", " we", "'ll", " they", "'ve", " I", "'m", " he", "'d", " you", "'re", " it",
          "'s",
        ]
      ),
      (
        "DON'T 's ''s 'x 'v '",
        ["DON", "'", "T", " '", "s", " ''", "s", " '", "x", " '", "v", " '"]
      ),
      ("'lll'ree", ["'ll", "l", "'re", "e"]),
      ("a1b22 333", ["a", "1", "b", "22", " 333"]),
      ("x = y+1;", ["x", " =", " y", "+", "1", ";"]),
      (" ", [" "]), ("   ", ["   "]), ("a  b", ["a", " ", " b"]), ("a \n b", ["a", " \n", " b"]),
      ("a\n\nb", ["a", "\n", "\n", "b"]), ("a\tb", ["a", "\t", "b"]), ("a \t", ["a", " \t"]),
      ("a\u{A0}b \u{3000}c", ["a", "\u{A0}", "b", " ", "\u{3000}", "c"]),
      ("日本 語１２Ⅷ½", ["日本", " 語", "１２Ⅷ½"]),
      ("e\u{301}a", ["e", "\u{301}", "a"]),
      ("👩‍👩‍👧 x", ["👩‍👩‍👧", " x"]),
      ("\u{180E}\u{200B}a", ["\u{180E}\u{200B}", "a"]),
    ] as [(String, [String])]
  )
  func words(text: String, expected: [String]) {
    #expect(Self.words(text) == expected)
  }

  @Test func invalidBytesAreSymbols() {
    let text: [UInt8] = [0x61, 0xFF, 0x21, 0x20, 0xC3, 0x61, 0xE2, 0x82, 0x20, 0x20]
    let expected: [[UInt8]] = [
      [0x61], [0xFF, 0x21], [0x20, 0xC3], [0x61], [0xE2, 0x82], [0x20, 0x20],
    ]
    #expect(Self.words(text) == expected)
  }

  /// What `tokenizers` 0.23.3 says of all scalars, asked one by one.
  @Test func classesAreThoseOfTheReference() {
    var counts: [ScalarClass: Int] = [:]
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      counts[ScalarClass(scalar), default: 0] += 1
    }
    #expect(counts == [.letter: 141_028, .number: 1911, .space: 25, .other: 969_100])
    // Letters of Unicode 17 and 16.
    #expect(ScalarClass("\u{323B0}") == .other)
    #expect(ScalarClass("\u{1C89}") == .letter)
  }

  /// The slow twin: the pattern itself, by the standard library's engine.
  @Test func agreesWithThePattern() throws {
    let pattern =
      #/'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/#
      .matchingSemantics(.unicodeScalar)
    let scalars = Array(
      "'''      srtvemldSTab12.!\n\r\t\u{A0}\u{85}\u{2003}é中½٣\u{301}😀".unicodeScalars
    )
    for _ in 0..<20_000 {
      var text = ""
      for _ in 0..<Int.random(in: 1...14) {
        text.unicodeScalars.append(try #require(scalars.randomElement()))
      }
      let expected = text.matches(of: pattern).map { String($0.output) }
      try #require(
        Self.words(text).map { Array($0.utf8) } == expected.map { Array($0.utf8) },
        "\(text.debugDescription)"
      )
    }
  }
}
