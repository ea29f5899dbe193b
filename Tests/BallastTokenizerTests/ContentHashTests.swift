import BallastJSON
import BallastTestSupport
import BallastTokenizer
import Testing

/// Tokenizers of the same content have the same hash, and all others another one.
@Suite struct ContentHashTests {
  @Test func theContentDecides() throws {
    let merges = ["a b", "ab c", "t h", "th e"]
    let vocabulary = SampleVocabulary(merges: merges)
    let word: JSONObject = ["id": 261, "content": "word", "special": false]
    var special = word
    special["special"] = true
    let others: [Tokenizer] = [
      try SampleVocabulary(merges: ["ab c", "a b", "t h", "th e"].reversed()).tokenizer(),
      try SampleVocabulary(merges: merges + ["d e"]).tokenizer(),
      try vocabulary.tokenizer(addedTokens: [.object(word)]),
      try vocabulary.tokenizer(addedTokens: [.object(special)]),
      try vocabulary.tokenizer(modelChanges: ["ignore_merges": true]),
      try vocabulary.tokenizer(
        changes: ["pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": true]]
      ),
      try vocabulary.tokenizer(
        changes: [
          "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "use_regex": false]
        ]
      ),
    ]
    let hash = try vocabulary.tokenizer().contentHash
    // The tables of merges lie in another order each time.
    for _ in 0..<5 { #expect(try vocabulary.tokenizer().contentHash == hash) }
    #expect(Set(others.map(\.contentHash) + [hash]).count == others.count + 1)
  }

  @Test func theFormDoesNot() throws {
    let path = Fixtures.path("tiny-gpt2")
    let hash = try Tokenizer(path: path).contentHash
    #expect(try Tokenizer(path: path + "/tokenizer.json").contentHash == hash)
  }
}
