import BallastBytes
import BallastTestSupport
import Testing

/// Raw deflate as archives hold it, and the checksum beside it.
@Suite struct CompressionTests {
  /// RFC 1951, a stored block: the last one, 5 bytes, the complement of 5, "hello".
  private static let stored: [UInt8] =
    [0x01, 0x05, 0x00, 0xFA, 0xFF] + Array("hello".utf8)
  /// zlib's output for "hello hello hello hello": a block of fixed codes.
  private static let fixed: [UInt8] = [203, 72, 205, 201, 201, 87, 200, 64, 39, 1]
  /// zlib's output for 65,536 zeros: a block of dynamic codes, 78 bytes.
  private static let dynamic: [UInt8] =
    [
      0xED, 0xC1, 0x01, 0x01, 0x00, 0x00, 0x00, 0x80, 0x90, 0xFE, 0xAF, 0xEE, 0x08, 0x0A,
    ] + [UInt8](repeating: 0, count: 63) + [0x6A]
  /// No bytes: a block of fixed codes that ends at once.
  private static let empty: [UInt8] = [0x03, 0x00]

  private func inflated(_ compressed: [UInt8], _ byteCount: Int) throws -> [UInt8] {
    let source = try SharedBytes.copying(compressed)
    let output = try inflate(source.bytes, byteCount: byteCount, at: 42)
    // Safe: the bytes are copied before the closure returns.
    return unsafe output.bytes.withUnsafeBytes { unsafe Array($0) }
  }

  @Test func goodStreams() throws {
    #expect(try inflated(Self.stored, 5) == Array("hello".utf8))
    #expect(try inflated(Self.fixed, 23) == Array("hello hello hello hello".utf8))
    #expect(try inflated(Self.dynamic, 65536) == [UInt8](repeating: 0, count: 65536))
    #expect(try inflated(Self.empty, 0) == [])
  }

  @Test(arguments: [0, 1, 4, 6, 1000])
  func anotherSizeThanAnnouncedIsRefused(byteCount: Int) {
    #expect(
      Failure { try inflated(Self.stored, byteCount) }
        == Failure(ByteFault.wrongDecompressedSize(expected: byteCount), at: 42)
    )
  }

  @Test func aBombStopsAtTheAnnouncedSize() {
    #expect(
      Failure { try inflated(Self.dynamic, 1000) }
        == Failure(ByteFault.wrongDecompressedSize(expected: 1000), at: 42)
    )
  }

  @Test(arguments: 0..<10)
  func aStreamCutShortIsRefused(length: Int) {
    #expect(
      Failure { try inflated(Array(Self.fixed.prefix(length)), 23) }
        == Failure(ByteFault.wrongDecompressedSize(expected: 23), at: 42)
    )
  }

  @Test(
    arguments: [
      [0x07],  // a block of the reserved type 3
      [0x01, 0x05, 0x00, 0x00, 0x00, 0x68],  // a length that is not its complement
      [0x03, 0x02, 0x00],  // a distance before the start
      [0x78, 0x9C, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00],  // zlib's header in front
    ] as [[UInt8]]
  )
  func damageIsRefused(compressed: [UInt8]) {
    #expect(
      Failure { try inflated(compressed, 5) } == Failure(ByteFault.badCompression, at: 42)
    )
  }

  @Test func randomDamageNeverTraps() {
    var random = SeededGenerator(seed: 1)
    var refused = 0
    for _ in 0..<2000 {
      var compressed = Self.dynamic
      compressed[Int.random(in: 0..<16, using: &random)] = .random(in: 0 ... .max, using: &random)
      if failure(of: { try inflated(compressed, 65536) }) != nil { refused += 1 }
    }
    #expect(refused > 1000)
  }

  @Test func checksums() throws {
    // The check value of CRC-32/ISO-HDLC.
    let digits = try SharedBytes.copying(Array("123456789".utf8))
    #expect(crc32(of: digits.bytes) == 0xCBF4_3926)
    let first = crc32(of: digits.bytes.extracting(0..<4))
    #expect(crc32(of: digits.bytes.extracting(4..<9), continuing: first) == 0xCBF4_3926)
    let nothing = try SharedBytes.copying([])
    #expect(crc32(of: nothing.bytes) == 0)
    #expect(crc32(of: nothing.bytes, continuing: first) == first)
  }
}
