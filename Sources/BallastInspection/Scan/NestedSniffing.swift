import BallastBytes
import BallastFormats

/// Recognises texts and bytes within a pickle that may be pickles, or archives, themselves.
enum NestedSniffing {
  /// The shortest payload imports a name, which takes two lines.
  private static let minimumBytes = 3
  /// What has to be decoded is looked at this far.
  private static let decodedPrefix = 1 << 10
  /// So much of it is looked at first.
  private static let shortPrefix = 1 << 6
  /// A tar archive has a header at least.
  private static let tarBlock = 512
  /// So many opcodes show what something is.
  private static let maximumOpcodes = 1 << 10
  /// What an opcode costs that is read for this: less than one that counts, since most texts of honest
  /// files have one of them.
  private static let checksPerOpcode = 4

  /// Whether it has to be scanned in its turn.
  static func mayHoldCode(
    _ text: PickleText,
    in source: SharedBytes,
    _ judgements: PickleJudgements
  ) -> Bool {
    guard text.range.count >= minimumBytes else { return false }
    let span = Span<UInt8>(_bytes: source.bytes)
    let first = span[text.range.lowerBound]
    switch text.encoding {
    case .bytes: return mayHoldCode(text.range, of: source, judgements)
    case .utf8:
      // Latin-1 above ASCII, as protocol 2 writes bytes: what it would be decoded to is looked at, too.
      if mayHoldCode(text.range, of: source, judgements) { return true }
      guard text.range.prefix(decodedPrefix).contains(where: { span[$0] >= 0x80 }) else {
        return false
      }
    case .escapedBytes, .rawUnicodeEscape:
      // Lines and whatever is no letter stand there as escapes.
      guard
        first == UInt8(ascii: "\\") || first >= 0x80 || PickleOpcode(rawValue: first) != nil
          || isZlibMethod(first),
        text.range.prefix(decodedPrefix).contains(where: { span[$0] == UInt8(ascii: "\\") })
      else { return mayHoldCode(text.range, of: source, judgements) }
    }
    // Decoding is dear, and most texts are nothing after a few letters.
    if text.range.count < tarBlock,
      let head = decoded(text.range.prefix(shortPrefix), of: text, in: source, judgements),
      isNothing(head, judgements)
    {
      return false
    }
    guard let head = decoded(text.range.prefix(decodedPrefix), of: text, in: source, judgements)
    else { return false }
    return mayHoldCode(0..<head.count, of: head, judgements)
  }

  private static func decoded(
    _ range: Range<Int>,
    of text: PickleText,
    in source: SharedBytes,
    _ judgements: PickleJudgements
  ) -> SharedBytes? {
    judgements.check(range.count)
    let bytes = PickleText(range: range, encoding: text.encoding).latinPrefix(from: source)
    return bytes.flatMap { try? SharedBytes.copying($0) }
  }

  /// Whether the first bytes of a text show that all Pythons stop within them.
  private static func isNothing(_ head: SharedBytes, _ judgements: PickleJudgements) -> Bool {
    let span = Span<UInt8>(_bytes: head.bytes)
    guard !PickleSniffing.mayBeZlib(span), !PickleSniffing.startsZip(head.bytes),
      case .perhapsPickle = PickleSniffing.plainKind(of: head.bytes)
    else { return false }
    let walk = probe(0..<head.count, of: head, judgements)
    return (walk.end == .unknownOpcode || !walk.isClean) && !walk.hasCalls && walk.names.isEmpty
      && !walk.reachesUnknown
  }

  /// The first byte of zlib's header, for windows of any size.
  private static func isZlibMethod(_ byte: UInt8) -> Bool { byte & 0x8F == 8 }

  private static func mayHoldCode(
    _ range: Range<Int>,
    of source: SharedBytes,
    _ judgements: PickleJudgements
  ) -> Bool {
    guard range.count >= minimumBytes else { return false }
    let span = Span<UInt8>(_bytes: source.bytes)
    let first = span[range.lowerBound]
    if range.count >= tarBlock,
      let region = try? ByteRegion(source, offset: range.lowerBound, count: range.count),
      ScannedTar.isArchive(region)
    {
      return true
    }
    // Magic numbers, and opcodes.
    guard
      first == 0x93 || first == 0x1F || isZlibMethod(first) || PickleOpcode(rawValue: first) != nil
    else { return false }
    if PickleSniffing.startsZip(source.bytes.extracting(range)) { return true }
    let bytes = source.bytes.extracting(range)
    if PickleSniffing.mayBeZlib(Span<UInt8>(_bytes: bytes)) {
      judgements.charge(PickleScanner.opcodesPerTrial)
    }
    switch PickleSniffing.kind(of: bytes) {
    case .pickle, .zip, .numpy, .gzip, .zlib: return true
    case .perhapsPickle: return isPerhapsPickle(range, of: source, judgements)
    case .unopened, .other: return false
    }
  }

  /// Whether some Python would read it to a call, to the end of a pickle with more behind it, or further
  /// than is looked at here.
  private static func isPerhapsPickle(
    _ range: Range<Int>,
    of source: SharedBytes,
    _ judgements: PickleJudgements
  ) -> Bool {
    let walk = probe(range, of: source, judgements)
    switch walk.end {
    case .limit: return true
    case .stop where walk.isClean && range.upperBound - walk.position >= minimumBytes: return true
    case .stop, .unknownOpcode, .truncated:
      return walk.hasCalls || walk.reachesUnknown || walk.isPickle && !walk.names.isEmpty
    }
  }

  /// Reads some opcodes of what may be a pickle.
  private static func probe(
    _ range: Range<Int>,
    of source: SharedBytes,
    _ judgements: PickleJudgements
  ) -> PickleWalk {
    var walk = PickleWalk(source, range: range, judgements: judgements)
    walk.isProbe = true
    walk.run(whileClean: true, maximumOpcodes: maximumOpcodes)
    judgements.check(walk.opcodeCount * checksPerOpcode)
    return walk
  }
}

extension PickleText {
  /// The bytes of a text up to the first character that is none, for its first bytes.
  fileprivate func latinPrefix(from source: SharedBytes) -> [UInt8]? {
    if encoding == .bytes || encoding == .escapedBytes { return bytes(from: source) }
    return decoded(from: source).unicodeScalars.prefix { $0.value < 256 }.map { UInt8($0.value) }
  }
}
