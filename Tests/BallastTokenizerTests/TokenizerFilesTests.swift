import BallastBytes
import BallastJSON
import BallastTestSupport
import BallastTokenizer
import Testing

@Suite struct TokenizerFilesTests {
  private static let hello = SampleVocabulary.hello
  private static let text = "Hello world, Hello<|endoftext|>"

  /// All files that a tokenizer can come in, each form saying the same.
  private static let files = [
    "tokenizer.json": hello.tokenizerJSON().text(),
    "vocab.json": hello.vocabulary.text(.indented),
    "encoder.json": hello.vocabulary.text(),
    "merges.txt": hello.mergesText,
    "vocab.bpe": hello.mergesText,
  ]

  private static func tokenizer(
    _ names: [String],
    opening name: String? = nil,
    and more: [String: String] = [:]
  ) throws -> Tokenizer {
    let chosen = files.filter { names.contains($0.key) }
    return try Tokenizer(files: chosen.merging(more) { $1 }, opening: name)
  }

  @Test(
    arguments: [
      (["tokenizer.json"], nil, ["tokenizer.json"]),
      (["vocab.json", "merges.txt"], nil, ["vocab.json", "merges.txt"]),
      (["encoder.json", "vocab.bpe"], nil, ["encoder.json", "vocab.bpe"]),
      (["merges.txt"], nil, ["merges.txt"]),
      (["vocab.bpe"], nil, ["vocab.bpe"]),
      (
        ["encoder.json", "vocab.bpe", "vocab.json", "merges.txt", "tokenizer.json"], nil,
        ["tokenizer.json"]
      ),
      (["tokenizer.json", "vocab.json"], "tokenizer.json", ["tokenizer.json"]),
      (["vocab.json", "merges.txt"], "vocab.json", ["vocab.json", "merges.txt"]),
      (["encoder.json", "vocab.bpe"], "vocab.bpe", ["vocab.bpe", "encoder.json"]),
      (["vocab.json", "merges.txt"], "merges.txt", ["merges.txt", "vocab.json"]),
      (["merges.txt"], "merges.txt", ["merges.txt"]),
    ] as [([String], String?, [String])]
  )
  func everyForm(names: [String], opened: String?, read: [String]) throws {
    let tokenizer = try Self.tokenizer(names, opening: opened)
    // GPT-2 numbers the printable bytes first; a list of merges alone follows it.
    let isGPT2Order = !read.contains { $0.hasSuffix("json") }
    let comma: [Int32] = isGPT2Order ? [11, 220] : [44, 32]
    let plain = tokenizer.encode(Self.text)
    #expect(Array(plain.prefix(4)) == [259, 264] + comma)
    #expect(plain.count == 4 + 1 + 13)
    let parsed = tokenizer.encode(Self.text, specialTokens: .parsed)
    #expect(parsed == [259, 264] + comma + [259, 265])
    #expect(try tokenizer.text(of: parsed) == Self.text)
    #expect(tokenizer.endOfText == 265)
    #expect(tokenizer.vocabularySize == 266)
    let fileNames = tokenizer.sourceFiles.map { $0.split(separator: "/").last.map(String.init) }
    #expect(fileNames == read)
  }

  @Test func mergesAloneNumberAsGPT2() throws {
    let merges = "#version: 0.2\r\nl l\r\nll o\r\n\r\n"
    let tokenizer = try Tokenizer(files: ["merges.txt": merges])
    #expect(tokenizer.encode("!~\u{7F} llo").map { $0 } == [0, 93, 221, 220, 257])
    #expect(tokenizer.endOfText == 258)
  }

  @Test func otherNamesAreRecognisedByTheirBytes() throws {
    let merges = try Tokenizer(files: ["a": Self.hello.mergesText], opening: "a")
    #expect(merges.vocabularySize == 266)
    let spaced = " \n" + Self.hello.tokenizerJSON().text()
    let json = try Tokenizer(files: ["b": spaced], opening: "b")
    #expect(json.encode("Hello") == [259])
  }

  @Test func readsWhatStandsBeside() throws {
    let tokenizer = try Self.tokenizer(
      ["vocab.json", "merges.txt"],
      and: [
        "added_tokens.json": #"{"<pad>":266,"odd  word":270}"#,
        "special_tokens_map.json": #"{"pad_token":"<pad>","eos_token":{"content":"orld"}}"#,
        "tokenizer_config.json": #"{"add_prefix_space":true,"model_max_length":1e30}"#,
      ]
    )
    #expect(tokenizer.vocabularySize == 271)
    #expect(tokenizer.endOfText == 263)
    #expect(tokenizer.encode("odd  word") == [270])
    #expect(tokenizer.encode("<pad>").count == 6)
    #expect(tokenizer.encode("<pad>", specialTokens: .parsed) == [266])
    #expect(tokenizer.encode("world") == [264])
    #expect(fault { try tokenizer.decode([267]) } == .unknownToken(267))
    #expect(
      tokenizer.sourceFiles.map { $0.split(separator: "/").last ?? "" } == [
        "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json",
      ]
    )
  }

  /// The configuration tells how the tokens of `tokenizer.json` are found; its list counts.
  @Test func configurationListsAddedTokens() throws {
    let added: JSONValue = ["id": 266, "content": "<x>", "special": false]
    let json = Self.hello.tokenizerJSON(addedTokens: [added])
    let configuration =
      #"{"added_tokens_decoder":{"266":{"content":"<x>","special":true},"#
      + #""267":{"content":"<y>","lstrip":true,"special":false}}}"#
    let tokenizer = try Tokenizer(files: [
      "tokenizer.json": json.text(), "tokenizer_config.json": configuration,
      "added_tokens.json": "not even JSON: it is not read",
    ])
    #expect(tokenizer.encode("<x> <y>") == [60, 120, 62, 267])
    #expect(tokenizer.encode("<x> <y>", specialTokens: .parsed) == [266, 267])
  }

  @Test func mergesMayBePairsAndTypesMayBeMissing() throws {
    let pairs = Self.hello.merges.map { merge in
      JSONValue.array(merge.split(separator: " ").map { .string(String($0)) })
    }
    let tokenizer = try Self.hello.tokenizer(
      changes: ["decoder": .null, "version": .null],
      modelChanges: ["merges": .array(pairs), "type": .null, "dropout": 0.0]
    )
    #expect(tokenizer.encode("Hello world") == [259, 264])
    let sequence = try Self.hello.tokenizer(changes: [
      "pre_tokenizer": ["type": "Sequence", "pretokenizers": [["type": "ByteLevel"]]]
    ])
    #expect(sequence.encode("world") == [264])
  }

  /// What no merge leads to may still be predicted: such a token stands for its own text.
  @Test func tokensOutsideOfTheAlphabet() throws {
    var vocabulary = Self.hello
    vocabulary.tokens.append(contentsOf: ["two words", "\u{120}two", "中", ""])
    let tokenizer = try vocabulary.tokenizer()
    #expect(try tokenizer.decode([266, 267, 268, 269]) == Array("two words two中".utf8))
  }
}
