import BallastJSON
import BallastTokenizer
import Testing

/// Added tokens of every style, and what `tokenizers` 0.23.3 makes of texts with them.
@Suite struct AddedTokenTests {
  private static func token(_ id: Int, _ content: String, _ flags: String...) -> JSONValue {
    var token: JSONObject = ["id": .integer(id), "content": .string(content)]
    for flag in ["special", "single_word", "lstrip", "rstrip", "normalized"] {
      token[flag] = .bool(flags.contains(flag))
    }
    return .object(token)
  }

  private static let tokens = [
    token(256, "<|endoftext|>", "special"),
    token(257, "word", "single_word", "normalized"),
    token(258, "left", "lstrip"),
    token(259, "right", "rstrip", "normalized"),
    token(260, "   ", "normalized"),
    token(261, "   \n"),
    token(262, "\u{E9}\u{E9}", "normalized"),
    token(263, "abc", "normalized"),
    token(264, "bcd"),
    token(265, "<|end", "special"),
    token(266, "<a>", "special", "lstrip", "rstrip"),
    token(267, "<a><b>", "special"),
  ]

  /// The ids of added tokens stand in brackets; bars separate them from text.
  private static let cases: [(text: String, mode: Tokenizer.SpecialTokens, expected: String)] = [
    ("a word, words sword word", .parsed, "a |[257]|, words sword |[257]"),
    ("word", .parsed, "[257]"),
    ("wordword", .parsed, "wordword"),
    (
      "\u{65E5}word word\u{663} word\u{301} word\u{203F}word -word",
      .parsed,
      "\u{65E5}word word\u{663} word\u{301} word\u{203F}word -|[257]"
    ),
    ("x \n left y", .parsed, "x|[258]| y"),
    ("left left", .parsed, "[258]|[258]"),
    ("right \u{A0}\n z right", .parsed, "[259]|z |[259]"),
    ("right left", .parsed, "[259]|[258]"),
    ("a    b     \n c", .parsed, "a|[260]| b  |[261]| c"),
    ("\u{E9} \u{E9}\u{E9} e\u{301}", .parsed, "\u{E9} |[262]| e\u{301}"),
    ("abcd abc bcd", .parsed, "a|[264]| |[263]| |[264]"),
    ("abcbcd", .parsed, "[263]|[264]"),
    ("<|endoftext|><|end <|endoftex", .parsed, "[256]|[265]| |[265]|oftex"),
    ("x <a> y <a><b> z", .parsed, "x|[266]|y |[267]| z"),
    ("<a>  <a>  <a>x", .parsed, "[266]|[266]|[266]|x"),
    ("  left   ", .parsed, "[258]|[260]"),
    ("right   \n", .parsed, "[259]|[261]"),
    ("left<a>", .parsed, "[258]|[266]"),
    ("x \u{3000}\u{2003}<a>\u{2028} y", .parsed, "x|[266]|y"),
    ("a word, words sword word", .asText, "a |[257]|, words sword |[257]"),
    ("word", .asText, "[257]"),
    ("wordword", .asText, "wordword"),
    (
      "\u{65E5}word word\u{663} word\u{301} word\u{203F}word -word",
      .asText,
      "\u{65E5}word word\u{663} word\u{301} word\u{203F}word -|[257]"
    ),
    ("x \n left y", .asText, "x|[258]| y"),
    ("left left", .asText, "[258]|[258]"),
    ("right \u{A0}\n z right", .asText, "[259]|z |[259]"),
    ("right left", .asText, "[259]|[258]"),
    ("a    b     \n c", .asText, "a|[260]| b  |[261]| c"),
    ("\u{E9} \u{E9}\u{E9} e\u{301}", .asText, "\u{E9} |[262]| e\u{301}"),
    ("abcd abc bcd", .asText, "a|[264]| |[263]| |[264]"),
    ("abcbcd", .asText, "[263]|[264]"),
    ("<|endoftext|><|end <|endoftex", .asText, "<|endoftext|><|end <|endoftex"),
    ("x <a> y <a><b> z", .asText, "x <a> y <a><b> z"),
    ("<a>  <a>  <a>x", .asText, "<a>  <a>  <a>x"),
    ("  left   ", .asText, "[258]|[260]"),
    ("right   \n", .asText, "[259]|[261]"),
    ("left<a>", .asText, "[258]|<a>"),
    ("x \u{3000}\u{2003}<a>\u{2028} y", .asText, "x \u{3000}\u{2003}<a>\u{2028} y"),
  ]

  @Test(arguments: cases)
  func agreesWithTheReference(
    text: String,
    mode: Tokenizer.SpecialTokens,
    expected: String
  ) throws {
    let tokenizer = try SampleVocabulary(merges: []).tokenizer(addedTokens: Self.tokens)
    var parts: [String] = []
    var bytes: [UInt8] = []
    for id in tokenizer.encode(text, specialTokens: mode) + [256] {
      if id < 256 {
        bytes.append(UInt8(id))
        continue
      }
      if !bytes.isEmpty { parts.append(String(decoding: bytes, as: UTF8.self)) }
      bytes = []
      parts.append("[\(id)]")
    }
    #expect(parts.dropLast().joined(separator: "|") == expected)
  }

  @Test func decodesToTheirText() throws {
    let tokenizer = try SampleVocabulary(merges: []).tokenizer(addedTokens: Self.tokens)
    #expect(try tokenizer.text(of: [261, 262, 256, 267]) == "   \n\u{E9}\u{E9}<|endoftext|><a><b>")
    #expect(tokenizer.vocabularySize == 268)
  }

  /// A token of white space that swallows more of it leaves nothing for the next one.
  @Test func swallowedTokens() throws {
    let tokenizer = try SampleVocabulary(merges: []).tokenizer(addedTokens: [
      Self.token(257, "  ", "lstrip", "rstrip")
    ])
    #expect(tokenizer.encode("a     b") == [97, 257, 98])
    #expect(tokenizer.encode("    ") == [257])
  }

  @Test func spaceBeforeEachPiece() throws {
    let tokenizer = try SampleVocabulary.hello.tokenizer(changes: [
      "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": true]
    ])
    #expect(tokenizer.encode("world") == [264])
    #expect(tokenizer.encode(" world") == [264])
    #expect(tokenizer.encode("\tworld").first == 32)
    #expect(tokenizer.encode("") == [])
    let parsed = tokenizer.encode("world<|endoftext|>world", specialTokens: .parsed)
    #expect(parsed == [264, 265, 264])
  }

  /// `ignore_merges`: a word that is a token is that token, though no merge leads to it.
  @Test func wholeWords() throws {
    let vocabulary = SampleVocabulary(merges: ["a b", "ab c", "b c"])
    let ordinary = try vocabulary.tokenizer(modelChanges: ["merges": ["b c", "a b"]])
    let ignoring = try vocabulary.tokenizer(
      modelChanges: ["merges": ["b c", "a b"], "ignore_merges": true]
    )
    #expect(ordinary.encode("abc ab abcd") == [97, 258, 32, 256, 32, 97, 258, 100])
    #expect(ignoring.encode("abc ab abcd") == [257, 32, 256, 32, 97, 258, 100])
  }
}
