package import BallastBytes
import BallastCheckpoint

/// A part of a document's text.
package struct DocumentPiece {
  /// The text, in UTF-8 or what stands in its place.
  package let text: ArraySlice<UInt8>
  /// Whether it is a prompt, whose tokens are no targets.
  package var isPrompt = false
  /// Whether the document ends with it.
  package var endsDocument = true
}

/// Documents that are read out of a file, piece by piece, in bounded memory.
package protocol DocumentReader {
  /// The pieces that come next, which may be none; nil at the end.
  ///
  /// The tokens of a document are those of its pieces, one after the other.
  mutating func next() throws(FormatError) -> [DocumentPiece]?

  /// What was read so far, in bytes.
  var offset: Int { get }
}

/// The part of a file that is looked at: it moves on, and the pages behind it are given back.
package struct SourceWindow {
  /// How much is read at once: enough for all threads of a tokenizer, and little beside a model.
  package static let standardLength = 8 << 20

  private let source: SharedBytes
  private let length: Int
  /// What is looked at.
  private(set) var bytes: [UInt8] = []
  /// Where it begins in the file.
  private(set) var start = 0

  /// The window before the start of a file; it grows by `length` bytes at a time.
  init(_ source: SharedBytes, length: Int = Self.standardLength) {
    self.source = source
    self.length = length
  }

  /// The place in the file up to which was read.
  var end: Int { start + bytes.count }

  /// Whether the file ends with the window.
  var isAtEnd: Bool { end == source.count }

  /// Whether the window has as much as is read at once, or more.
  var isFull: Bool { bytes.count >= length }

  /// Whether so many bytes are a large part of what is read at once.
  func isLarge(_ count: Int) -> Bool { count > length / 4 }

  /// Lets go of the bytes before `position`, and reads the next ones, which are returned.
  ///
  /// Throws `ByteFault.unreadable` where the file has become shorter.
  mutating func advance(keepingFrom position: Int) throws(FormatError) -> Range<Int> {
    let source = source
    let range = end..<min(source.count, end + length)
    try source.populate(range)
    let kept = bytes.count - position
    let part = source.bytes.extracting(range)
    let next = [UInt8](copying: part)
    start += position
    bytes = position < bytes.count ? bytes[position...] + next : next
    source.giveBack(range)
    return kept..<bytes.count
  }
}

/// The break of a line.
let lineFeed = UInt8(ascii: "\n")
/// What may stand before one.
let carriageReturn = UInt8(ascii: "\r")

/// What some programs begin a text in UTF-8 with.
let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
