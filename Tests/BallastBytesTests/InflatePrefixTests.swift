import BallastBytes
import Testing

/// The starts of compressed streams, which may be several, damaged or cut off.
@Suite struct InflatePrefixTests {
  /// "ab", deflated as a stored block.
  private static let block: [UInt8] = [1, 2, 0, 0xFD, 0xFF, 0x61, 0x62]
  private static let gzip: [UInt8] =
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0] + block + [UInt8](repeating: 0, count: 8)
  private static let zlib: [UInt8] = [0x78, 0x01] + block + [0, 0, 0, 0]

  private func prefix(
    _ bytes: [UInt8],
    _ format: DeflateFormat,
    limit: Int = 100
  ) throws -> String {
    let source = try SharedBytes.copying(bytes)
    let region = try inflatePrefix(source.bytes, as: format, limit: limit).region
    return String(decoding: array(region.source, region.range), as: UTF8.self)
  }

  private func array(_ source: SharedBytes, _ range: Range<Int>) -> [UInt8] {
    let span = Span<UInt8>(_bytes: source.bytes)
    var bytes: [UInt8] = []
    for index in range { bytes.append(span[index]) }
    return bytes
  }

  @Test func oneStream() throws {
    #expect(try prefix(Self.block, .raw) == "ab")
    // The checksums, which are wrong here, are not looked at.
    #expect(try prefix(Self.gzip, .gzip) == "ab")
    #expect(try prefix(Self.zlib, .zlib) == "ab")
  }

  @Test func severalStreams() throws {
    #expect(try prefix(Self.block + Self.block, .raw) == "ab")
    #expect(try prefix(Self.gzip + [0, 0, 0] + Self.gzip, .gzip) == "abab")
    #expect(try prefix(Self.zlib + Self.zlib, .zlib) == "abab")
    #expect(try prefix(Self.gzip + Self.gzip, .gzip, limit: 3) == "aba")
  }

  /// What was read is told, since empty streams and blocks cost time and give nothing.
  @Test func whatWasRead() throws {
    func consumed(_ bytes: [UInt8], _ format: DeflateFormat, limit: Int = 100) throws -> Int {
      let source = try SharedBytes.copying(bytes)
      return try inflatePrefix(source.bytes, as: format, limit: limit).consumed
    }
    let empty: [UInt8] = [0, 0, 0, 0xFF, 0xFF]
    #expect(try consumed(Self.block, .raw) == 7)
    #expect(try consumed((0..<50).flatMap { _ in empty } + Self.block, .raw) == 257)
    #expect(try consumed((0..<50).flatMap { _ in empty }, .raw) == 250)
    #expect(try consumed(Self.gzip + Self.gzip, .gzip) == 42)
    #expect(try consumed(Self.gzip + Self.gzip, .gzip, limit: 1) < 25)
    // A name that does not end.
    let unnamed: [UInt8] = [0x1F, 0x8B, 8, 8, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 1, count: 90)
    #expect(try consumed(unnamed, .gzip) == 100)
  }

  /// The memory grows: at each of its sizes a stream, or all of them, may end or go on.
  @Test(arguments: [1, 1000, 16_383, 16_384, 16_385, 32_768, 60_000])
  func largeStreams(count: Int) throws {
    let content = (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 7) >> 3) }
    let size = [UInt8(count & 0xFF), UInt8(count >> 8)]
    let block = [1] + size + size.map { ~$0 } + content
    for limit in [count - 1, count, count + 1, 2 * count, 100_000, 1 << 30] where limit > 0 {
      let twice = Self.gzip.prefix(10) + block + [UInt8](repeating: 0, count: 8)
      let source = try SharedBytes.copying(Array(twice + twice))
      let prefix = try inflatePrefix(source.bytes, as: .gzip, limit: limit)
      let expected = Array((content + content).prefix(limit))
      #expect(array(prefix.region.source, prefix.region.range) == expected, "\(limit)")
      #expect(prefix.region.source.count == expected.count)
      let isLimit = if case .limit = prefix.end { true } else { false }
      #expect(isLimit == (limit < 2 * count))
    }
  }

  @Test func optionalFieldsOfTheHeader() throws {
    // An extra field of two bytes, a name, a comment, a checksum; and flags that nobody knows.
    let header: [UInt8] = [0x1F, 0x8B, 8, 0xFE, 0, 0, 0, 0, 0, 0]
    let fields: [UInt8] = [2, 0, 9, 9, 0x6E, 0, 0x63, 0, 7, 7]
    #expect(try prefix(header + fields + Self.block, .gzip) == "ab")
  }

  @Test func damagedAndCutOff() throws {
    #expect(try prefix(Array(Self.gzip.prefix(16)), .gzip) == "a")
    #expect(try prefix(Array(Self.gzip.prefix(5)), .gzip) == "")
    #expect(try prefix([0x78, 0x02] + Self.block, .zlib) == "")
    #expect(try prefix([7], .raw) == "")
    #expect(try prefix([], .gzip) == "")
  }

  @Test func sliceSharesItsBytes() throws {
    let source = try SharedBytes.copying([1, 2, 3, 4])
    let slice = source.slice(1..<3)
    #expect(array(slice, 0..<slice.count) == [2, 3])
    #expect(array(slice.slice(1..<2), 0..<1) == [3])
  }
}
