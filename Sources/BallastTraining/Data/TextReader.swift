package import BallastBytes
package import BallastTokenizer

/// Documents of a text, which may be separated by `<|endoftext|>`.
///
/// A line break next to a separator belongs to it; of two separators with nothing between them one ends a document.
package struct TextReader: DocumentReader {
  private static let separator = Array(TextDocuments.separator.utf8)

  private let tokenizer: Tokenizer
  private var window: SourceWindow
  private var check = UTF8Check()
  /// Where in the window what is left of the document begins.
  private var position = 0
  private var followsSeparator = false
  /// Whether pieces of the document were handed out.
  private var hasBegun = false
  private var isDone = false

  /// The documents of a file, whose tokens are to be those of a tokenizer.
  package init(
    _ source: SharedBytes,
    _ tokenizer: Tokenizer,
    windowLength: Int = SourceWindow.standardLength
  ) {
    self.tokenizer = tokenizer
    window = SourceWindow(source, length: windowLength)
  }

  package var offset: Int { window.end }

  /// What in the text is not UTF-8, once it was read.
  package var encoding: UTF8Check { check }

  package mutating func next() throws(FormatError) -> [DocumentPiece]? {
    guard !isDone else { return nil }
    try check.advance(&window, keepingFrom: position)
    position = 0
    let bytes = window.bytes
    var pieces: [DocumentPiece] = []
    while let mark = Self.separator(in: bytes, from: position) {
      end(bytes[position..<mark], isLast: false, into: &pieces)
      position = mark + Self.separator.count
      followsSeparator = true
    }
    let rest = bytes[position...]
    if window.isAtEnd {
      check.finish()
      end(rest, isLast: true, into: &pieces)
      isDone = true
    } else if let piece = cut(rest) {
      pieces.append(DocumentPiece(text: piece, endsDocument: false))
      position = piece.endIndex
      hasBegun = true
    }
    return pieces
  }

  private mutating func end(
    _ text: ArraySlice<UInt8>,
    isLast: Bool,
    into pieces: inout [DocumentPiece]
  ) {
    var text = withoutLineBreak(text)
    if !isLast, text.last == lineFeed {
      text = text.dropLast()
      if text.last == carriageReturn { text = text.dropLast() }
    }
    if !text.isEmpty || hasBegun { pieces.append(DocumentPiece(text: text)) }
    hasBegun = false
  }

  /// The text without the line break that belongs to the separator before it.
  private func withoutLineBreak(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard followsSeparator, !hasBegun else { return text }
    var text = text
    if text.starts(with: [carriageReturn, lineFeed]) { text = text.dropFirst() }
    return text.first == lineFeed ? text.dropFirst() : text
  }

  /// As much of a document that goes on as is best handed out now.
  private func cut(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard window.isLarge(text.count) else { return nil }
    let text = withoutLineBreak(text)
    if let cut = tokenizer.lastCut(of: text.span) { return text[..<(text.startIndex + cut)] }
    // A text without white space could be of any length. It is cut where it must be, though its tokens may then be
    // others; but not within a separator that may have begun, nor within a character.
    var end = text.endIndex - Self.separator.count
    guard window.isFull, end > text.startIndex + 4 else { return nil }
    for _ in 0..<3 where text[end] & 0xC0 == 0x80 { end -= 1 }
    return text[..<end]
  }

  private static func separator(in bytes: [UInt8], from start: Int) -> Int? {
    var position = start
    while let next = bytes[position...].firstIndex(of: separator[0]),
      next + separator.count <= bytes.count
    {
      if bytes[next..<next + separator.count].elementsEqual(separator) { return next }
      position = next + 1
    }
    return nil
  }
}

extension UTF8Check {
  /// Moves a window on and looks at the text that comes into it.
  ///
  /// Throws `TrainingDataFault.notText` for a NUL byte.
  mutating func advance(
    _ window: inout SourceWindow,
    keepingFrom position: Int
  ) throws(FormatError) {
    let range = try window.advance(keepingFrom: position)
    let bytes = window.bytes
    if let place = bytes[range].firstIndex(of: 0) {
      throw FormatError(TrainingDataFault.notText, at: window.start + place)
    }
    update(bytes[range].span)
  }
}
