import BallastBytes
import BallastTestSupport
import BallastTokenizer
import BallastTraining
import Testing

/// Texts that are read in windows, against what they are as a whole.
@Suite struct DocumentReaderTests {
  private let tokenizer: Tokenizer

  init() throws {
    tokenizer = try Tokenizer(path: Fixtures.path("tiny-gpt2"))
  }

  /// The documents as tokens, those of prompts as they are marked.
  private func documents(_ reader: some DocumentReader) throws -> [[Int32]] {
    var reader = reader
    var documents: [[Int32]] = []
    var document: [Int32] = []
    while let pieces = try reader.next() {
      for piece in pieces {
        let tokens = tokenizer.encode(bytes: piece.text)
        document += piece.isPrompt ? tokens.map { ~$0 } : tokens
        guard piece.endsDocument else { continue }
        documents.append(document)
        document = []
      }
    }
    #expect(document.isEmpty, "the last document does not end")
    return documents
  }

  /// The documents of a text, by the rule as one would write it without windows.
  private func slowDocuments(_ text: [UInt8]) -> [[Int32]] {
    let mark = Array("<|endoftext|>".utf8)
    var parts: [[UInt8]] = [[]]
    var position = 0
    while position < text.count {
      if text[position...].starts(with: mark) {
        parts.append([])
        position += mark.count
      } else {
        parts[parts.count - 1].append(text[position])
        position += 1
      }
    }
    for index in parts.indices {
      if index > 0 {
        if parts[index].starts(with: [13, 10]) {
          parts[index].removeFirst(2)
        } else if parts[index].first == 10 {
          parts[index].removeFirst()
        }
      }
      if index < parts.count - 1, parts[index].last == 10 {
        parts[index].removeLast()
        if parts[index].last == 13 { parts[index].removeLast() }
      }
    }
    return parts.filter { !$0.isEmpty }.map { tokenizer.encode(bytes: $0) }
  }

  @Test func windowsChangeNothing() throws {
    let parts = [
      "<|endoftext|>", "<|endoftext|>\n", "\r\n<|endoftext|>\r\n", "<|endof", "\n", "\r\n", " ",
      "One", " morning", ",", " Anna", "went", "  ", "é", "日", "x",
    ]
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<400 {
      let count = Int.random(in: 0...40, using: &generator)
      let words = (0..<count).map { _ in parts[Int.random(in: 0..<parts.count, using: &generator)] }
      // Blanks, so that no window is without a place to be cut at.
      let text = Array(words.joined(separator: Bool.random(using: &generator) ? " " : "\n").utf8)
      let expected = slowDocuments(text)
      let source = try SharedBytes.copying(text)
      for length in [64, 100, 1 << 20] {
        let reader = TextReader(source, tokenizer, windowLength: length)
        #expect(try documents(reader) == expected, "\(words) in windows of \(length)")
      }
    }
  }

  /// A text without white space is cut somewhere, and nothing of it is lost, not even a separator.
  @Test(arguments: ["a", "日本", "<|endof", "é<"])
  func aTextWithoutWhiteSpaceIsCut(word: String) throws {
    let text = Array(String(repeating: word, count: 200).utf8)
    let source = try SharedBytes.copying(text + Array("<|endoftext|>second".utf8))
    var reader = TextReader(source, tokenizer, windowLength: 50)
    var bytes: [[UInt8]] = [[]]
    while let pieces = try reader.next() {
      for piece in pieces {
        #expect(String(validating: piece.text, as: UTF8.self) != nil)
        #expect(piece.text.count <= 120)
        bytes[bytes.count - 1] += piece.text
        if piece.endsDocument { bytes.append([]) }
      }
    }
    #expect(bytes == [text, Array("second".utf8), []])
  }

  @Test func whatIsNoTextIsToldWithItsPlace() throws {
    let text = Array(String(repeating: "words ", count: 100).utf8)
    let source = try SharedBytes.copying(text + [0] + text)
    let error = failure { try documents(TextReader(source, tokenizer, windowLength: 64)) }
    #expect(error?.fault as? TrainingDataFault == .notText && error?.offset == 600)
    var reader = TextReader(
      try SharedBytes.copying(text + [0xFF, 0xC3] + text + [0xE2]),
      tokenizer,
      windowLength: 64
    )
    while try reader.next() != nil {}
    #expect(reader.encoding.invalidCount == 3 && reader.encoding.firstInvalid == 600)
  }

  @Test(arguments: [1, 7, 64, 1 << 20])
  func jsonLinesAreDocuments(length: Int) throws {
    let text = """
      \u{FEFF}{"text": "One\\n<|endoftext|>\\u00e9"}\r
      \t
      {"id": 5, "prompt": "Ask: ", "completion": "an answer", "more": {"text": 1}}
      {"text": ""}
      {"prompt": "", "completion": "alone"}
      {"prompt": "alone", "completion": ""}
      """
    let source = try SharedBytes.copying(Array(text.utf8))
    let ask = tokenizer.encode("Ask: ").map { ~$0 }
    let alone = tokenizer.encode("alone")
    #expect(
      try documents(JSONLinesReader(source, windowLength: length)) == [
        tokenizer.encode("One\n<|endoftext|>é"), ask + tokenizer.encode("an answer"), alone,
        alone.map { ~$0 },
      ]
    )
  }

  @Test(
    arguments: [
      (#"{"text": 5}"#, "'text' is no string", 12), (#"["a"]"#, "it is no JSON object", 12),
      (#"{"prompt": "a"}"#, "it has neither 'text' nor both 'prompt' and 'completion'", 12),
      (#"{"text": "a", "completion": "b"}"#, "it has 'text' beside 'prompt' or 'completion'", 12),
      (#"{"text": "a" "#, "JSON ends too early", 25),
      (#"{"text": "a", "text": "b"}"#, #"JSON has the key "text" twice in one object"#, 26),
    ]
  )
  func badLinesAreNamed(line: String, reason: String, offset: Int) throws {
    let source = try SharedBytes.copying(Array("{\"text\":\"\"}\n\(line)\n{}".utf8))
    for length in [5, 1 << 20] {
      let error = failure { try documents(JSONLinesReader(source, windowLength: length)) }
      #expect(error?.fault as? TrainingDataFault == .badRecord(line: 2, reason))
      #expect(error?.offset == offset)
    }
  }

  @Test func invalidUTF8InJSONIsRefused() throws {
    let source = try SharedBytes.copying(Array(#"{"text":"a"#.utf8) + [0xFF] + Array("\"}".utf8))
    let error = failure { try documents(JSONLinesReader(source)) }
    #expect(error?.description.hasPrefix("line 1: text is not valid UTF-8 (at byte ") == true)
  }

  @Test(arguments: [1, 7, 64, 1 << 20])
  func recordsOfATableAreDocuments(length: Int) throws {
    let text = "text\r\nplain words\n\n\"quoted, \"\"twice\"\"\r\nand on\"\r\n\"\"\ntext\n\"last\""
    let source = try SharedBytes.copying(Array(text.utf8))
    #expect(
      try documents(CSVReader(source, windowLength: length)) == [
        tokenizer.encode("plain words"), tokenizer.encode("quoted, \"twice\"\r\nand on"),
        tokenizer.encode("text"), tokenizer.encode("last"),
      ]
    )
  }

  @Test(
    arguments: [
      ("a\nb,c\n", TrainingDataFault.moreColumns(line: 2), 3),
      ("\"a\n\n\",c\n", .moreColumns(line: 3), 5), ("a\nb\"c\n", .strayQuote(line: 2), 3),
      ("\"a\"b\n", .strayQuote(line: 1), 3), ("a\n\"b\n\"\"c", .openQuote(line: 2), 2),
    ]
  )
  func badRecordsAreNamed(text: String, fault: TrainingDataFault, offset: Int) throws {
    let source = try SharedBytes.copying(Array(text.utf8))
    for length in [1, 1 << 20] {
      let error = failure { try documents(CSVReader(source, windowLength: length)) }
      #expect(error?.fault as? TrainingDataFault == fault && error?.offset == offset)
    }
  }

  /// Neither a line nor a quote that does not end is read to the end of the file.
  @Test func recordsHaveALimit() throws {
    let long = Array(repeating: UInt8(ascii: "x"), count: 1000)
    var lines = JSONLinesReader(
      try SharedBytes.copying(Array("\n{\"text\": \"".utf8) + long),
      windowLength: 16,
      maximumLength: 100
    )
    let error = failure { while try lines.next() != nil {} }
    #expect(error?.fault as? TrainingDataFault == .recordTooLong(line: 2, limit: 100))
    #expect(error?.offset == 1 && lines.offset < 150)
    for start in ["a\n\"", "a\n"] {
      let source = try SharedBytes.copying(Array(start.utf8) + long)
      var table = CSVReader(source, windowLength: 16, maximumLength: 100)
      let error = failure { while try table.next() != nil {} }
      #expect(error?.fault as? TrainingDataFault == .recordTooLong(line: 2, limit: 100))
      #expect(error?.offset == 2 && table.offset < 150)
    }
  }
}
