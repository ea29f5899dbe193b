import BallastBytes
import BallastJSON
import BallastTestSupport
import BallastTokenizer
import Testing

/// The fixture's tokenizer, against what transformers recorded (fixtures/reference/tokenizer.json).
@Suite struct FixtureTests {
  private struct Recording {
    let text: String
    let plain: [Int32]
    let parsed: [Int32]
  }

  private static func recordings() throws -> [Recording] {
    let file = try SharedBytes.mapping(path: Fixtures.path("reference/tokenizer.json"))
    func ids(_ value: JSONValue?) throws -> [Int32] {
      try #require(value?.array).map { Int32(try #require($0.integer)) }
    }
    return try #require(JSONValue(parsing: file.bytes).array).map { entry in
      Recording(
        text: try #require(entry["text"]?.string),
        plain: try ids(entry["plain"]),
        parsed: try ids(entry["parsed"])
      )
    }
  }

  @Test(arguments: [
    "tiny-gpt2", "tiny-gpt2/tokenizer.json", "tiny-gpt2/vocab.json", "tiny-gpt2/merges.txt",
    "tokenizer-openai", "tokenizer-openai/encoder.json",
  ])
  func idsAreThoseOfTransformers(path: String) throws {
    let tokenizer = try Tokenizer(path: Fixtures.path(path))
    let recordings = try Self.recordings()
    #expect(recordings.count > 50)
    #expect(recordings.contains { $0.plain != $0.parsed })
    for recording in recordings {
      let text = recording.text
      let shown = text.debugDescription
      #expect(tokenizer.encode(text) == recording.plain, "\(shown)")
      #expect(tokenizer.encode(text, specialTokens: .parsed) == recording.parsed, "\(shown)")
      #expect(try tokenizer.decode(recording.parsed) == Array(text.utf8), "\(shown)")
      var decoder = StreamingDecoder(tokenizer)
      var streamed = ""
      for id in recording.plain { streamed += try decoder.append(id) }
      streamed += decoder.finish()
      #expect(Array(streamed.utf8) == Array(text.utf8), "\(shown)")
    }
  }

  @Test func everyTokenDecodes() throws {
    let tokenizer = try Tokenizer(path: Fixtures.path("tiny-gpt2"))
    let endOfText = try #require(tokenizer.endOfText)
    #expect(try tokenizer.text(of: [endOfText]) == "<|endoftext|>")
    for id in 0..<Int32(tokenizer.vocabularySize) where id != endOfText {
      let bytes = try tokenizer.decode([id])
      #expect(tokenizer.encode(bytes: bytes).count <= bytes.count)
      #expect(try tokenizer.decode(tokenizer.encode(bytes: bytes)) == bytes)
    }
  }

  /// The fixture is numbered as GPT-2 is, so its merges alone are the whole tokenizer.
  @Test func mergesAlone() throws {
    let merges = try SharedBytes.mapping(path: Fixtures.path("tiny-gpt2/merges.txt"))
    let text = try String(validating: merges.bytes, at: 0)
    let tokenizer = try Tokenizer(files: ["merges.txt": text])
    for recording in try Self.recordings() {
      #expect(tokenizer.encode(recording.text) == recording.plain)
      #expect(tokenizer.encode(recording.text, specialTokens: .parsed) == recording.parsed)
    }
    #expect(tokenizer.endOfText.map { Int($0) + 1 } == tokenizer.vocabularySize)
  }
}
