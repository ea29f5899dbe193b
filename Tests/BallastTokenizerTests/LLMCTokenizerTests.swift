import BallastBytes
import BallastJSON
import BallastTestSupport
import BallastTokenizer
import Testing

/// The tokenizer's file of llm.c: bytes alone, out of which the merges follow.
@Suite struct LLMCTokenizerTests {
  private let folder: TemporaryFolder
  private let path: String
  private let original: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path + "/gpt2_tokenizer.bin"
    original = try Tokenizer(path: Fixtures.path("tiny-gpt2"))
  }

  private static func header(_ numbers: [UInt32]) -> [UInt8] {
    littleEndian(numbers) + [UInt8](repeating: 0, count: 1024 - 4 * numbers.count)
  }

  private func failure(_ bytes: [UInt8]) throws -> Failure? {
    let path = try folder.write(bytes, to: "given.bin")
    return Failure { try Tokenizer(path: path) }
  }

  @Test func theLayout() throws {
    try LLMCTokenizer.write(original, to: path)
    let bytes = try SharedBytes.contents(path: path)
    #expect(Array(bytes[..<20]) == littleEndian([20_240_328, 2, 768, 767, 0] as [UInt32]))
    #expect(Array(bytes[1024..<1028]) == [1, 33, 1, 34])
    #expect(Array(bytes.suffix(14)) == [13] + Array("<|endoftext|>".utf8))
  }

  @Test func theMergesFollowFromTheBytes() throws {
    try LLMCTokenizer.write(original, to: path)
    let lists = try TokenizerLists(path: path)
    let expected = try TokenizerLists(path: Fixtures.path("tiny-gpt2"))
    #expect(lists.merges == expected.merges)
    #expect(lists.tokens == expected.tokens)
    #expect(lists.endOfText == "<|endoftext|>")
    // The folder is read as well, and the file's name does not matter.
    #expect(try Tokenizer(path: folder.path).vocabularySize == 768)
    let renamed = try folder.write(try SharedBytes.contents(path: path), to: "other")
    #expect(try Tokenizer(path: renamed).encode("Once upon") == original.encode("Once upon"))
  }

  @Test func nastyStringsHaveTheSameIDs() throws {
    try LLMCTokenizer.write(original, to: path)
    let read = try Tokenizer(path: path)
    let cases = try JSONValue(contentsOf: Fixtures.path("reference/tokenizer.json"))
    let texts = try #require(cases.array)
    var count = 0
    for text in texts.compactMap({ $0["text"]?.string }) {
      #expect(read.encode(text) == original.encode(text))
      #expect(
        read.encode(text, specialTokens: .parsed) == original.encode(text, specialTokens: .parsed)
      )
      count += 1
    }
    #expect(count > 50)
  }

  @Test func numbersThatMakeNoSense() throws {
    #expect(
      try failure(Self.header([20_240_328, 3, 0, 0]))
        == Failure(TokenizerFault.badValue("the version"), at: 4)
    )
    #expect(
      try failure(Self.header([20_240_328, 2, .max, 0]))
        == Failure(TokenizerFault.badValue("the number of tokens"), at: 8)
    )
    #expect(
      try failure(Self.header([20_240_328, 2, 1, 1]) + [1, 65])
        == Failure(TokenizerFault.badValue("the token that ends a text"), at: 12)
    )
    #expect(
      try failure(Self.header([20_240_328, 2, 1, 0]) + [1, 65, 0])
        == Failure(TokenizerFault.badValue("the end of the file"), at: 1026)
    )
    let missing = Failure(TokenizerFault.missingByte(0))
    #expect(try failure(Self.header([20_240_328, 2, 1, 0]) + [1, 65]) == missing)
  }

  @Test func aFileCutAnywhere() throws {
    try LLMCTokenizer.write(original, to: path)
    let bytes = try SharedBytes.contents(path: path)
    for count in Array(4..<1100) + [bytes.count - 1] {
      let fault = try failure(Array(bytes[..<count]))?.fault
      #expect((fault?.base as? ByteFault)?.isTruncation == true, "\(count)")
    }
  }

  /// A hundred thousand tokens of 255 bytes, each nearly the one before.
  @Test func searchesAreBounded() throws {
    let singles = (UInt8.min...UInt8.max).map { [$0] }
    var tokens = singles
    var run: [UInt8] = [0]
    while run.count < 255 {
      run.append(0)
      tokens.append(run)
    }
    for index in 0..<UInt16.max {
      tokens.append(Array(run.dropLast(2)) + littleEndianBytes(of: index))
    }
    let limit = TokenizerFault.tooManySteps(limit: 100_000_000)
    #expect(
      Failure { try TokenizerLists(rankedTokens: tokens, endOfText: nil) } == Failure(limit)
    )
  }
}

extension ByteFault {
  fileprivate var isTruncation: Bool { if case .truncated = self { true } else { false } }
}
