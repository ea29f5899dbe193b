/// Random texts of what is hard for tokenizers.
enum NastyText {
  private static let parts: [[UInt8]] =
    [
      " ", "  ", "\n", "\r\n", "\t", "\u{B}", "\u{1C}", "\u{A0}", "\u{3000}", "\u{85}", "\u{2028}",
      "'", "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'S", "'l", "''", "a", "ab", "Zc", "the",
      " the",
      " ab'll", "abcdefgh", "abcdefghijklmn", " abcdabcdabcdabcdabcd", "0", "12", " 345",
      "1234567890123456",
      ".", ",", "!?", " (", "--", "================", "@", "[", "`", "{", "/", ":", "\u{7F}", "\0",
      "é", "日本",
      "½", "٣", "\u{301}", "😀", "\u{200B}", "<|endoftext|>", "<|end", "word", "left", "right",
      "x y",
    ].map { Array($0.utf8) } + [
      [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFF], [0xC0, 0xAF],
    ]

  /// A text of this many parts; every other one with few different parts, which then meet more often.
  static func random(parts count: Int) -> [UInt8] {
    let chosen =
      Bool.random() ? parts : (0..<4).map { _ in parts[Int.random(in: 0..<parts.count)] }
    var text: [UInt8] = []
    for _ in 0..<count { text += chosen[Int.random(in: 0..<chosen.count)] }
    return text
  }
}
