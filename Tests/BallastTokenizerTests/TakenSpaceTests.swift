import BallastJSON
import BallastTokenizer
import Testing

/// Added tokens that take white space, beside added tokens that are white space.
///
/// The ids are those of the tokenizers library, version 0.23.
@Suite struct TakenSpaceTests {
  private static func token(_ content: String, _ id: Int, takesSpace: Bool) -> JSONValue {
    [
      "id": .integer(id), "content": .string(content), "single_word": false, "special": true,
      "normalized": false, "lstrip": .bool(takesSpace), "rstrip": .bool(takesSpace),
    ]
  }

  @Test(
    arguments: [
      ("o<m>o", [111, 300, 111]), ("o <m> o", [111, 300, 111]), ("<m> <m>", [300, 300]),
      ("o <m>\t o", [111, 300, 301, 32, 111]), ("o\t\t<m>o", [111, 301, 301, 300, 111]),
      ("o<m>\t\to", [111, 300, 301, 301, 111]), ("<m>\t", [300, 301]),
    ] as [(String, [Int32])]
  )
  func spaceBesideTokensThatAreSpace(text: String, ids: [Int32]) throws {
    let tokenizer = try SampleVocabulary(merges: []).tokenizer(addedTokens: [
      Self.token("<m>", 300, takesSpace: true), Self.token("\t", 301, takesSpace: false),
    ])
    #expect(tokenizer.encode(text, specialTokens: .parsed) == ids)
  }

  @Test(
    arguments: [
      ("o o", [111, 300, 111]), ("o  o", [111, 300, 111]), ("    ", [300]), ("o", [111]),
    ] as [(String, [Int32])]
  )
  func tokenThatIsSpaceTakesSpace(text: String, ids: [Int32]) throws {
    let tokenizer = try SampleVocabulary(merges: []).tokenizer(addedTokens: [
      Self.token(" ", 300, takesSpace: true)
    ])
    #expect(tokenizer.encode(text, specialTokens: .parsed) == ids)
  }
}
