/// The CRC-32C (Castagnoli, RFC 3720) of bytes; `checksum` is that of the bytes before, if any.
package func crc32c(of bytes: RawSpan, continuing checksum: UInt32 = 0) -> UInt32 {
  var crc = ~checksum
  let tables = CRC32C.tables
  var position = 0
  // Eight bytes at a time, each through the table of its place (Kounavis and Berry 2005).
  while position + 8 <= bytes.byteCount {
    // Safe: the condition checked the bounds, and every bit pattern is a valid integer.
    let word = unsafe UInt64(
      littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
    )
    let mixed = word ^ UInt64(crc)
    crc = 0
    for place in 0..<8 {
      let byte = Int(truncatingIfNeeded: mixed >> (8 * place)) & 0xFF
      crc ^= tables[(7 - place) << 8 | byte]
    }
    position += 8
  }
  while position < bytes.byteCount {
    // Safe: the condition checked the bounds.
    let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
    crc = crc >> 8 ^ tables[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
    position += 1
  }
  return ~crc
}

/// A checksum as LevelDB and TensorFlow store it: one over bytes that hold checksums would be weak.
package func maskedCRC32C(_ checksum: UInt32) -> UInt32 {
  (checksum >> 15 | checksum << 17) &+ CRC32C.maskDelta
}

/// The checksum that was masked.
package func unmaskedCRC32C(_ masked: UInt32) -> UInt32 {
  let rotated = masked &- CRC32C.maskDelta
  return rotated >> 17 | rotated << 15
}

private enum CRC32C {
  static let maskDelta: UInt32 = 0xA282_EAD8

  /// Castagnoli's polynomial, its bits reversed.
  private static let polynomial: UInt32 = 0x82F6_3B78

  /// For each of eight places, what a byte there does to the remainder.
  static let tables: [UInt32] = {
    var tables = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { crc, _ in crc >> 1 ^ (crc & 1 == 1 ? polynomial : 0) }
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
    }
    return tables
  }()
}
