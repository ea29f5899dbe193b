import BallastBytes
import BallastJSON
import BallastTestSupport
import BallastTokenizer
import Testing

/// Tokens that are added to a tokenizer, and the files that are saved of it, read again.
@Suite struct ExtendedTokenizerTests {
  private static let end = SampleVocabulary.hello.tokens.count - 1
  private static let texts = ["<|user|>", "Hello world!", "\u{2693} e\u{301}"]
  private static let text =
    "<|user|>Hello world<|user|> Hello world! \u{2693} e\u{301}\u{2693} \u{E9}<|endoftext|>"

  /// A special token and one that swallows the space before it.
  private static let decoder: JSONValue = [
    "added_tokens_decoder": [
      "\(end)": ["content": "<|endoftext|>", "special": true],
      "\(end + 1)": ["content": "<more>", "lstrip": true, "special": false],
    ]
  ]

  /// A form in which a tokenizer is on disk.
  struct Source: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let files: [String: String]
    /// The file that is opened rather than the folder.
    var opened: String?
    /// The number of tokens that other files than the vocabulary add.
    var more = 0
  }

  static let sources: [Source] = {
    let sample = SampleVocabulary.hello
    let vocabulary = sample.vocabulary.text()
    let pair = ["vocab.json": vocabulary, "merges.txt": sample.mergesText]
    let main = ["tokenizer.json": sample.tokenizerJSON().text()]
    let more = ["added_tokens.json": "{\"<more>\": \(end + 1)}"]
    let decoder = ["tokenizer_config.json": Self.decoder.text()]
    return [
      Source(testDescription: "tokenizer.json", files: main),
      Source(
        testDescription: "another name",
        files: ["mine": sample.tokenizerJSON().text()],
        opened: "mine"
      ),
      Source(testDescription: "vocabulary and merges", files: pair),
      Source(
        testDescription: "OpenAI's names",
        files: ["encoder.json": vocabulary, "vocab.bpe": sample.mergesText]
      ),
      Source(testDescription: "one more", files: pair.merging(more) { $1 }, more: 1),
      Source(testDescription: "one more elsewhere", files: main.merging(more) { $1 }, more: 1),
      Source(testDescription: "a decoder", files: pair.merging(decoder) { $1 }, more: 1),
      Source(
        testDescription: "a decoder elsewhere",
        files: main.merging(decoder) { $1 },
        more: 1
      ),
    ]
  }()

  /// The files that are copied with a model, under the names that they get.
  private static let companionNames = [
    "vocab.json": "vocab.json", "merges.txt": "merges.txt", "tokenizer.json": "tokenizer.json",
    "tokenizer_config.json": "tokenizer_config.json", "added_tokens.json": "added_tokens.json",
    "encoder.json": "vocab.json", "vocab.bpe": "merges.txt",
  ]

  @Test(arguments: sources)
  func idsFollowAndFilesAreReadBack(source: Source) throws {
    let folder = try TemporaryFolder()
    for (name, text) in source.files { _ = try folder.write(text.utf8, to: name) }
    let path = source.opened.map { folder.path + "/" + $0 } ?? folder.path
    let original = try Tokenizer(path: path)
    let companions = source.files.keys.filter { Self.companionNames[$0] != nil }
    let extended = try ExtendedTokenizer(
      path: path,
      companions: companions.map { folder.path + "/" + $0 },
      adding: Self.texts,
      maximumLength: 8
    )
    let first = Self.end + 1 + source.more
    #expect(extended.firstID == first && extended.tokenizer.vocabularySize == first + 3)
    // What stands between the tokens is encoded as before.
    let (user, hello, anchor) = (Int32(first), Int32(first + 1), Int32(first + 2))
    let expected =
      [user] + original.encode("Hello world") + [user] + original.encode(" ") + [hello]
      + original.encode(" ") + [anchor] + original.encode("\u{2693} \u{E9}") + [Int32(Self.end)]
    #expect(extended.tokenizer.encode(Self.text, specialTokens: .parsed) == expected)
    #expect(try extended.tokenizer.text(of: expected) == Self.text)

    var saved: [String: String] = [:]
    for name in companions { saved[Self.companionNames[name] ?? name] = source.files[name] }
    for (name, text) in extended.files { saved[name] = text }
    let again = try Tokenizer(files: saved)
    #expect(again.encode(Self.text, specialTokens: .parsed) == expected)
    let probe = "x <more>\(Self.text)"
    #expect(again.encode(probe) == extended.tokenizer.encode(probe))
    // tokenizer.json knows all of them without the files beside it, in the order of their ids.
    let main = try #require(saved["tokenizer.json"])
    let alone = try Tokenizer(files: ["tokenizer.json": main])
    #expect(alone.encode(probe) == extended.tokenizer.encode(probe))
    let added = try JSONValue(parsing: main)["added_tokens"]?.array ?? []
    let ids = added.compactMap { $0["id"]?.integer }
    #expect(ids == Array(Self.end..<first + 3))
  }

  /// As from GGUF, where ids that fill the vocabulary up are of no token.
  @Test(arguments: [0, 7])
  func listsAreFilled(unused: Int) throws {
    let sample = SampleVocabulary.hello
    var lists = TokenizerLists(
      tokens: sample.tokens.map { .init($0, $0 == "<|endoftext|>" ? .control : .text) },
      merges: sample.merges,
      endOfText: "<|endoftext|>"
    )
    lists.tokens += Array(repeating: nil, count: unused)
    let extended = try ExtendedTokenizer(lists, adding: Self.texts, maximumLength: 8)
    #expect(extended.firstID == Self.end + 1)
    let files = Dictionary(uniqueKeysWithValues: extended.files.map { ($0.name, $0.text) })
    let expected = extended.tokenizer.encode(Self.text)
    #expect(expected.first == Int32(Self.end + 1))
    #expect(try Tokenizer(files: files).encode(Self.text) == expected)
    #expect(Set(files.keys).isSuperset(of: ["vocab.json", "merges.txt", "tokenizer_config.json"]))
  }

  /// Under the name that the vocabulary has for them, by their bytes, or twice.
  @Test(arguments: [["Hello"], ["\u{120}world"], [" world"], ["<|endoftext|>"], ["ab", "ab"]])
  func presentTokensAreRefused(texts: [String]) throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(SampleVocabulary.hello.tokenizerJSON().text().utf8, to: "tokenizer.json")
    let found = fault {
      try ExtendedTokenizer(path: folder.path, companions: [], adding: texts, maximumLength: 8)
    }
    guard case .present(texts[0]) = found else {
      Issue.record("\(String(describing: found))")
      return
    }
  }

  /// The same letters in another form are another token.
  @Test func textsAreComparedByTheirBytes() throws {
    let lists = TokenizerLists(
      tokens: SampleVocabulary.hello.tokens.map { .init($0, .text) },
      merges: SampleVocabulary.hello.merges
    )
    let texts = ["\u{E9}\u{E9}", "e\u{301}e\u{301}"]
    let extended = try ExtendedTokenizer(lists, adding: texts, maximumLength: 8)
    let first = Int32(extended.firstID)
    #expect(extended.tokenizer.encode(texts.joined()) == [first, first + 1])
  }

  @Test func longTokensAreRefused() throws {
    let lists = TokenizerLists(
      tokens: SampleVocabulary.hello.tokens.map { .init($0, .text) },
      merges: SampleVocabulary.hello.merges
    )
    let longest = String(repeating: "a", count: ExtendedTokenizer.maximumTokenBytes)
    #expect(throws: Never.self) {
      try ExtendedTokenizer(lists, adding: [longest], maximumLength: 8)
    }
    let found = fault {
      try ExtendedTokenizer(lists, adding: [longest + "a"], maximumLength: 8)
    }
    guard case .addedTokenTooLong = found else {
      Issue.record("\(String(describing: found))")
      return
    }
  }
}
