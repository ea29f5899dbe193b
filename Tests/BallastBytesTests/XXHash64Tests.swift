import BallastBytes
import Testing

@Suite struct XXHash64Tests {
  private static func hash(_ bytes: [UInt8], pieces: Int = .max) -> UInt64 {
    var hash = XXHash64()
    var start = 0
    while start < bytes.count {
      let piece = Array(bytes[start..<min(bytes.count, start + min(pieces, bytes.count))])
      hash.update(piece.span.bytesOfBytes)
      start += piece.count
    }
    return hash.value
  }

  /// The first four are published; the others were computed in Python by the specification.
  @Test(
    arguments: [
      (Array("".utf8), 0xEF46_DB37_51D8_E999), (Array("a".utf8), 0xD24E_C4F1_A98C_6E5B),
      (Array("abc".utf8), 0x44BC_2CF5_AD77_0999),
      (Array("Nobody inspects the spammish repetition".utf8), 0xFBCE_A83C_8A37_8BF1),
      (counting(31), 0xA2AA_5F33_CC4A_6119), (counting(32), 0x23C3_C17E_F790_FD97),
      (counting(33), 0x50A7_CFC7_BA58_8784), (counting(45), 0x86FA_EE00_897C_4B41),
      (counting(100), 0xA61F_8D4C_170F_E531), (counting(1000), 0x5F23_5FA0_33F1_A3FB),
    ] as [([UInt8], UInt64)]
  )
  func publishedValues(bytes: [UInt8], value: UInt64) {
    #expect(Self.hash(bytes) == value)
    for pieces in [1, 3, 31, 32, 33, 64] { #expect(Self.hash(bytes, pieces: pieces) == value) }
  }

  private static func counting(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(($0 * 7 + 3) % 256) }
  }

  @Test func numbersAreTheirBytes() {
    var number = XXHash64()
    number.update(UInt32(0x6362_6161))
    var bytes = XXHash64()
    bytes.update(Array("aabc".utf8).span.bytesOfBytes)
    #expect(number.value == bytes.value)
  }

  @Test func integersStandInBytes() {
    let bytes: [UInt8] = [1, 2, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 9]
    var narrow: [Int32] = [7]
    bytes.span.bytesOfBytes.appendUInt16s(to: &narrow)
    #expect(narrow == [7, 513, 65_535, 65_534, 65_535])
    var wide: [Int32] = []
    bytes.span.bytesOfBytes.appendInt32s(to: &wide)
    #expect(wide == [-65_023, -2])
  }
}
