import BallastBytes
import BallastJSON
import BallastTestSupport
import BallastTokenizer
import Testing

/// The fixtures' tokenizer, against the ids that transformers gives for difficult texts.
@Suite struct ReferenceEncodingTests {
  /// A text and its ids in both readings of special tokens.
  private struct Encoding {
    let text: String
    let plain: [Int32]
    let parsed: [Int32]

    init(_ json: JSONValue) throws {
      func ids(_ key: String) throws -> [Int32] {
        try #require(json[key]?.array).map { Int32(try #require($0.integer)) }
      }
      text = try #require(json["text"]?.string)
      plain = try ids("plain")
      parsed = try ids("parsed")
    }
  }

  private static func encodings() throws -> [Encoding] {
    let file = try SharedBytes.mapping(path: Fixtures.path("reference/tokenizer.json"))
    return try #require(try JSONValue(parsing: file.bytes).array).map(Encoding.init)
  }

  /// The same tokenizer in every form it has on disk.
  static let forms = [
    "tiny-gpt2", "tiny-gpt2/tokenizer.json", "tiny-gpt2/vocab.json", "tiny-gpt2/merges.txt",
    "tokenizer-openai", "tokenizer-openai/encoder.json", "tokenizer-openai/vocab.bpe",
  ]

  @Test(arguments: forms)
  func idsAreThoseOfTransformers(form: String) throws {
    let tokenizer = try Tokenizer(path: Fixtures.path(form))
    let encodings = try Self.encodings()
    try #require(encodings.count > 50)
    try #require(encodings.contains { $0.plain != $0.parsed })
    for encoding in encodings {
      #expect(tokenizer.encode(encoding.text) == encoding.plain, "\(encoding.text)")
      #expect(
        tokenizer.encode(encoding.text, specialTokens: .parsed) == encoding.parsed,
        "\(encoding.text)"
      )
    }
  }

  @Test(arguments: forms)
  func decodingGivesTheTextBack(form: String) throws {
    let tokenizer = try Tokenizer(path: Fixtures.path(form))
    for encoding in try Self.encodings() {
      for ids in [encoding.plain, encoding.parsed] {
        #expect(try tokenizer.decode(ids) == Array(encoding.text.utf8))
        var decoder = StreamingDecoder(tokenizer)
        var pieces = try ids.map { id in try decoder.append(id) }
        pieces.append(decoder.finish())
        #expect(pieces.joined().utf8.elementsEqual(encoding.text.utf8))
      }
    }
  }

  /// GPT-2 numbers its tokens by the merges, so a folder with merges alone is a whole tokenizer.
  @Test func mergesAlone() throws {
    let folder = try TemporaryFolder()
    let merges = try SharedBytes.mapping(path: Fixtures.path("tiny-gpt2/merges.txt"))
    _ = try folder.write(
      (0..<merges.count).map { merges.bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) },
      to: "merges.txt"
    )
    let alone = try Tokenizer(path: folder.path)
    for encoding in try Self.encodings() {
      #expect(alone.encode(encoding.text) == encoding.plain)
      #expect(alone.encode(encoding.text, specialTokens: .parsed) == encoding.parsed)
    }
    let whole = try Tokenizer(path: Fixtures.path("tiny-gpt2"))
    #expect(alone.endOfText == whole.endOfText)
    #expect(alone.vocabularySize == whole.vocabularySize)
  }
}
