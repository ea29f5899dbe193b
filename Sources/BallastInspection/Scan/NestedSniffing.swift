import BallastBytes
import BallastFormats

/// Recognises texts and bytes within a pickle that may be pickles, or archives, themselves.
struct NestedSniffing {
  /// The shortest payload imports a name, which takes two lines.
  private static let minimumBytes = 3
  /// So much of what has to be decoded is looked at first, which is enough for most texts.
  private static let shortPrefix = 1 << 6
  /// The first bytes of a zlib stream, and of the header of a tar archive, show what they may be.
  private static let longPrefix = 1 << 10
  /// After that the prefix grows so many times.
  private static let growth = 8
  /// The longest escape; what ends so close to a cut may be the cut's doing.
  private static let longestEscape = 10
  /// A tar archive has a header at least.
  private static let tarBlock = 512
  /// Its checksum, in digits.
  private static let tarChecksum = 148..<156
  /// So many opcodes show what something is.
  private static let maximumOpcodes = 1 << 10
  /// What an opcode costs that is read for this: less than one that counts, since most texts of honest
  /// files have one of them.
  private static let checksPerOpcode = 4
  /// So many bytes of a text are passed over at the cost of a look at one value.
  private static let bytesPerCheck = 16

  private enum Answer {
    case yes
    case no
    /// More of the text has to be decoded.
    case unknown
  }

  /// The bytes, or as many of them as were decoded.
  private let source: SharedBytes
  private let range: Range<Int>
  /// What all of them can be at most.
  private let fullCount: Int
  private let judgements: PickleJudgements

  private var isCut: Bool { range.count < fullCount }

  /// Whether a text has to be scanned in its turn.
  static func mayHoldCode(
    _ text: PickleText,
    in source: SharedBytes,
    _ judgements: PickleJudgements
  ) -> Bool {
    guard text.range.count >= minimumBytes else { return false }
    judgements.check(text.range.count / bytesPerCheck)
    return text.readings(in: source).contains { reading in
      mayHoldCode(text, as: reading, in: source, judgements)
    }
  }

  private static func mayHoldCode(
    _ text: PickleText,
    as reading: NestedReading,
    in source: SharedBytes,
    _ judgements: PickleJudgements
  ) -> Bool {
    let count = text.range.count
    if case .plain = reading {
      let whole = NestedSniffing(
        source: source,
        range: text.range,
        fullCount: count,
        judgements: judgements
      )
      return whole.answer() == .yes
    }
    var decoded = count < tarBlock ? shortPrefix : longPrefix
    while true {
      judgements.check(min(decoded, count))
      guard let head = text.bytes(as: reading, first: decoded, from: source),
        let copy = try? SharedBytes.copying(head)
      else { return false }
      let sniffing = NestedSniffing(
        source: copy,
        range: 0..<copy.count,
        fullCount: decoded < count ? count : copy.count,
        judgements: judgements
      )
      switch sniffing.answer() {
      case .yes: return true
      case .no: return false
      case .unknown where decoded >= count: return false
      case .unknown:
        decoded = max(longPrefix, decoded.multipliedReportingOverflow(by: growth).partialValue)
      }
    }
  }

  private func answer() -> Answer {
    guard range.count >= Self.minimumBytes else { return isCut ? .unknown : .no }
    let span = Span<UInt8>(_bytes: source.bytes)
    if mayBeTar(span) {
      guard range.count >= Self.tarBlock else { return .unknown }
      let region = try? ByteRegion(source, offset: range.lowerBound, count: range.count)
      if let region, ScannedTar.isArchive(region) { return .yes }
    }
    // Magic numbers, and opcodes.
    let first = span[range.lowerBound]
    guard
      first == 0x93 || first == 0x1F || Self.isZlibMethod(first)
        || PickleOpcode(rawValue: first) != nil
    else { return .no }
    let bytes = source.bytes.extracting(range)
    if PickleSniffing.startsZip(bytes) { return .yes }
    if PickleSniffing.mayBeZlib(Span<UInt8>(_bytes: bytes)) {
      // A short start of one need not decompress to anything.
      if isCut, range.count < Self.shortPrefix * 2 { return .unknown }
      judgements.charge(PickleScanner.opcodesPerTrial)
    }
    switch PickleSniffing.kind(of: bytes) {
    case .pickle, .zip, .numpy, .gzip, .zlib: return .yes
    case .perhapsPickle: return isPickle()
    case .unopened, .other: return .no
    }
  }

  /// Whether it may be a tar archive, if there are bytes enough: a checksum stands where one has to.
  private func mayBeTar(_ span: Span<UInt8>) -> Bool {
    guard fullCount >= Self.tarBlock, range.count >= Self.tarChecksum.upperBound else {
      return false
    }
    let checksum = Self.tarChecksum.map { span[range.lowerBound + $0] }
    return checksum.contains { (0x30...0x37).contains($0) }
      && checksum.allSatisfy { (0x30...0x37).contains($0) || $0 == 0 || $0 == 0x20 }
  }

  /// The first byte of zlib's header, for windows of any size.
  private static func isZlibMethod(_ byte: UInt8) -> Bool { byte & 0x8F == 8 }

  /// Whether some Python would read it to a call, to the end of a pickle with more behind it, or further
  /// than is looked at here.
  private func isPickle() -> Answer {
    var walk = PickleWalk(source, range: range, judgements: judgements)
    walk.isProbe = true
    walk.run(whileClean: true, maximumOpcodes: Self.maximumOpcodes)
    judgements.check(walk.opcodeCount * Self.checksPerOpcode)
    if walk.hasCalls || walk.reachesUnknown || walk.isPickle && !walk.names.isEmpty { return .yes }
    let isAtCut = isCut && walk.position + Self.longestEscape > range.upperBound
    switch walk.end {
    case .limit: return .yes
    case .stop where walk.isClean:
      if range.upperBound - walk.position >= Self.minimumBytes { return .yes }
      return isCut ? .unknown : .no
    // An argument that is longer than the text is cut off in any case.
    case .truncated where walk.isClean && isCut:
      return range.count + walk.missing <= fullCount ? .unknown : .no
    case .stop, .unknownOpcode, .truncated: return isAtCut ? .unknown : .no
    }
  }
}
