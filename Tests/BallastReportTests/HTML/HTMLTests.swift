import BallastReport
import Testing

@Suite struct HTMLTests {
  @Test func whatIsInterpolatedIsEscaped() {
    let name = "</script><img src=x onerror='alert(\"1\")'>&amp;"
    let html: HTML = "<td class=\"n\">\(name)</td>"
    #expect(
      html.text
        == "<td class=\"n\">&lt;/script&gt;&lt;img src=x onerror=&#39;alert(&quot;1&quot;)&#39;&gt;"
        + "&amp;amp;</td>"
    )
  }

  @Test func markupIsNotEscapedAgain() {
    let inner: HTML = "<b>\("<")</b>"
    let outer: HTML = "<p>\(inner)\(7)\(Coordinate(1.5))</p>"
    #expect(outer.text == "<p><b>&lt;</b>71.5</p>")
    let none: HTML = "\([inner, "x"].joined(separator: ", "))"
    #expect(none.text == "<b>&lt;</b>, x")
  }

  @Test(arguments: [
    "\u{0}", "\u{7}", "\u{1B}", "\n", "\u{7F}", "\u{85}", "\u{202E}", "\u{200F}", "\u{2066}",
    "\u{FEFF}", "\u{2028}", "\u{FFFE}", "\u{FFFF}", "\u{1FFFE}",
  ])
  func whatHidesOrReordersIsShownAsAnEscape(character: String) {
    let text = HTML(escaping: "a\(character)b").text
    #expect(text.hasPrefix("a\\") && text.hasSuffix("b"), "\(text)")
    #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "\(text)")
  }

  @Test func otherScriptsStay() {
    #expect(HTML(escaping: "Gewicht ä, שלום, 重み, 🧠").text == "Gewicht ä, שלום, 重み, 🧠")
  }

  @Test func longNamesMayBreak() {
    #expect(HTML.name("h.0.c_fc/<").text == "h.<wbr />0.<wbr />c_<wbr />fc/<wbr />&lt;")
    #expect(HTML.name("\u{202E}.").text == "\\u{202E}.<wbr />")
  }

  @Test(
    arguments: [
      (0, "0"), (-0.0, "0"), (12.5, "12.5"), (1 / 3, "0.33"), (-2.005, "-2.01"), (0.004, "0"),
      (99.999, "100"), (.nan, "0"), (.infinity, "0"), (1e300, "1000000000"),
      (-1e300, "-1000000000"),
    ] as [(Double, String)]
  )
  func coordinates(value: Double, text: String) {
    #expect(Coordinate(value).text == text)
  }
}

@Suite struct SHA256Tests {
  /// Vectors of FIPS 180-4 and of NIST's CAVS files, and of Python's hashlib.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ])
  func vectors(message: String, digest: String) {
    let bytes = SHA256.hash(message.utf8)
    let text = bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }
    #expect(text.joined() == digest)
  }

  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func base64(text: String, encoded: String) {
    #expect(Array(text.utf8).base64 == encoded)
  }
}
