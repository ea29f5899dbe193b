import BallastBytes
import BallastJSON
import BallastTestSupport
import BallastTokenizer
import Glibc
import Testing

/// One file for each way in which a tokenizer's files can be wrong.
@Suite struct TokenizerFaultTests {
  private static let hello = SampleVocabulary.hello

  private static func pair(vocabulary: JSONValue? = nil, merges: String? = nil) -> [String: String]
  {
    [
      "vocab.json": (vocabulary ?? hello.vocabulary).text(),
      "merges.txt": merges ?? hello.mergesText,
    ]
  }

  private static func vocabulary(with changes: JSONObject) -> JSONValue {
    var object = hello.vocabulary.object ?? [:]
    for (key, value) in changes.members { object[key] = value }
    return .object(object)
  }

  @Test func noTokenizer() throws {
    #expect(fault { try Tokenizer(files: [:]) } == .noTokenizer)
    let files = ["config.json": "{}", "added_tokens.json": "{}"]
    let error = try #require(formatError { try Tokenizer(files: files) })
    #expect(error.description == "the folder has no tokenizer")
    #expect(error.fault.hint?.contains("vocab.json with merges.txt") == true)
  }

  @Test func noSuchPath() throws {
    let error = try #require(formatError { try Tokenizer(files: [:], opening: "none") })
    #expect((error.fault as? InputOutputFault)?.isNoSuchFile == true)
  }

  @Test func missingMerges() {
    let vocabulary = Self.hello.vocabulary.text()
    #expect(
      fault { try Tokenizer(files: ["vocab.json": vocabulary]) } == .missingFile("merges.txt")
    )
    let openAI = ["encoder.json": vocabulary, "merges.txt": ""]
    #expect(fault { try Tokenizer(files: openAI) } == .missingFile("vocab.bpe"))
    #expect(
      fault { try Tokenizer(files: openAI, opening: "encoder.json") } == .missingFile("vocab.bpe")
    )
  }

  @Test func fileTooLarge() throws {
    let folder = try TemporaryFolder()
    let limit = 1 << 25
    let path = try folder.write([], to: "tokenizer.json")
    #expect(truncate(path, limit + 1) == 0)
    let error = try #require(formatError { try Tokenizer(path: folder.path) })
    #expect(error.fault as? TokenizerFault == .fileTooLarge(limit: limit))
    #expect(error.file == "tokenizer.json")
  }

  @Test(arguments: [
    "", "   ", "{}", #"{"architectures":["GPT2LMHeadModel"]}"#, "PK\u{3}\u{4}", "a text of words\n",
    "\u{0}\u{1}\u{2}",
  ])
  func notATokenizer(contents: String) {
    #expect(fault { try Tokenizer(files: ["x": contents], opening: "x") } == .notATokenizer)
  }

  @Test(
    arguments: [
      (["model": .null], [:], "model"), (["model": []], [:], "model"),
      ([:], ["vocab": .null], "the vocabulary"), ([:], ["vocab": []], "the vocabulary"),
      ([:], ["merges": .null], "model.merges"), ([:], ["ignore_merges": 1], "ignore_merges"),
      (["added_tokens": [:]], [:], "added_tokens"),
      (["added_tokens": [["id": 5]]], [:], "content of token 5"),
      (["added_tokens": [["id": 265, "content": "<|endoftext|>", "lstrip": "no"]]], [:], "lstrip"),
      (["pre_tokenizer": ["type": "ByteLevel", "use_regex": 0]], [:], "use_regex"),
    ] as [(JSONObject, JSONObject, String)]
  )
  func badValues(changes: JSONObject, modelChanges: JSONObject, key: String) throws {
    let error = try #require(
      formatError { try Self.hello.tokenizer(changes: changes, modelChanges: modelChanges) }
    )
    #expect(error.fault as? TokenizerFault == .badValue(key))
    #expect(error.file == "tokenizer.json")
  }

  @Test(
    arguments: [
      (["version": "2.0"], [:], "version", "2.0"),
      (["normalizer": ["type": "NFC"]], [:], "normalizer", "NFC"),
      (["normalizer": ["type": "Sequence", "normalizers": []]], [:], "normalizer", "Sequence"),
      (["pre_tokenizer": .null], [:], "pre_tokenizer", "null"),
      (["pre_tokenizer": ["type": "Whitespace"]], [:], "pre_tokenizer", "Whitespace"),
      (
        [
          "pre_tokenizer": [
            "type": "Sequence", "pretokenizers": [["type": "Digits"], ["type": "ByteLevel"]],
          ]
        ], [:], "pre_tokenizer", "Sequence"
      ),
      (["decoder": ["type": "Metaspace"]], [:], "decoder", "Metaspace"),
      ([:], ["type": "WordPiece"], "model type", "WordPiece"),
      ([:], ["type": "Unigram"], "model type", "Unigram"),
      ([:], ["dropout": 0.1], "model.dropout", "0.1"),
      (
        [:], ["continuing_subword_prefix": "##"], "model.continuing_subword_prefix", "##"
      ),
      ([:], ["end_of_word_suffix": "</w>"], "model.end_of_word_suffix", "</w>"),
    ] as [(JSONObject, JSONObject, String, String)]
  )
  func unsupported(
    changes: JSONObject,
    modelChanges: JSONObject,
    part: String,
    value: String
  ) throws {
    let error = try #require(
      formatError { try Self.hello.tokenizer(changes: changes, modelChanges: modelChanges) }
    )
    #expect(error.fault as? TokenizerFault == .unsupported(part: part, value: value))
    #expect(error.file == "tokenizer.json")
  }

  @Test(arguments: [-1, 4_194_305, .integer(.max), 1.5, "7", .null, true] as [JSONValue])
  func badID(id: JSONValue) throws {
    let files = Self.pair(vocabulary: Self.vocabulary(with: ["Hello": id]))
    let error = try #require(formatError { try Tokenizer(files: files) })
    #expect(error.fault as? TokenizerFault == .badID(token: "Hello"))
    #expect(error.file == "vocab.json")
    let added = ["added_tokens.json": JSONValue.object(["<x>": id]).text()]
    let both = Self.pair().merging(added) { $1 }
    #expect(fault { try Tokenizer(files: both) } == .badID(token: "<x>"))
  }

  @Test func duplicateID() throws {
    let files = Self.pair(vocabulary: Self.vocabulary(with: ["extra": 72]))
    let error = try #require(formatError { try Tokenizer(files: files) })
    #expect(error.fault as? TokenizerFault == .duplicateID(72, "H", "extra"))
    #expect(error.description == #"vocab.json: tokens "H" and "extra" have the same id 72"#)
    let added = Self.pair().merging(["added_tokens.json": #"{"<x>":72}"#]) { $1 }
    #expect(fault { try Tokenizer(files: added) } == .duplicateID(72, "H", "<x>"))
  }

  @Test func duplicateToken() throws {
    #expect(fault { try Tokenizer(files: ["merges.txt": "a b\na b\n"]) } == .duplicateToken("ab"))
    let added = Self.pair().merging(["added_tokens.json": #"{"Hello":300}"#]) { $1 }
    let error = try #require(formatError { try Tokenizer(files: added) })
    #expect(error.fault as? TokenizerFault == .duplicateToken("Hello"))
    #expect(error.file == "added_tokens.json")
  }

  @Test(arguments: [
    ("ll\n", 14), ("l l o\n", 14), (" l\n", 14), ("l \n", 14), ("l l\nx\n", 18), ("l  l", 14),
  ])
  func badMerge(lines: String, offset: Int) throws {
    let files = Self.pair(merges: "#version: 0.2\n" + lines)
    let error = try #require(formatError { try Tokenizer(files: files) })
    #expect(error.fault as? TokenizerFault == .badMerge)
    #expect(error.offset == offset)
    #expect(error.file == "merges.txt")
  }

  @Test(
    arguments: ["l", "l l o", "", 5, [], ["l"], ["l", "l", "o"], ["l", ""], ["l", 1]] as [JSONValue]
  )
  func badMergeInJSON(merge: JSONValue) {
    #expect(fault { try Self.hello.tokenizer(modelChanges: ["merges": [merge]]) } == .badMerge)
  }

  @Test func mergesThatAreNotUTF8() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Array("#version: 0.2\nl l\nl ".utf8) + [0xFF, 0x0A], to: "merges.txt")
    let error = try #require(formatError { try Tokenizer(path: folder.path) })
    #expect(error.fault as? ByteFault == .invalidUTF8)
    #expect(error.offset == 20)
    #expect(error.file == "merges.txt")
  }

  @Test(arguments: [("zz l", "zz"), ("l zz", "zz"), ("H l", "Hl")])
  func mergeOfUnknownToken(merge: String, token: String) throws {
    let files = Self.pair(merges: "#version: 0.2\nl l\n" + merge + "\n")
    let error = try #require(formatError { try Tokenizer(files: files) })
    #expect(error.fault as? TokenizerFault == .mergeOfUnknownToken(token))
    #expect(error.offset == 18)
    #expect(error.file == "merges.txt")
  }

  @Test func missingByte() {
    let files = Self.pair(vocabulary: Self.vocabulary(with: ["\u{120}": .null]))
    #expect(fault { try Tokenizer(files: files) } == .badID(token: "\u{120}"))
    var object = Self.hello.vocabulary.object ?? [:]
    object["\u{120}"] = nil
    let without = Self.pair(vocabulary: .object(object), merges: "l l\n")
    #expect(fault { try Tokenizer(files: without) } == .missingByte(32))
  }

  @Test func addedTokenTooLong() {
    let limit = 1024
    for count in [limit, limit + 1] {
      let added = JSONValue.object([String(repeating: "x", count: count): 300]).text()
      let files = Self.pair().merging(["added_tokens.json": added]) { $1 }
      let expected = count > limit ? TokenizerFault.addedTokenTooLong(limit: limit) : nil
      #expect(fault { try Tokenizer(files: files) } == expected)
    }
  }

  @Test func tooManyAddedTokens() {
    let limit = 1 << 20
    for count in [1024, 1025] {
      var added = JSONObject()
      for index in 0..<count {
        let name = String(index)
        added[name + String(repeating: "x", count: 1024 - name.count)] = .integer(300 + index)
      }
      let files = Self.pair().merging(["added_tokens.json": JSONValue.object(added).text()]) { $1 }
      let expected = count > 1024 ? TokenizerFault.tooManyAddedTokens(limit: limit) : nil
      #expect(fault { try Tokenizer(files: files) } == expected)
    }
  }

  @Test func brokenJSON() throws {
    let error = try #require(formatError { try Tokenizer(files: ["tokenizer.json": "{\"a\":}"]) })
    #expect(error.fault as? JSONFault == .unexpectedByte(UInt8(ascii: "}")))
    #expect(error.description == "tokenizer.json: JSON has an unexpected '}' (at byte 5)")
    let twice = #"{"a":0,"a":1}"#
    let files = ["vocab.json": twice, "merges.txt": "a a\n"]
    #expect(
      formatError { try Tokenizer(files: files) }?.fault as? JSONFault == .duplicateKey("a")
    )
  }

  /// Damage anywhere is an error or a tokenizer, and never a trap.
  @Test func survivesDamage() throws {
    let folder = try TemporaryFolder()
    let added: JSONValue = ["id": 265, "content": "<|endoftext|>", "special": true]
    let files = [
      "tokenizer.json": Self.hello.tokenizerJSON(addedTokens: [added]).text(),
      "merges.txt": Self.hello.mergesText,
    ]
    for (name, text) in files {
      let bytes = Array(text.utf8)
      for _ in 0..<400 {
        var damaged = bytes
        damaged[Int.random(in: bytes.indices)] = UInt8.random(in: .min ... .max)
        if Bool.random() { damaged.removeLast(Int.random(in: bytes.indices)) }
        let path = try folder.write(damaged, to: name)
        guard let tokenizer = try? Tokenizer(path: path) else { continue }
        let ids = tokenizer.encode(Self.text, specialTokens: .parsed)
        _ = try? tokenizer.decode(ids)
      }
    }
  }

  private static let text = "Hello world <|endoftext|> lo"
}
