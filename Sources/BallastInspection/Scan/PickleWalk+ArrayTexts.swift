import BallastBytes
import BallastFormats

/// Texts that are elements of NumPy's arrays, which no opcode shows.
extension PickleWalk {
  /// Pages of large arrays are given back in pieces.
  private static let textPiece = 16 << 20
  /// Escaped texts of Python 2 are decoded up to this size.
  private static let maximumEscapedBytes = 1 << 24
  /// More bytes than the longest name takes, four for a letter.
  private static let longestName = 1 << 7
  /// Bytes that are passed over at the cost of a look at one value, and the looks that a name costs.
  private static let bytesPerCheck = 8
  private static let checksPerName = 16

  /// Notes that texts, bytes or structures have a name by which Python, NumPy or torch ask objects.
  mutating func inspectTexts(_ content: PickleSymbol, of type: Int) {
    guard "USV".utf8.contains(arrayTypes[type].kind) else { return }
    if case .buffer = content {
      hasTextBuffers = true
      if changesBuffers { note(.oddState) }
    }
    switch content {
    case .bytes(let range), .buffer(.some(let range)): inspectLetters(range)
    // Nobody knows what it holds.
    case .buffer(nil): note(.oddState)
    case .encoded(let text), .text(let text):
      guard text.encoding == .escapedBytes || text.encoding == .rawUnicodeEscape else {
        return inspectLetters(text.range)
      }
      guard inspectedTexts.insert(text.range.lowerBound).inserted else { return }
      guard text.range.count <= Self.maximumEscapedBytes else { return note(.oddState) }
      judgements.check(text.range.count)
      let letters = text.bytes(from: source) ?? []
      if spellsProtocol(letters.span, 0..<letters.count) { note(.oddState) }
    default: return
    }
  }

  private mutating func inspectLetters(_ range: Range<Int>) {
    guard inspectedTexts.insert(range.lowerBound).inserted else { return }
    judgements.check(range.count / Self.bytesPerCheck)
    let source = source
    for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.textPiece) {
      let end = min(start + Self.textPiece, range.upperBound)
      // A name may go on behind the piece.
      let piece = start..<min(end + Self.longestName, range.upperBound)
      if spellsProtocol(Span<UInt8>(_bytes: source.bytes), piece) { return note(.oddState) }
      if end < range.upperBound { source.giveBack(start..<end) }
    }
  }

  /// Whether such a name stands in bytes, in letters of any width: zeros are left out.
  private func spellsProtocol(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let underscore = UInt8(ascii: "_")
    var previous: UInt8 = 0
    for index in range where bytes[index] != 0 {
      let letter = bytes[index]
      defer { previous = letter }
      // All names go on with a small letter.
      guard previous == underscore, letter >= 0x61, letter <= 0x7A,
        isBehindTwo(index, bytes, range)
      else { continue }
      judgements.check(Self.checksPerName)
      var letters: [UInt8] = []
      for place in index..<min(index + Self.longestName, range.upperBound) where bytes[place] != 0 {
        letters.append(bytes[place])
      }
      if PickleAttributes.isProtocol(behindUnderscores: letters) { return true }
    }
    return false
  }

  /// Whether the two letters before a place are underscores.
  private func isBehindTwo(_ index: Int, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var found = 0
    var place = index - 1
    while place >= range.lowerBound, found < 2, index - place <= Self.longestName {
      if bytes[place] != 0 {
        guard bytes[place] == UInt8(ascii: "_") else { return false }
        found += 1
      }
      place -= 1
    }
    return found == 2
  }

  /// Notes structures with objects in them beside torch's objects, which take their elements for pairs.
  mutating func keepRecords() {
    resultsHold.arrayTypes = true
    if buildsTorchObjects { note(.oddState) }
  }
}
