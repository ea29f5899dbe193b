import BallastBytes

/// The header of an .lzma file, which has no magic number.
///
///     ┌───────────────┬────────────────┬──────────────┬───┬─────────────────────────┐
///     │ properties u8 │ dictionary u32 │ size u64, -1 │ 0 │ code u32 and coded bits │
///     └───────────────┴────────────────┴──────────────┴───┴─────────────────────────┘
struct LZMAHeader {
  private static let headerBytes = 13
  /// liblzma takes no larger sizes where it is not told the format.
  private static let sizeLimit = UInt64(1) << 38

  let literalContextBits: Int
  let literalPositionBits: Int
  let positionBits: Int
  /// The size of the content; nil where a mark ends it.
  let byteCount: Int?
  /// Where the coded bits start, with a zero.
  let end: Int

  /// Reads a header; nil where liblzma, not told the format, refuses it.
  init?(_ bytes: Span<UInt8>, at start: Int) {
    end = start + Self.headerBytes
    guard start >= 0, end < bytes.count, bytes[end] == 0, bytes[start] < 9 * 5 * 5 else {
      return nil
    }
    let properties = Int(bytes[start])
    literalContextBits = properties % 9
    literalPositionBits = properties / 9 % 5
    positionBits = properties / 45
    guard literalContextBits + literalPositionBits <= 4 else { return nil }
    var dictionary: UInt64 = 0
    for index in 0..<4 { dictionary |= UInt64(bytes[start + 1 + index]) << (8 * index) }
    var size: UInt64 = 0
    for index in 0..<8 { size |= UInt64(bytes[start + 5 + index]) << (8 * index) }
    // No bit, one, or two beside each other.
    let isRound =
      dictionary == 0xFFFF_FFFF || dictionary.nonzeroBitCount <= 1
      || dictionary.nonzeroBitCount == 2 && dictionary & dictionary << 1 != 0
    guard isRound, size == .max || size < Self.sizeLimit else { return nil }
    byteCount = size == .max ? nil : Int(size)
  }
}

/// Recognises .lzma files.
///
/// Small numbers of a tensor have such a header, too, and then mostly zeros for bits, which decode to zeros:
/// those are no pickle. Coded bits that are none soon ask for bytes further back than there are. Readers
/// give whole pieces of several KiB or nothing, so what is refused before that gives nothing.
enum LZMASniffing {
  /// So much of the content shows that it is one.
  private static let probe = 1 << 10
  /// As long may it be all zeros, which is what zeros decode to.
  private static let zeroProbe = 1 << 13
  /// Pages of zeros are given back in pieces.
  private static let zeroPiece = 16 << 20
  /// Readers go on to the next stream when one ends.
  private static let maximumStreams = 1 << 10
  /// An empty stream of nothing but zeros: a header and the first bytes of its bits.
  private static let zeroStream = 18
  private static let bytesPerOpcode = 8

  /// Whether bytes are an .lzma file, and what it took to tell, in opcodes.
  static func look(at region: ByteRegion) -> (isLZMA: Bool, opcodes: Int) {
    let source = region.source
    let bytes = Span<UInt8>(_bytes: source.bytes).extracting(region.range)
    var opcodes = 0
    var position = 0
    for _ in 0..<maximumStreams {
      position = skipZeros(in: bytes, from: position) {
        source.giveBack(region.range.lowerBound + $0..<region.range.lowerBound + $1)
      }
      if position > 0, startsOther(bytes, at: position) { return (true, opcodes) }
      guard let header = LZMAHeader(bytes, at: position) else { return (false, opcodes) }
      guard header.byteCount != nil else { return (true, opcodes) }
      opcodes += PickleScanner.opcodesPerTrial
      var decoder = LZMADecoder(header, of: bytes)
      let end = decoder.run(bytes, limit: probe, zeroLimit: zeroProbe)
      opcodes += decoder.output.count / bytesPerOpcode
      switch end {
      case .broken: return (false, opcodes)
      // What there is of the content is all that a reader gets.
      case .truncated: return (mayBeRead(decoder.output), opcodes)
      case .limit: return (!decoder.isZero, opcodes)
      case .whole(let next):
        guard decoder.isZero else { return (true, opcodes) }
        position = next
      }
    }
    return (true, opcodes)
  }

  /// Whether a content may be a pickle, start as a container, or end as an archive.
  private static func mayBeRead(_ content: [UInt8]) -> Bool {
    guard let copy = try? SharedBytes.copying(content),
      case .other = PickleSniffing.kind(of: copy.bytes)
    else { return true }
    let bytes = Span<UInt8>(_bytes: copy.bytes)
    return bytes.indices.contains { starts(bytes, with: [0x50, 0x4B, 5, 6], at: $0) }
  }

  /// Where the first stream ends of which not everything is zero, and those in front of it.
  private static func skipZeros(
    in bytes: Span<UInt8>,
    from start: Int,
    giveBack: (Int, Int) -> Void
  ) -> Int {
    var end = start
    var given = start
    while end < bytes.count, bytes[end] == 0 {
      end += 1
      guard end - given >= zeroPiece else { continue }
      giveBack(given, end)
      given = end
    }
    return start + (end - start) / zeroStream * zeroStream
  }

  /// Whether a stream of another format starts at a place, which the same readers go on to.
  private static func startsOther(_ bytes: Span<UInt8>, at start: Int) -> Bool {
    starts(bytes, with: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], at: start)
      || starts(bytes, with: [0x4C, 0x5A, 0x49, 0x50], at: start)
  }

  private static func starts(_ bytes: Span<UInt8>, with magic: [UInt8], at start: Int) -> Bool {
    start + magic.count <= bytes.count
      && magic.indices.allSatisfy { bytes[start + $0] == magic[$0] }
  }
}
