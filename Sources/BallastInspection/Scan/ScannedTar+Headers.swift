import BallastBytes
import BallastFormats

/// Headers of a tar archive that look like pickles.
extension ScannedTar {
  /// So much of a header, and of what follows it, shows whether its name is that of a pickle.
  static let probe = 1 << 12
  /// No name looks like so many.
  private static let opcodesOfAName = 1 << 6

  /// A header can be data for one reader, and then its name is what a pickle starts with.
  mutating func addHeader(at position: Int) {
    let source = region.source
    switch PickleSniffing.kind(of: source.bytes.extracting(position..<position + TarHeader.block)) {
    case .other: return
    case .perhapsPickle:
      // Names start with any letter; what follows shows whether more than one of them is an opcode.
      var walk = PickleWalk(source, range: clipped(position, Self.probe))
      walk.isProbe = true
      walk.run(whileClean: true, maximumOpcodes: Self.opcodesOfAName)
      // A line that does not end is none.
      let isCut =
        walk.end == .truncated && walk.isClean && walk.range.count == Self.probe
        && (!walk.opcode.takesLines || hasLineFeed(after: walk.range.upperBound))
      guard walk.isPickle || walk.end == .limit || isCut else { return }
    default: break
    }
    guard contents.members.count < maximumMembers else {
      contents.isCut = true
      return
    }
    contents.members.append(
      ScannedArchive.Member(
        name: .text("header at byte \(position - region.range.lowerBound)"),
        range: position..<region.range.upperBound,
        isHeader: true
      )
    )
  }

  /// Whether a line feed follows: headers are read in order, so all of them together look once.
  private mutating func hasLineFeed(after position: Int) -> Bool {
    let source = region.source
    let span = Span<UInt8>(_bytes: source.bytes)
    lineFeed = max(lineFeed, position)
    var given = lineFeed
    while lineFeed < region.range.upperBound, span[lineFeed] != UInt8(ascii: "\n") {
      lineFeed += 1
      guard lineFeed - given >= Self.readPiece else { continue }
      source.giveBack(given..<lineFeed)
      given = lineFeed
    }
    return lineFeed < region.range.upperBound
  }
}

extension PickleOpcode {
  /// Whether its arguments end with line feeds.
  fileprivate var takesLines: Bool {
    switch self {
    case .int, .long, .float, .string, .unicode, .persid, .get, .put, .global, .inst: true
    default: false
    }
  }
}
