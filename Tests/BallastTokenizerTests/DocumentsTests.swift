import BallastJSON
import BallastParallel
import BallastTokenizer
import Testing

/// Texts that are cut and encoded on several threads, against texts that are not.
@Suite struct DocumentsTests {
  private static func vocabulary() -> SampleVocabulary {
    SampleVocabulary(merges: [
      "a b", "ab c", "t h", "th e", "\u{120} the", "\u{120} a", "\u{120}a b", "' l", "'l l", "1 2",
      ". .",
      "\u{120} \u{120}", "\u{10A} \u{10A}", "\u{C3} \u{A9}", "x \u{120}",
    ])
  }

  private static func token(_ id: Int, _ content: String, _ flags: String...) -> JSONValue {
    var token: JSONObject = ["id": .integer(id), "content": .string(content)]
    for flag in ["special", "single_word", "lstrip", "rstrip", "normalized"] {
      token[flag] = .bool(flags.contains(flag))
    }
    return .object(token)
  }

  /// Tokenizers with every setting that a cut could disturb.
  private static func tokenizers() throws -> [Tokenizer] {
    let vocabulary = vocabulary()
    let end = vocabulary.tokens.count
    let added = [
      token(end - 1, "<|endoftext|>", "special"), token(end, "word", "single_word", "normalized"),
      token(end + 1, "left", "lstrip"), token(end + 2, "right", "rstrip", "normalized"),
      token(end + 3, "x y"),
    ]
    func preTokenizer(prefix: Bool, pattern: Bool) -> JSONObject {
      [
        "pre_tokenizer": [
          "type": "ByteLevel", "add_prefix_space": .bool(prefix), "use_regex": .bool(pattern),
        ]
      ]
    }
    return [
      try vocabulary.tokenizer(),
      try vocabulary.tokenizer(addedTokens: added),
      try vocabulary.tokenizer(
        addedTokens: added,
        changes: preTokenizer(prefix: true, pattern: true)
      ),
      try vocabulary.tokenizer(changes: preTokenizer(prefix: true, pattern: false)),
      try vocabulary.tokenizer(modelChanges: ["ignore_merges": true]),
    ]
  }

  @Test(arguments: [Tokenizer.SpecialTokens.asText, .parsed])
  func cutsChangeNothing(specialTokens: Tokenizer.SpecialTokens) throws {
    Parallel.setThreadCount(3)
    defer { Parallel.setThreadCount(0) }
    for tokenizer in try Self.tokenizers() {
      for _ in 0..<150 {
        let texts = (0..<Int.random(in: 0...4)).map { _ in
          NastyText.random(parts: Int.random(in: 0...60))[...]
        }
        let expected = texts.map { tokenizer.encode($0.span, specialTokens: specialTokens) }
        for pieceBytes in [1, 2, 3, 7, 20, 64] {
          let ids = tokenizer.encode(
            documents: texts,
            specialTokens: specialTokens,
            pieceBytes: pieceBytes
          )
          try #require(ids == expected, "\(texts.map { Array($0) }) in pieces of \(pieceBytes)")
          for (text, expected) in zip(texts, expected) {
            var ids: [Int32] = []
            tokenizer.encode(text, specialTokens: specialTokens, pieceBytes: pieceBytes) {
              ids += $0
            }
            try #require(ids == expected, "\(Array(text)) in parts of \(pieceBytes)")
          }
        }
      }
    }
  }

  /// What stands before a cut, and what comes after it, have the tokens of the whole, whatever comes.
  @Test func aTextThatGoesOnIsCut() throws {
    var cuts = 0
    for tokenizer in try Self.tokenizers() {
      for _ in 0..<1000 {
        let text = NastyText.random(parts: Int.random(in: 0...40))
        guard let cut = tokenizer.lastCut(of: text.span) else { continue }
        cuts += 1
        try #require(cut > 0 && cut < text.count)
        for _ in 0..<3 {
          let whole = text + NastyText.random(parts: Int.random(in: 0...10))
          let expected = tokenizer.encode(bytes: whole)
          let parts = tokenizer.encode(documents: [whole[..<cut], whole[cut...]])
          try #require(parts[0] + parts[1] == expected, "\(whole) at \(cut)")
        }
      }
    }
    #expect(cuts > 500)
  }

  /// Each word of the text is a word of a piece, wherever it is cut.
  @Test func wordsOfPieces() throws {
    func words(_ text: [UInt8], _ range: Range<Int>) -> [Range<Int>] {
      var words: [Range<Int>] = []
      var start = range.lowerBound
      while start < range.upperBound {
        let end = WordScanner.endOfWord(from: start, in: text.span, limit: range.upperBound)
        words.append(start..<end)
        start = end
      }
      return words
    }
    var cuts = 0
    for _ in 0..<3000 {
      let text = NastyText.random(parts: 30)
      for length in [1, 5] {
        let pieces = TextCutter.pieces(of: 0..<text.count, in: text.span, length: length)
        cuts += max(0, pieces.count - 1)
        try #require(pieces.flatMap { words(text, $0) } == words(text, 0..<text.count), "\(text)")
        try #require(pieces.dropLast().allSatisfy { $0.count >= length })
      }
    }
    // The test would be worth nothing if nothing were ever cut.
    #expect(cuts > 10_000)
  }

  /// Several pieces of the usual length.
  @Test func longTexts() throws {
    Parallel.setThreadCount(2)
    defer { Parallel.setThreadCount(0) }
    let tokenizer = try Self.vocabulary().tokenizer()
    let texts = [
      NastyText.random(parts: 400_000)[...], [], [UInt8](repeating: 0x61, count: 600_000)[...],
      NastyText.random(parts: 10)[...],
    ]
    let ids = tokenizer.encode(documents: texts)
    #expect(ids == texts.map { tokenizer.encode($0.span) })
    #expect(try ids.map { try tokenizer.decode($0)[...] } == texts)
  }

  @Test func noDocuments() throws {
    let tokenizer = try Self.vocabulary().tokenizer()
    #expect(tokenizer.encode(documents: []) == [])
    #expect(tokenizer.encode(documents: [[], []]) == [[], []])
  }
}
