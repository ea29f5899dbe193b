import BallastBytes
import BallastTokenizer

/// A file of text, and what makes tokens of it.
struct DataText {
  let kind: DataKind
  let file: SharedBytes
  let tokenizer: Tokenizer
  let endOfText: Int32

  /// The number by which the cache tells how a text is read.
  var code: UInt32 {
    switch kind {
    case .text, .tokens: 0
    case .jsonLines: 1
    case .csv: 2
    }
  }

  /// The narrowest encoding that holds all tokens there may be; those of prompts need a sign.
  var encoding: TokenStorage.Encoding {
    if case .jsonLines = kind { return .marked }
    return tokenizer.vocabularySize <= 1 << 16 ? .uint16 : .marked
  }

  /// Calls `body` with the tokens of all documents, as they come, and with the number of bytes that were read for them.
  ///
  /// Throws `TrainingDataFault.noText` where there is none, and what `body` throws.
  func forEachPiece(
    _ body: ([Int32], _ done: Int) throws(FormatError) -> Void
  ) throws(FormatError) -> TextFacts {
    var facts: TextFacts
    switch kind {
    case .text, .tokens:
      var reader = TextReader(file, tokenizer)
      facts = try forEachPiece(of: &reader, body)
      facts.add(reader.encoding)
    case .jsonLines:
      var reader = JSONLinesReader(file)
      facts = try forEachPiece(of: &reader, body)
    case .csv:
      var reader = CSVReader(file)
      facts = try forEachPiece(of: &reader, body)
      facts.add(reader.encoding)
    }
    return facts
  }

  private func forEachPiece(
    of reader: inout some DocumentReader,
    _ body: ([Int32], _ done: Int) throws(FormatError) -> Void
  ) throws(FormatError) -> TextFacts {
    var facts = TextFacts()
    var isEmpty = true
    while let pieces = try reader.next() {
      var tokens: [Int32] = []
      let encoded = tokenizer.encode(documents: pieces.map(\.text))
      for (piece, ids) in zip(pieces, encoded) {
        if piece.isPrompt {
          for id in ids { tokens.append(~id) }
        } else {
          tokens += ids
          facts.byteCount += piece.text.count
        }
        if piece.endsDocument { tokens.append(endOfText) }
      }
      isEmpty = isEmpty && pieces.isEmpty
      try body(tokens, reader.offset)
    }
    guard !isEmpty else { throw FormatError(TrainingDataFault.noText) }
    return facts
  }
}

extension TextFacts {
  fileprivate mutating func add(_ check: UTF8Check) {
    invalidCount = check.invalidCount
    firstInvalid = check.firstInvalid
  }

  /// What there is to remark about the text.
  var remarks: [FormatError] {
    guard invalidCount > 0 else { return [] }
    return [FormatError(TrainingDataFault.invalidUTF8(places: invalidCount), at: firstInvalid)]
  }
}
