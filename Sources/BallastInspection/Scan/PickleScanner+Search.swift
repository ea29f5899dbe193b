import BallastBytes
import BallastFormats

/// The search for pickles between other data.
extension PickleScanner {
  /// Pages of a file that has been searched are given back in pieces.
  private static let searchedPiece = 16 << 20
  /// A pickle without a header starts so far in front of its first import, or before that.
  private static let lookback = 64
  /// Each start that is tried costs so many opcodes besides those that are read.
  private static let opcodesPerStart = 8
  /// Modules and names in lines are taken for an import up to this length.
  private static let maximumWord = 100

  /// Walks what looks like a pickle in a range: after the storages of torch's legacy files there may
  /// be more of them.
  ///
  /// One that ends may be there to hide another, which its texts hold: the search goes on behind its
  /// header. Pickles without a header are looked for with `anyProtocol`, and arrays of objects.
  mutating func search(_ range: Range<Int>, of stream: Stream, anyProtocol: Bool) {
    let source = stream.region.source
    let span = Span<UInt8>(_bytes: source.bytes).extracting(0..<range.upperBound)
    var given = range.lowerBound
    let starts = range.lowerBound..<max(range.lowerBound, min(range.upperBound, stream.searchEnd))
    effort -= starts.count
    for index in starts {
      if index - given >= Self.searchedPiece {
        guard isAble else { return }
        source.giveBack(given..<index)
        given = index
      }
      switch span[index] {
      case 0x80:
        guard PickleSniffing.isPickleHeader(at: index, in: span) else { continue }
        let walk = walk(index..<range.upperBound, of: source, whileClean: true)
        if walk.hasCalls && walk.hasPlausibleName || walk.crossesFrame || walk.reachesUnknown {
          take(walk, of: stream, isBeyondDoubt: false)
        }
      case 0x93 where anyProtocol:
        if PickleSniffing.isArray(at: index, in: span) {
          tryArray(at: index, of: stream)
        } else if let start = Self.stackImport(endingAt: index, in: span, from: range.lowerBound) {
          tryImport(at: start, in: range, of: stream)
        }
      case UInt8(ascii: "c"), UInt8(ascii: "i"):
        guard anyProtocol, Self.isImport(at: index, in: span) else { continue }
        tryImport(at: index, in: range, of: stream)
      default: continue
      }
      guard effort > 0, opcodesLeft > 0 else { return }
    }
  }

  /// Tries the pickles that may lead to an import, if that is of a dangerous name.
  private mutating func tryImport(at index: Int, in range: Range<Int>, of stream: Stream) {
    let source = stream.region.source
    for start in (max(range.lowerBound, index - Self.lookback)...index).reversed() {
      opcodesLeft -= Self.opcodesPerStart
      let walk = walk(start..<range.upperBound, of: source, whileClean: true)
      // A word, and a line that follows it, are in many texts.
      if start == index, !walk.importsDangerously { return }
      if walk.hasCalls, walk.importsDangerously {
        return take(walk, of: stream, isBeyondDoubt: false)
      }
      guard opcodesLeft > 0, effort > 0 else { return }
    }
  }

  /// Tries the pickle in an array of objects, or behind one of numbers.
  private mutating func tryArray(at index: Int, of stream: Stream) {
    guard let rest = try? arrayRest(at: index, of: stream), rest.stream.region.count > 0 else {
      return
    }
    let region = rest.stream.region
    let walk = walk(region.range, of: region.source, whileClean: true)
    if walk.hasCalls && walk.hasPlausibleName || walk.reachesUnknown {
      take(walk, of: stream, isBeyondDoubt: false)
    }
  }

  /// Whether GLOBAL or INST stands at a place, with two lines that can be a module and a name.
  private static func isImport(at index: Int, in span: Span<UInt8>) -> Bool {
    guard let module = wordEnd(from: index + 1, in: span), module > index + 1,
      module < span.count, span[module] == 0x0A,
      let name = wordEnd(from: module + 1, in: span), name > module + 1
    else { return false }
    return name < span.count && span[name] == 0x0A
  }

  /// Where a word of letters, digits and dots ends; nil where it is too long.
  private static func wordEnd(from start: Int, in span: Span<UInt8>) -> Int? {
    var index = start
    while index < span.count, isWord(span[index]) {
      index += 1
      guard index - start <= maximumWord else { return nil }
    }
    return index
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2E, 0x5F: true
    default: false
    }
  }

  /// Where the first of the two short texts starts that STACK_GLOBAL takes, if they stand before it.
  private static func stackImport(
    endingAt index: Int,
    in span: Span<UInt8>,
    from start: Int
  ) -> Int? {
    guard let name = shortText(endingAt: index, in: span, from: start) else { return nil }
    return shortText(endingAt: name, in: span, from: start)
  }

  /// Where a SHORT_BINUNICODE starts whose text, MEMOIZE behind it or not, ends at a place.
  private static func shortText(
    endingAt index: Int,
    in span: Span<UInt8>,
    from start: Int
  ) -> Int? {
    var end = index
    if end > start, span[end - 1] == 0x94 { end -= 1 }
    var count = 0
    while count < maximumWord, end - count > start, isWord(span[end - count - 1]) {
      count += 1
      let opcode = end - count - 2
      if opcode >= start, span[opcode] == 0x8C, Int(span[opcode + 1]) == count { return opcode }
    }
    return nil
  }
}

extension PickleWalk {
  /// Whether there is a name that can do harm, and that can be one.
  fileprivate var importsDangerously: Bool {
    names.contains { name in
      if case .dangerous = name.verdict { name.isPlausible } else { false }
    }
  }
}
