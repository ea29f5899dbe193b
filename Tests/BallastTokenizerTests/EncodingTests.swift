import BallastJSON
import BallastTestSupport
import BallastTokenizer
import Testing

@Suite struct EncodingTests {
  /// Merges by the book: all pairs are looked at before each merge.
  private static func encodeSlowly(_ word: ArraySlice<UInt8>, ranks: [[String]: Int]) -> [String] {
    var symbols = word.map { SampleVocabulary.name([$0]) }
    while true {
      let pairs = zip(symbols, symbols.dropFirst()).enumerated().compactMap { place, pair in
        ranks[[pair.0, pair.1]].map { (rank: $0, place: place) }
      }
      guard let best = pairs.min(by: { ($0.rank, $0.place) < ($1.rank, $1.place) }) else {
        return symbols
      }
      symbols.replaceSubrange(
        best.place...best.place + 1,
        with: [symbols[best.place] + symbols[best.place + 1]]
      )
    }
  }

  /// Merges of random pairs; `shuffled` ones do not come in the order in which they are needed.
  private static func randomMerges(count: Int, shuffled: Bool) -> [String] {
    var tokens = Array("abcd \u{E9}".utf8).map { SampleVocabulary.name([$0]) }
    var merges: [String] = []
    while merges.count < count {
      let left = tokens[Int.random(in: 0..<tokens.count)]
      let right = tokens[Int.random(in: 0..<tokens.count)]
      guard (left + right).count < 12, !tokens.contains(left + right) else { continue }
      tokens.append(left + right)
      merges.append(left + " " + right)
    }
    return shuffled ? merges.shuffled() : merges
  }

  @Test(arguments: [false, true])
  func agreesWithTheSlowTwin(shuffled: Bool) throws {
    for _ in 0..<20 {
      let vocabulary = SampleVocabulary(merges: Self.randomMerges(count: 120, shuffled: shuffled))
      var ranks: [[String]: Int] = [:]
      for (rank, merge) in vocabulary.merges.enumerated() {
        ranks[merge.split(separator: " ").map(String.init)] = rank
      }
      var ids: [String: Int32] = [:]
      for (id, token) in vocabulary.tokens.enumerated() { ids[token] = Int32(id) }
      // Without the pattern, the whole text is one word.
      let tokenizer = try vocabulary.tokenizer(changes: [
        "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false]
      ])
      for _ in 0..<50 {
        let text = (0..<Int.random(in: 0...60)).map { _ in
          Array("aabbccdd \u{E9}x".utf8).randomElement() ?? 0
        }
        let expected = Self.encodeSlowly(text[...], ranks: ranks).map { ids[$0] }
        try #require(tokenizer.encode(bytes: text) == expected)
      }
    }
  }

  /// The exact scanner and merges by the book, word by word, against a text at once: the quick scanner,
  /// the cache when it is cold and when it is warm, and what it throws out.
  @Test func textsAreTheirWords() throws {
    let vocabulary = SampleVocabulary(merges: Self.randomMerges(count: 150, shuffled: false))
    var ranks: [[String]: Int] = [:]
    for (rank, merge) in vocabulary.merges.enumerated() {
      ranks[merge.split(separator: " ").map(String.init)] = rank
    }
    var ids: [String: Int32] = [:]
    for (id, token) in vocabulary.tokens.enumerated() { ids[token] = Int32(id) }
    let tokenizer = try vocabulary.tokenizer()
    for count in 0..<600 {
      let text =
        NastyText.random(parts: count % 70) + [UInt8](repeating: 0x20, count: count % 3)
      var expected: [Int32?] = []
      var start = 0
      while start < text.count {
        let end = WordScanner.endOfWord(from: start, in: text.span, limit: text.count)
        expected += Self.encodeSlowly(text[start..<end], ranks: ranks).map { ids[$0] }
        start = end
      }
      try #require(tokenizer.encode(bytes: text) == expected, "\(text)")
      try #require(tokenizer.encode(bytes: text) == expected, "\(text)")
    }
  }

  @Test func encodesWords() throws {
    let tokenizer = try SampleVocabulary.hello.tokenizer()
    #expect(tokenizer.encode("Hello world") == [259, 264])
    #expect(tokenizer.encode("") == [])
    #expect(tokenizer.encode("Hello\nHello") == [259, 10, 259])
    #expect(tokenizer.encode(bytes: Array("xHello".utf8)[1...]) == [259])
    #expect(tokenizer.vocabularySize == 266)
    #expect(tokenizer.endOfText == 265)
  }

  @Test(arguments: [Tokenizer.SpecialTokens.asText, .parsed])
  func anyBytesComeBack(specialTokens: Tokenizer.SpecialTokens) throws {
    let tokenizer = try SampleVocabulary(
      merges: Self.randomMerges(count: 100, shuffled: false)
    ).tokenizer()
    for count in 0..<600 {
      var bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max) }
      if count % 3 == 0 { bytes += Array("ab <|endoftext|> cd".utf8) }
      let ids = tokenizer.encode(bytes: bytes, specialTokens: specialTokens)
      try #require(try tokenizer.decode(ids) == bytes)
    }
  }

  /// A million bytes without a word's end: quadratic work would take hours.
  @Test(.timeLimit(.minutes(1)))
  func longWords() throws {
    let merges = ["a a", "aa aa", "aaaa aaaa", "a b"]
    let tokenizer = try SampleVocabulary(merges: merges).tokenizer()
    let count = 1 << 20
    let letters = [UInt8](repeating: UInt8(ascii: "a"), count: count)
    #expect(tokenizer.encode(bytes: letters) == Array(repeating: 258, count: count / 8))
    let spaces = [UInt8](repeating: UInt8(ascii: " "), count: count)
    #expect(tokenizer.encode(bytes: spaces).count == count)
    let random = (0..<count).map { _ in UInt8(ascii: "a") + UInt8.random(in: 0...1) }
    #expect(try tokenizer.decode(tokenizer.encode(bytes: random)) == random)
    // Special tokens that all but start everywhere.
    let almost = Array(String(repeating: "<|endoftex", count: count / 10).utf8)
    let ids = tokenizer.encode(bytes: almost, specialTokens: .parsed)
    #expect(try tokenizer.decode(ids) == almost)
  }

  /// Words that were met before come from a cache, whose places are few.
  @Test func manyWordsTwice() throws {
    let tokenizer = try SampleVocabulary(
      merges: Self.randomMerges(count: 200, shuffled: false)
    ).tokenizer()
    let words = (0..<200_000).map { _ in
      (0..<Int.random(in: 1...17)).map { _ in "abcd".randomElement().map(String.init) ?? "" }
        .joined()
    }
    let text = words.joined(separator: " ")
    let first = tokenizer.encode(text)
    let second = tokenizer.encode(text)
    #expect(first == second)
    // One word after the other, with nothing before or after it.
    #expect(words.indices.flatMap { tokenizer.encode(($0 == 0 ? "" : " ") + words[$0]) } == first)
    #expect(try tokenizer.text(of: first) == text)
  }

  @Test func encodesInSeveralThreads() async throws {
    let tokenizer = try SampleVocabulary.hello.tokenizer()
    let text = String(repeating: "Hello world don't ", count: 2000)
    let expected = tokenizer.encode(text)
    await withTaskGroup(of: [Int32].self) { group in
      for _ in 0..<16 { group.addTask { tokenizer.encode(text) } }
      for await ids in group { #expect(ids == expected) }
    }
  }

  @Test func unknownIDs() throws {
    let tokenizer = try SampleVocabulary.hello.tokenizer()
    for id in [-1, 266, .min, .max] as [Int32] {
      #expect(fault { try tokenizer.decode([72, id]) } == .unknownToken(id))
      #expect(fault { try tokenizer.text(of: [id]) } == .unknownToken(id))
    }
  }
}
