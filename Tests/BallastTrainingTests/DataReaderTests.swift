import BallastBytes
import BallastTestSupport
import BallastTokenizer
import BallastTraining
import Foundation
import Testing

/// Files of data as sources, and the cache of their tokens.
@Suite struct DataReaderTests {
  private let folder: TemporaryFolder
  private let tokenizer: Tokenizer
  /// A text of 1.2 MB in documents of some words.
  private let text: [UInt8]

  init() throws {
    folder = try TemporaryFolder()
    tokenizer = try Tokenizer(path: Fixtures.path("tiny-gpt2"))
    let story = try SharedBytes.contents(path: Fixtures.path("text/stories-heldout.txt"))
    var text: [UInt8] = []
    while text.count < 1_200_000 { text += story + Array("\n<|endoftext|>\n".utf8) }
    self.text = text
  }

  private var cache: String { folder.path + "/cache" }

  private func reader(
    _ tokenizer: Tokenizer? = nil,
    isCached: Bool = true,
    vocabularySize: Int = 768
  ) -> DataReader {
    DataReader(
      tokenizer: tokenizer ?? self.tokenizer,
      endOfText: nil,
      vocabularySize: vocabularySize,
      cache: isCached ? TokenCache(folder: cache) : nil,
      temporaryFolder: folder.path
    )
  }

  /// What a file comes to: its tokens, and what was remarked.
  private func read(
    _ bytes: [UInt8],
    _ name: String = "a.txt",
    by reader: DataReader
  ) throws -> (tokens: [Int32], remarks: [FormatError], source: DataSource) {
    var reader = reader
    var source = DataSource()
    let path = try folder.write(bytes, to: name)
    let file = try SharedBytes.mapping(path: path)
    let remarks = try reader.read(file, name: name, into: &source)
    try reader.finish(&source)
    var tokens: [Int32] = []
    source.stream.append(0..<source.stream.count, to: &tokens)
    return (tokens, remarks, source)
  }

  private func entries() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: cache).sorted()
  }

  /// The tokens by the type that reads a text in memory.
  private func expected() throws -> TextDocuments {
    var documents = TextDocuments()
    try documents.append(text, tokenizer)
    return documents
  }

  @Test func largeTextsAreKept() throws {
    let expected = try expected()
    let first = try read(text, by: reader())
    #expect(first.tokens == expected.tokens && first.source.byteCount == expected.byteCount)
    #expect(first.source.stream.documentCount == expected.documents.count)
    #expect(first.remarks.isEmpty)
    let names = try entries()
    #expect(names.count == 1)
    let path = cache + "/" + names[0]
    let written = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    // Found again under another name, and not made anew.
    let second = try read(text, "b.text", by: reader())
    #expect(second.tokens == first.tokens && second.source.byteCount == first.source.byteCount)
    #expect(second.source.stream.hash == first.source.stream.hash)
    let found = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
    #expect(found == written && written != nil)
    // Without a cache the same, in a file that is gone.
    let third = try read(text, by: reader(isCached: false))
    #expect(third.tokens == first.tokens)
    #expect(third.source.stream.hash == first.source.stream.hash)
    #expect(try folder.contents == ["a.txt", "b.text", "cache"])
  }

  /// The key says what tokens depend on: the content, the tokenizer, and how the text is read.
  @Test func anotherContentHasAnotherEntry() throws {
    _ = try read(text, by: reader())
    var other = text
    other[other.count / 2] ^= 1
    _ = try read(other, by: reader())
    #expect(try entries().count == 2)
    // The same vocabulary out of other files is the same tokenizer; one merge less is another one.
    let openAI = try Tokenizer(path: Fixtures.path("tokenizer-openai"))
    _ = try read(text, by: reader(openAI))
    #expect(try entries().count == 2)
    let merges = try String(contentsOfFile: Fixtures.path("tiny-gpt2/merges.txt"), encoding: .utf8)
    let fewer = merges.split(separator: "\n").dropLast().joined(separator: "\n")
    let path = try folder.write(fewer.utf8, to: "merges.txt")
    _ = try read(text, by: reader(try Tokenizer(path: path)))
    #expect(try entries().count == 3)
    let lines = Array(String(repeating: "a line of words\n", count: 80_000).utf8)
    let asText = try read(lines, by: reader())
    let asTable = try read(lines, "a.csv", by: reader())
    #expect(asText.source.stream.documentCount == 1)
    #expect(asTable.source.stream.documentCount == 80_000)
    #expect(try entries().count == 5)
    // What is not UTF-8 is told of again.
    let odd = text + [0xFF]
    for _ in 0..<2 {
      let remark = try #require(try read(odd, by: reader()).remarks.first)
      #expect(remark.fault as? TrainingDataFault == .invalidUTF8(places: 1))
      #expect(remark.offset == text.count)
    }
  }

  @Test(arguments: [0, 1000, -1, -20, -85, nil])
  func aDamagedEntryIsMadeAnew(place: Int?) throws {
    let tokens = try read(text, by: reader()).tokens
    let path = cache + "/" + (try entries()[0])
    var bytes = try SharedBytes.contents(path: path)
    let whole = bytes
    if let place {
      bytes[place < 0 ? bytes.count + place : place] ^= 4
    } else {
      bytes.removeLast(100)
    }
    try Data(bytes).write(to: URL(filePath: path))
    let again = try read(text, by: reader())
    #expect(again.tokens == tokens)
    #expect(again.remarks.map { $0.fault as? TrainingDataFault } == [.brokenCache])
    #expect(try SharedBytes.contents(path: path) == whole)
    #expect(try read(text, by: reader()).remarks.isEmpty)
  }

  /// A sound entry whose tokens the model does not have is no damaged one.
  @Test func tokensOfAnotherModelAreRefused() throws {
    _ = try read(text, by: reader())
    for isCached in [true, false] {
      let error = failure { try read(text, by: reader(isCached: isCached, vocabularySize: 700)) }
      guard case .tokenOutOfRange(_, vocabularySize: 700) = error?.fault as? TrainingDataFault
      else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test func aCacheThatCannotBeWrittenIsNoObstacle() throws {
    let blocked = try folder.write("in the way".utf8, to: "blocked")
    var reader = DataReader(
      tokenizer: tokenizer,
      endOfText: nil,
      vocabularySize: 768,
      cache: TokenCache(folder: blocked + "/cache"),
      temporaryFolder: folder.path
    )
    var source = DataSource()
    let file = try SharedBytes.copying(text)
    let remarks = try reader.read(file, name: "a.txt", into: &source)
    let fault = remarks.first?.fault as? TrainingDataFault
    #expect(fault?.description.contains("Not a directory") == true && remarks.count == 1)
    #expect(source.stream.count == (try expected().tokens.count))
    let nowhere = failure {
      var reader = DataReader(
        tokenizer: tokenizer,
        endOfText: nil,
        vocabularySize: 768,
        cache: nil,
        temporaryFolder: blocked
      )
      return try reader.read(file, name: "a.txt", into: &source)
    }
    #expect(nowhere?.fault as? TrainingDataFault == .noTemporaryFolder)
  }

  /// The tokens are then in a file that goes with the run.
  @Test func aFolderInThePlaceOfAnEntryIsNoObstacle() throws {
    let tokens = try read(text, by: reader()).tokens
    let path = cache + "/" + (try entries()[0])
    try FileManager.default.removeItem(atPath: path)
    _ = try folder.write("in the way".utf8, to: "cache/x")
    try FileManager.default.createDirectory(
      atPath: path + "/in the way",
      withIntermediateDirectories: true
    )
    let again = try read(text, by: reader())
    #expect(again.tokens == tokens)
    let faults = again.remarks.map { $0.fault as? TrainingDataFault }
    #expect(faults.contains { if case .cacheNotWritten = $0 { true } else { false } })
  }

  /// Prompts are kept as prompts.
  @Test func promptsAreKept() throws {
    let line = #"{"prompt": "One morning", "completion": " Anna went"}"# + "\n"
    let lines = Array(String(repeating: line, count: 20_000 + 1000).utf8)
    let document =
      tokenizer.encode("One morning").map { ~$0 } + tokenizer.encode(" Anna went") + [767]
    for _ in 0..<2 {
      let found = try read(lines, by: reader())
      #expect(found.tokens.count == 21_000 * document.count)
      #expect(Array(found.tokens.prefix(2 * document.count)) == document + document)
      #expect(found.source.byteCount == 21_000 * 10)
    }
    #expect(try entries().count == 1)
    let small = try read(Array(line.utf8), by: reader())
    #expect(small.tokens == document)
  }

  @Test func tokensNeedNoTokenizer() throws {
    let tokens: [UInt16] = [5, 6, 767, 7, 8, 9, 767]
    let bytes = tokens.flatMap { littleEndianBytes(of: $0) }
    func header(_ magic: Int32, _ version: Int32) -> [UInt8] {
      [magic, version, 7].flatMap { littleEndianBytes(of: $0) }
        + [UInt8](repeating: 0, count: 1024 - 12)
    }
    let wide = tokens.flatMap { littleEndianBytes(of: UInt32($0)) }
    let files = [
      ("a.bin", bytes), ("b.bin", header(20_240_520, 1) + bytes),
      ("c", header(20_240_801, 7) + wide),
    ]
    for (name, bytes) in files {
      var reader = DataReader(
        tokenizer: nil,
        endOfText: 767,
        vocabularySize: 768,
        cache: nil,
        temporaryFolder: folder.path
      )
      let found = try read(bytes, name, by: reader)
      #expect(found.tokens == tokens.map { Int32($0) } && found.source.byteCount == nil)
      #expect(found.source.stream.places == [0..<3, 3..<7])
      var source = DataSource()
      let text = try SharedBytes.copying(Array("text".utf8))
      let error = failure { try reader.read(text, name: "a.txt", into: &source) }
      #expect(error?.fault as? TrainingDataFault == .needsTokenizer)
    }
  }

  @Test func whatIsNoTokensIsRefused() throws {
    func error(_ bytes: [UInt8], _ name: String) throws -> FormatError? {
      let file = try SharedBytes.copying(bytes)
      return failure { try DataKind(of: file, name: name) }
    }
    let odd = try error([1, 0, 2], "a.bin")
    #expect(odd?.fault as? TrainingDataFault == .oddByteCount && odd?.offset == 3)
    let header = [20_240_520, 1, 7].flatMap { littleEndianBytes(of: Int32($0)) }
    let short = header + [UInt8](repeating: 0, count: 1024 - 12 + 13)
    #expect(try error(short, "a.bin")?.description.contains("has 1037 bytes") == true)
    let state = [20_240_327, 2, 1, 1].flatMap { littleEndianBytes(of: Int32($0)) }
    let model = state + [UInt8](repeating: 0, count: 1024 - 16 + 16)
    let noTokens = try error(model, "a.bin")
    #expect(noTokens?.fault as? TrainingDataFault == .noTokens(format: "llm.c-state"))
    let empty = failure { try read([], "a.bin", by: reader()) }
    #expect(empty?.fault as? TrainingDataFault == .noText)
  }

  /// The bytes tell, and the name only where they cannot.
  @Test func kindsAreTold() throws {
    func kind(_ text: String, _ name: String) throws -> String {
      switch try DataKind(of: try SharedBytes.copying(Array(text.utf8)), name: name) {
      case .tokens: "tokens"
      case .jsonLines: "lines"
      case .csv: "csv"
      case .text: "text"
      }
    }
    #expect(try kind("{\"text\": \"a\"}\n", "a.txt") == "lines")
    #expect(try kind("\n \u{9}{\"prompt\": 1, \"x\": {}}", "a") == "lines")
    #expect(try kind("\u{FEFF}{\"completion\": \"a\"}", "a") == "lines")
    #expect(try kind("{\"id\": \"a\"}\n", "a.txt") == "text")
    #expect(try kind("{\"text\": \"a\",\n\"b\": 1}", "a.json") == "text")
    #expect(try kind("{ return; }", "a.c") == "text")
    #expect(try kind("words", "a.JSONL") == "lines")
    #expect(try kind("words", "a.ndjson") == "lines")
    #expect(try kind("{\"text\": \"a\"}", "a.CSV") == "csv")
    #expect(try kind("text", "a.bin") == "tokens")
    #expect(try kind("", "a") == "text")
  }

  /// Small texts that are too much together go to files, and nothing changes by it.
  @Test(arguments: [0, 20, 1000])
  func manySmallTextsAreOneSource(maximumInMemory: Int) throws {
    var reader = DataReader(
      tokenizer: tokenizer,
      endOfText: nil,
      vocabularySize: 768,
      cache: nil,
      temporaryFolder: folder.path,
      maximumInMemory: maximumInMemory
    )
    var source = DataSource()
    var expected = TextDocuments()
    for name in ["a", "b", "c"] {
      let text = Array("the text \(name) of many\n<|endoftext|>and another".utf8)
      let file = try SharedBytes.copying(text)
      #expect(try reader.read(file, name: name, into: &source).isEmpty)
      try expected.append(text, tokenizer)
    }
    try reader.finish(&source)
    var tokens: [Int32] = []
    source.stream.append(0..<source.stream.count, to: &tokens)
    #expect(tokens == expected.tokens && source.byteCount == expected.byteCount)
    #expect(source.stream.documentCount == 6)
    #expect(try folder.contents.isEmpty)
  }

  @Test func theCacheHasAStandardPlace() {
    #expect(TokenCache.standardFolder(["HOME": "/home/a"]) == "/home/a/.cache/ballast/tokens")
    let both = ["HOME": "/home/a", "XDG_CACHE_HOME": "/c"]
    #expect(TokenCache.standardFolder(both) == "/c/ballast/tokens")
    let relative = ["HOME": "/home/a", "XDG_CACHE_HOME": "c"]
    #expect(TokenCache.standardFolder(relative) == "/home/a/.cache/ballast/tokens")
    #expect(TokenCache.standardFolder([:]) == nil)
  }
}
