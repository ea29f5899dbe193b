import BallastReport
import Testing

@Suite struct TextFittingTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("\u{301}", 0), ("日本", 4), ("ｱ", 1),
    ("Ａ", 2), ("한", 2), ("\u{1112}\u{1161}\u{11AB}", 2), ("🙂", 2), ("👍🏽", 2), ("🇫🇷", 2),
    ("❤\u{FE0F}", 2), ("❤", 1), ("…", 1), ("नी", 2), ("𠀀", 2), ("z\u{301}\u{302}\u{303}", 1),
    ("a日b", 4), ("\u{7F}", 0), ("〈", 2), ("½", 1),
  ])
  func width(text: String, width: Int) {
    #expect(text.displayWidth == width)
  }

  @Test(arguments: [
    ("h.0.attn.weight", "h.0.attn.weight"),
    ("a\u{1B}[31mb", "a\\u{1B}[31mb"),
    ("a\u{1B}]0;title\u{7}b", "a\\u{1B}]0;title\\u{07}b"),
    ("\u{9B}31m", "\\u{009B}31m"),
    ("line\nfeed\r\ttab\0", "line\\nfeed\\r\\ttab\\0"),
    ("crlf\r\n", "crlf\\r\\n"),
    ("\u{202E}gnp.exe", "\\u{202E}gnp.exe"),
    ("zero\u{200B}width", "zero\\u{200B}width"),
    ("\u{FEFF}mark", "\\u{FEFF}mark"),
    ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
    ("tag\u{E0041}", "tag\\u{000E0041}"),
    ("\u{8}\u{8}\u{7F}", "\\u{08}\\u{08}\\u{7F}"),
    ("日本\u{1B}", "日本\\u{1B}"),
    ("'quotes\" and \\", "'quotes\" and \\"),
  ])
  func printable(text: String, expected: String) {
    #expect(text.printable == expected)
  }

  @Test(arguments: [
    ("abc", 3, "abc"), ("abcdef", 5, "ab…ef"), ("abcdef", 4, "ab…f"), ("abcdef", 2, "a…"),
    ("abcdef", 1, "…"), ("abcdef", 0, ""),
    ("transformer.h.11.attn.c_attn.weight", 15, "transfo….weight"),
    ("日本語日本語", 7, "日…語"), ("日本語日本語", 6, "日…語"), ("日本語日本語", 5, "日…語"),
    ("e\u{301}e\u{301}e\u{301}e\u{301}", 3, "e\u{301}…e\u{301}"),
  ])
  func shortened(text: String, width: Int, expected: String) {
    #expect(text.shortened(to: width) == expected)
    #expect(text.shortened(to: width).displayWidth <= width)
  }

  @Test func padding() {
    #expect("日".padded(to: 4) == "日  ")
    #expect("日".aligned(to: 4) == "  日")
    #expect("abc".padded(to: 2) == "abc")
    #expect("abc".aligned(to: 2) == "abc")
  }

  @Test func wrapping() {
    #expect("one two three".wrapped(to: 7) == ["one two", "three"])
    #expect("one two three".wrapped(to: nil) == ["one two three"])
    #expect("a\n\nb".wrapped(to: 1) == ["a", "", "b"])
    #expect("incomprehensibilities yes".wrapped(to: 5) == ["incomprehensibilities", "yes"])
    #expect("日本 語".wrapped(to: 5) == ["日本", "語"])
    #expect("".wrapped(to: 5) == [""])
  }
}
