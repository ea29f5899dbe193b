import BallastBytes
import BallastCheckpoint

/// What is known of a text besides its tokens.
struct TextFacts: Hashable, Sendable {
  /// The bytes that are learned: without separators, what stands around documents, and prompts.
  var byteCount = 0
  /// The places that are not UTF-8, and the first of them.
  var invalidCount = 0
  var firstInvalid: Int?
}

/// What tokens depend on: the content of a text, how it is read, and the tokenizer.
struct TokenCacheKey: Hashable, Sendable {
  var length = 0
  /// The CRC-32C of the content.
  var checksum: UInt32 = 0
  /// The XXH64 of the content.
  var hash: UInt64 = 0
  /// The tokenizer's content.
  var tokenizer: UInt64 = 0
  /// How the content is read: 0 text, 1 lines of JSON, 2 a table.
  var kind: UInt32 = 0

  /// The name of a file for it.
  var fileName: String {
    let parts = [UInt64(length), UInt64(checksum), hash, tokenizer, UInt64(kind)]
    return parts.map { String($0, radix: 16) }.joined(separator: "-") + ".tokens"
  }
}

/// The end of a file of tokens, which says what is in it; little-endian.
struct TokenFileFooter: Hashable {
  static let byteCount = 92
  /// Changes with all that changes what the tokens of a text are.
  private static let magic = Array("ballast tok1".utf8)

  var key: TokenCacheKey
  var encoding: TokenStorage.Encoding
  var count: Int
  /// The XXH64 of the tokens as 32-bit numbers.
  var hash: UInt64
  var text: TextFacts

  var bytes: [UInt8] {
    var bytes = littleEndianBytes(of: Int64(key.length)) + littleEndianBytes(of: key.checksum)
    bytes += littleEndianBytes(of: key.kind) + littleEndianBytes(of: key.hash)
    bytes += littleEndianBytes(of: key.tokenizer) + littleEndianBytes(of: Int64(count))
    bytes += littleEndianBytes(of: hash) + littleEndianBytes(of: encoding.rawValue)
    bytes += littleEndianBytes(of: Int64(text.byteCount))
    bytes += littleEndianBytes(of: Int64(text.invalidCount))
    bytes += littleEndianBytes(of: Int64(text.firstInvalid ?? -1))
    bytes += Self.magic
    return bytes + littleEndianBytes(of: crc32c(of: bytes.span.bytesOfBytes))
  }
}

extension TokenFileFooter {
  /// Reads the footer of a file; nil where it is none, is damaged, or does not fit the file's size.
  init?(of source: SharedBytes) {
    let start = source.count - Self.byteCount
    guard start >= 0 else { return nil }
    let footer = source.bytes.extracting(start..<source.count)
    let content = footer.extracting(0..<Self.byteCount - 4)
    var reader = ByteReader(footer)
    guard let length = try? reader.readSize(), let contentChecksum = try? reader.read(UInt32.self),
      let kind = try? reader.read(UInt32.self), let contentHash = try? reader.read(UInt64.self),
      let tokenizer = try? reader.read(UInt64.self), let count = try? reader.readSize(),
      let hash = try? reader.read(UInt64.self), let code = try? reader.read(UInt32.self),
      let byteCount = try? reader.readSize(), let invalidCount = try? reader.readSize(),
      let firstInvalid = try? reader.read(Int64.self),
      let magic = try? reader.readBytes(Self.magic.count), [UInt8](copying: magic) == Self.magic,
      let own = try? reader.read(UInt32.self), own == crc32c(of: content),
      let encoding = TokenStorage.Encoding(rawValue: code), start % encoding.byteWidth == 0,
      count == start / encoding.byteWidth
    else { return nil }
    key = TokenCacheKey(
      length: length,
      checksum: contentChecksum,
      hash: contentHash,
      tokenizer: tokenizer,
      kind: kind
    )
    self.encoding = encoding
    self.count = count
    self.hash = hash
    text = TextFacts(
      byteCount: byteCount,
      invalidCount: invalidCount,
      firstInvalid: firstInvalid < 0 ? nil : Int(firstInvalid)
    )
  }
}
