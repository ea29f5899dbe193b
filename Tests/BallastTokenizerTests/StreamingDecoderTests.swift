import BallastTokenizer
import Testing

@Suite struct StreamingDecoderTests {
  /// Tokens of one byte each: nothing is ever complete by chance.
  private static func bytesOnly() throws -> Tokenizer {
    try SampleVocabulary(merges: []).tokenizer()
  }

  @Test func charactersComeWhole() throws {
    var decoder = StreamingDecoder(try Self.bytesOnly())
    var pieces: [String] = []
    for byte in "aé中😀".utf8 { pieces.append(try decoder.append(Int32(byte))) }
    #expect(pieces == ["a", "", "é", "", "", "中", "", "", "", "😀"])
    #expect(decoder.finish() == "")
  }

  @Test(
    arguments: [
      ([0xFF, 0x61], ["\u{FFFD}", "a"], ""),
      ([0xC3, 0x61], ["", "\u{FFFD}a"], ""),
      ([0xE2, 0x82, 0x61], ["", "", "\u{FFFD}a"], ""),
      ([0xED, 0xA0, 0x80], ["", "\u{FFFD}\u{FFFD}", "\u{FFFD}"], ""),
      ([0xF0, 0x9F, 0x98], ["", "", ""], "\u{FFFD}"),
      ([0xF0, 0x80, 0xC3], ["", "\u{FFFD}\u{FFFD}", ""], "\u{FFFD}"),
      ([0xF4, 0x90], ["", "\u{FFFD}\u{FFFD}"], ""),
      ([0xC0, 0x80], ["\u{FFFD}", "\u{FFFD}"], ""),
    ] as [([UInt8], [String], String)]
  )
  func brokenSequences(bytes: [UInt8], expected: [String], rest: String) throws {
    var decoder = StreamingDecoder(try Self.bytesOnly())
    var pieces: [String] = []
    for byte in bytes { pieces.append(try decoder.append(Int32(byte))) }
    #expect(pieces == expected)
    #expect(decoder.finish() == rest)
    #expect(decoder.finish() == "")
  }

  /// However a text is cut into tokens, the pieces are what decoding all of it gives.
  @Test func piecesMakeTheWhole() throws {
    let tokenizer = try SampleVocabulary(
      merges: ["\u{C3} \u{A9}", "a \u{C3}", "\u{A9} \u{C3}", "\u{F0} \u{141}"]
    ).tokenizer()
    let interesting: [UInt8] = [
      0x61, 0x20, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xFF, 0xC0,
      0xF4, 0x90, 0xE0, 0x9F, 0x80,
    ]
    for _ in 0..<5000 {
      let bytes = try (0..<Int.random(in: 0...12)).map { _ in
        try #require(interesting.randomElement())
      }
      let ids = tokenizer.encode(bytes: bytes)
      var decoder = StreamingDecoder(tokenizer)
      var text = ""
      for id in ids { text += try decoder.append(id) }
      text += decoder.finish()
      try #require(Array(text.utf8) == Array(String(decoding: bytes, as: UTF8.self).utf8))
      try #require(try tokenizer.text(of: ids) == text)
    }
  }

  @Test func unknownTokenLeavesTheDecoderAsItWas() throws {
    var decoder = StreamingDecoder(try Self.bytesOnly())
    #expect(try decoder.append(0xC3) == "")
    #expect(fault { try decoder.append(5000) } == .unknownToken(5000))
    #expect(try decoder.append(0xA9) == "é")
  }
}
