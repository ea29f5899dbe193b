import BallastBytes
import BallastFormats

/// Recognises by their first bytes what may hold a pickle.
enum PickleSniffing {
  /// What the start of some bytes says about them.
  enum Kind {
    /// PROTO of a protocol from 2 to 5, and another opcode: a pickle beyond doubt.
    case pickle
    /// The letter of an opcode: a pickle of protocol 0 or 1, or any text.
    case perhapsPickle
    case zip
    case numpy
    case gzip
    /// zlib's header, and behind it something else that is not `other`.
    case zlib
    /// A compression or an archive that is not opened, by its name.
    case unopened(String)
    case other
  }

  /// What other compressions and archives start with.
  private static let unopened: [(magic: [UInt8], name: String)] = [
    (Array("BZh".utf8), "bzip2"), ([0xFD] + Array("7zXZ".utf8) + [0], "xz"),
    (Array("LZIP".utf8), "lzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
    ([0x04, 0x22, 0x4D, 0x18], "lz4"), (Array("7z".utf8) + [0xBC, 0xAF, 0x27, 0x1C], "7z"),
    (Array("Rar!".utf8) + [0x1A, 0x07], "rar"), (Array("ZF".utf8), "an old joblib's format"),
  ]

  static func kind(of bytes: RawSpan) -> Kind {
    let kind = plainKind(of: bytes)
    switch kind {
    case .perhapsPickle, .other: return isZlib(bytes) ? .zlib : kind
    default: return kind
    }
  }

  /// The kind, if it is no zlib stream, which takes a trial to tell.
  static func plainKind(of bytes: RawSpan) -> Kind {
    let span = Span<UInt8>(_bytes: bytes)
    guard span.count >= 2 else { return .other }
    if isPickleHeader(at: 0, in: span) { return .pickle }
    if starts(span, with: [0x50, 0x4B, 0x03, 0x04]) { return .zip }
    if starts(span, with: NPYHeader.magic) { return .numpy }
    if starts(span, with: [0x1F, 0x8B, 0x08]) { return .gzip }
    if let name = unopenedFormat(of: span) { return .unopened(name) }
    return PickleOpcode(rawValue: span[0]) == nil ? .other : .perhapsPickle
  }

  /// Whether bytes start as those do that torch and NumPy take for a zip archive: with a member, or
  /// with the end of an empty one.
  static func startsZip(_ bytes: RawSpan) -> Bool {
    let span = Span<UInt8>(_bytes: bytes)
    return starts(span, with: [0x50, 0x4B, 3, 4]) || starts(span, with: [0x50, 0x4B, 5, 6])
  }

  /// Whether PROTO and a further opcode stand at `index`.
  ///
  /// Protocol numbers that no Python knows are refused by all of them, but 0 and 1 are accepted.
  static func isPickleHeader(at index: Int, in span: Span<UInt8>) -> Bool {
    guard index + 2 < span.count, span[index] == 0x80, span[index + 1] <= 5 else { return false }
    return PickleOpcode(rawValue: span[index + 2]) != nil
  }

  /// Whether the magic number of an array stands at `index`.
  static func isArray(at index: Int, in span: Span<UInt8>) -> Bool {
    starts(span, with: NPYHeader.magic, at: index)
  }

  private static func unopenedFormat(of span: Span<UInt8>) -> String? {
    guard let format = unopened.first(where: { starts(span, with: $0.magic) }) else { return nil }
    switch format.name {
    // The magic numbers of these two are short: the block's own follows, or that of no block, or a
    // size, and the zero that all such streams start with.
    case "bzip2":
      let isStream = [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]]
        .contains { starts(span, with: $0, at: 4) }
      return isStream ? format.name : nil
    case "lzip": return span.count > 4 && span[4] <= 1 ? format.name : nil
    case "an old joblib's format": return isZFile(span) ? format.name : nil
    default: return format.name
    }
  }

  /// Whether bytes are a file of joblib's before 0.9.3: a size in 19 letters, which is whatever Python takes
  /// for a hexadecimal number, perhaps a space, and a zlib stream.
  private static func isZFile(_ span: Span<UInt8>) -> Bool {
    let letters = 2..<21
    guard span.count > letters.upperBound, letters.allSatisfy({ isOfANumber(span[$0]) }) else {
      return false
    }
    let stream = span[letters.upperBound] == 0x20 ? letters.upperBound + 1 : letters.upperBound
    return mayBeZlib(span.extracting(stream..<span.count))
  }

  /// Whether a byte may stand in a hexadecimal number, or around one.
  private static func isOfANumber(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
    case 0x58, 0x78, 0x2B, 0x2D, 0x5F, 0x20, 0x09...0x0D: true
    default: false
    }
  }

  /// Whether bytes start as a zlib stream: with a window of any size, no dictionary of others, and a
  /// block of a kind that there is.
  static func mayBeZlib(_ span: Span<UInt8>) -> Bool {
    guard span.count >= 3, span[0] & 0x8F == 8, span[1] & 0x20 == 0,
      (Int(span[0]) << 8 | Int(span[1])) % 31 == 0
    else { return false }
    switch span[2] >> 1 & 3 {
    // One that is not compressed has its length twice.
    case 0: return span.count >= 7 && span[3] == ~span[5] && span[4] == ~span[6]
    case 3: return false
    default: return true
    }
  }

  /// Whether bytes are a zlib stream, and of something that may be a pickle or hold one.
  private static func isZlib(_ bytes: RawSpan) -> Bool {
    // A compressor makes more of its bytes than that.
    let piece = bytes.extracting(first: 2 * ScannedArchive.probe)
    guard mayBeZlib(Span<UInt8>(_bytes: bytes)),
      let start = try? inflatePrefix(piece, as: .zlib, limit: ScannedArchive.probe)
    else { return false }
    let isEmpty = start.region.count < ScannedArchive.probe && start.consumed == piece.byteCount
    if isEmpty, piece.byteCount < bytes.byteCount { return true }
    guard start.region.count >= 2 else { return false }
    if ScannedTar.isArchive(start.region) { return true }
    let inner = start.region.bytes
    // A zlib stream in another may be its own content for ever: it is looked into when its turn comes.
    guard case .other = plainKind(of: inner) else { return true }
    return mayBeZlib(Span<UInt8>(_bytes: inner))
  }

  private static func starts(
    _ span: Span<UInt8>,
    with prefix: [UInt8],
    at start: Int = 0
  ) -> Bool {
    guard span.count >= start + prefix.count else { return false }
    return prefix.indices.allSatisfy { span[start + $0] == prefix[$0] }
  }
}
