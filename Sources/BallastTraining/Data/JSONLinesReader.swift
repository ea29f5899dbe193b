package import BallastBytes
import BallastJSON

/// Documents of a JSON Lines file: one object a line, with `text`, or with `prompt` and `completion`.
package struct JSONLinesReader: DocumentReader {
  /// The longest line, and the longest record of a table, in bytes: far above any document of a corpus.
  package static let maximumRecordLength = 16 << 20
  /// The values of a line; a document has three.
  private static let maximumValues = 1 << 16

  private let maximumLength: Int
  private var window: SourceWindow
  private var position = 0
  private var lineNumber = 0
  private var isDone = false

  /// The documents of a file.
  package init(
    _ source: SharedBytes,
    windowLength: Int = SourceWindow.standardLength,
    maximumLength: Int = Self.maximumRecordLength
  ) {
    window = SourceWindow(source, length: windowLength)
    self.maximumLength = maximumLength
  }

  package var offset: Int { window.end }

  package mutating func next() throws(FormatError) -> [DocumentPiece]? {
    guard !isDone else { return nil }
    _ = try window.advance(keepingFrom: position)
    position = 0
    let bytes = window.bytes
    if window.start == 0, bytes.starts(with: byteOrderMark) { position = byteOrderMark.count }
    var pieces: [DocumentPiece] = []
    while true {
      let end = bytes[position...].firstIndex(of: lineFeed)
      let length = (end ?? bytes.endIndex) - position
      guard length <= maximumLength else {
        let fault = TrainingDataFault.recordTooLong(line: lineNumber + 1, limit: maximumLength)
        throw FormatError(fault, at: window.start + position)
      }
      guard end != nil || window.isAtEnd else { break }
      lineNumber += 1
      let line = position..<position + length
      do throws(FormatError) {
        pieces += try Self.pieces(of: bytes, line, at: window.start + position)
      } catch {
        let fault = TrainingDataFault.badRecord(line: lineNumber, error.fault.description)
        throw FormatError(fault, at: error.offset)
      }
      guard let end else {
        isDone = true
        break
      }
      position = end + 1
    }
    return pieces
  }

  /// The pieces of a line, none of a blank one; `offset` is its place in the file.
  private static func pieces(
    of bytes: [UInt8],
    _ line: Range<Int>,
    at offset: Int
  ) throws(FormatError) -> [DocumentPiece] {
    guard
      bytes[line].contains(where: { $0 != UInt8(ascii: " ") && $0 != carriageReturn && $0 != 9 })
    else { return [] }
    let value = try JSONValue(
      parsing: bytes.span.bytesOfBytes.extracting(line),
      base: offset,
      maximumValues: maximumValues
    )
    guard let object = value.object else { throw FormatError(Fault.noObject, at: offset) }
    func text(_ key: String) throws(FormatError) -> ArraySlice<UInt8>? {
      guard let value = object[key] else { return nil }
      guard let text = value.string else { throw FormatError(Fault.noString(key), at: offset) }
      return Array(text.utf8)[...]
    }
    switch (try text("text"), try text("prompt"), try text("completion")) {
    case (let text?, nil, nil):
      return text.isEmpty ? [] : [DocumentPiece(text: text)]
    case (nil, let prompt?, let completion?):
      if prompt.isEmpty, completion.isEmpty { return [] }
      return [
        DocumentPiece(text: prompt, isPrompt: true, endsDocument: false),
        DocumentPiece(text: completion),
      ]
    case (_?, _, _): throw FormatError(Fault.twoKinds, at: offset)
    default: throw FormatError(Fault.noText, at: offset)
    }
  }

  /// Whether a line is an object that has one of the keys of a document.
  static func matches(_ line: [UInt8]) -> Bool {
    guard line.first(where: { $0 > 0x20 }) == UInt8(ascii: "{"),
      let value = try? JSONValue(parsing: line.span.bytesOfBytes, maximumValues: maximumValues)
    else { return false }
    return ["text", "prompt", "completion"].contains { value[$0] != nil }
  }
}

extension JSONLinesReader {
  /// The ways in which a line of JSON can be no document.
  private enum Fault: FormatFault {
    case noObject
    case noString(String)
    case noText
    case twoKinds

    var description: String {
      switch self {
      case .noObject: "it is no JSON object"
      case .noString(let key): "'\(key)' is no string"
      case .noText: "it has neither 'text' nor both 'prompt' and 'completion'"
      case .twoKinds: "it has 'text' beside 'prompt' or 'completion'"
      }
    }
  }
}
