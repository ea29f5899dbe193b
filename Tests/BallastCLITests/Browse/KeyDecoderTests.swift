import BallastCLI
import Testing

/// Keys out of what terminals send.
@Suite struct KeyDecoderTests {
  private func keys(_ text: String) -> [Key] {
    var decoder = KeyDecoder()
    let keys = decoder.keys(of: Array(text.utf8))
    return keys + decoder.flush()
  }

  @Test(
    arguments: [
      ("\u{1B}[A", [.up]), ("\u{1B}OB", [.down]), ("\u{1B}[1;5C", [.right]), ("\u{1B}[D", [.left]),
      ("\u{1B}[5~", [.pageUp]), ("\u{1B}[6;2~", [.pageDown]), ("\u{1B}[1~", [.home]),
      ("\u{1B}[H", [.home]), ("\u{1B}[4~", [.end]), ("\u{1B}OF", [.end]), ("\r", [.enter]),
      ("\n", [.enter]), ("\u{1B}OM", [.enter]), ("\u{7F}", [.backspace]), ("\u{8}", [.backspace]),
      ("\t", [.tab]), ("\u{15}", [.control("u")]), ("a", [.text("a")]),
      ("ä幅", [.text("ä"), .text("幅")]),
      ("\u{1B}", [.escape]), ("\u{1B}\u{1B}[A", [.escape, .up]),
      ("\u{1B}x", [.escape, .text("x")]),
      // What is no key is passed over, and what follows it is one.
      ("\u{1B}[15~q", [.text("q")]), ("\u{1B}[200~q", [.text("q")]), ("\0q", [.text("q")]),
      ("\u{1B}[?1;2cq", [.text("q")]),
    ] as [(String, [Key])]
  )
  func aSequence(text: String, keys expected: [Key]) {
    #expect(keys(text) == expected)
  }

  /// Bytes come in pieces of any size.
  @Test func sequencesInPieces() {
    let bytes = Array("x\u{1B}[5~ä\u{1B}OA".utf8)
    for cut in 0...bytes.count {
      var decoder = KeyDecoder()
      let keys = decoder.keys(of: Array(bytes[..<cut])) + decoder.keys(of: Array(bytes[cut...]))
      #expect(keys == [.text("x"), .pageUp, .text("ä"), .up])
      #expect(!decoder.isPending)
    }
  }

  @Test func bytesThatAreNoText() {
    var decoder = KeyDecoder()
    #expect(decoder.keys(of: [0xFF, 0xC0, 0xE2, 0x28, 0xA1, 0x61]) == [.text("("), .text("a")])
    // A sequence without an end is not waited for for ever.
    let endless = [0x1B, 0x5B] + [UInt8](repeating: 0x31, count: 100)
    _ = decoder.keys(of: endless)
    #expect(decoder.keys(of: [0x71]).last == .text("q"))
  }
}
