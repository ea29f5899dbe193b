package import BallastBytes
package import BallastTokenizer

/// Documents of a table with one column (RFC 4180): each record is one; a first record `text` is the column's name.
package struct CSVReader: DocumentReader {
  private static let quote = UInt8(ascii: "\"")
  private static let comma = UInt8(ascii: ",")

  private let maximumLength: Int
  private var window: SourceWindow
  private var check = UTF8Check()
  private var position = 0
  private var lineNumber = 1
  private var isFirst = true
  private var isDone = false

  /// The documents of a file.
  package init(
    _ source: SharedBytes,
    windowLength: Int = SourceWindow.standardLength,
    maximumLength: Int = JSONLinesReader.maximumRecordLength
  ) {
    window = SourceWindow(source, length: windowLength)
    self.maximumLength = maximumLength
  }

  package var offset: Int { window.end }

  /// What in the text is not UTF-8, once it was read.
  package var encoding: UTF8Check { check }

  package mutating func next() throws(FormatError) -> [DocumentPiece]? {
    guard !isDone else { return nil }
    try check.advance(&window, keepingFrom: position)
    position = 0
    let bytes = window.bytes
    if window.start == 0, bytes.starts(with: byteOrderMark) { position = byteOrderMark.count }
    var pieces: [DocumentPiece] = []
    while position < bytes.count, let record = try record(in: bytes) {
      position = record.end
      lineNumber += record.lineCount
      if !record.text.isEmpty, !(isFirst && record.text == Array("text".utf8)) {
        pieces.append(DocumentPiece(text: record.text[...]))
      }
      isFirst = false
    }
    if window.isAtEnd {
      check.finish()
      isDone = true
    }
    return pieces
  }

  private struct Record {
    var text: [UInt8] = []
    var lineCount = 1
    /// Where the next one begins.
    var end = 0
  }

  /// The record at `position`; nil where it goes on beyond the window.
  private func record(in bytes: [UInt8]) throws(FormatError) -> Record? {
    let record =
      bytes[position] == Self.quote ? try quoted(in: bytes) : try unquoted(in: bytes)
    if (record?.end ?? bytes.count) - position > maximumLength {
      throw fault(.recordTooLong(line: lineNumber, limit: maximumLength), at: position)
    }
    return record
  }

  private func unquoted(in bytes: [UInt8]) throws(FormatError) -> Record? {
    guard let end = end(ofLineAt: position, in: bytes) else { return nil }
    let text = bytes[position..<end.text]
    if let place = text.firstIndex(of: Self.comma) {
      throw fault(.moreColumns(line: lineNumber), at: place)
    }
    if let place = text.firstIndex(of: Self.quote) {
      throw fault(.strayQuote(line: lineNumber), at: place)
    }
    return Record(text: Array(text), end: end.next)
  }

  private func quoted(in bytes: [UInt8]) throws(FormatError) -> Record? {
    var record = Record()
    var place = position + 1
    while let next = bytes[place...].firstIndex(of: Self.quote) {
      record.text += bytes[place..<next]
      place = next + 1
      // What follows a quote says what it is, and may not be there yet.
      guard place < bytes.count || window.isAtEnd else { return nil }
      if place < bytes.count, bytes[place] == Self.quote {
        record.text.append(Self.quote)
        place += 1
        continue
      }
      record.lineCount += record.text.count { $0 == lineFeed }
      guard let end = end(ofLineAt: place, in: bytes) else { return nil }
      guard end.text == place else {
        let line = lineNumber + record.lineCount - 1
        throw fault(
          bytes[place] == Self.comma ? .moreColumns(line: line) : .strayQuote(line: line),
          at: place
        )
      }
      record.end = end.next
      return record
    }
    guard !window.isAtEnd else { throw fault(.openQuote(line: lineNumber), at: position) }
    return nil
  }

  /// Where a line ends without its break, and where the next one begins; nil where that is beyond the window.
  private func end(ofLineAt start: Int, in bytes: [UInt8]) -> (text: Int, next: Int)? {
    guard let place = bytes[start...].firstIndex(of: lineFeed) else {
      return window.isAtEnd ? (bytes.count, bytes.count) : nil
    }
    let isPair = place > start && bytes[place - 1] == carriageReturn
    return (isPair ? place - 1 : place, place + 1)
  }

  private func fault(_ fault: TrainingDataFault, at place: Int) -> FormatError {
    FormatError(fault, at: window.start + place)
  }
}
