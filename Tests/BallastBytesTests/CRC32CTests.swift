import BallastBytes
import BallastTestSupport
import Testing

/// CRC-32C against published values, and against a slow twin.
@Suite struct CRC32CTests {
  /// One bit after another, as the definition has it.
  private static func slow(_ bytes: [UInt8]) -> UInt32 {
    var crc = UInt32.max
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
    }
    return ~crc
  }

  private static func fast(_ bytes: [UInt8], continuing checksum: UInt32 = 0) -> UInt32 {
    crc32c(of: bytes.span.bytesOfBytes, continuing: checksum)
  }

  /// RFC 3720, appendix B.4, and the check value of the catalogues.
  @Test func publishedValues() {
    #expect(Self.fast(Array("123456789".utf8)) == 0xE306_9283)
    #expect(Self.fast([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(Self.fast([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(Self.fast(Array(0..<32)) == 0x46DD_794E)
    #expect(Self.fast([]) == 0)
  }

  @Test func everyLengthAndEveryCut() {
    var generator = SeededGenerator(seed: 32)
    for count in 0..<67 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &generator) }
      let whole = Self.slow(bytes)
      #expect(Self.fast(bytes) == whole)
      for cut in 0...count {
        let first = Self.fast(Array(bytes[..<cut]))
        #expect(Self.fast(Array(bytes[cut...]), continuing: first) == whole)
      }
    }
  }
}
