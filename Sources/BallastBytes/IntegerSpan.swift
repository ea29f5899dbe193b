extension RawSpan {
  /// Appends the little-endian 16-bit numbers that these bytes are; an odd last byte is left out.
  package func appendUInt16s(to numbers: inout [Int32]) {
    for position in 0..<byteCount / 2 {
      // Safe: the position is below the count of whole numbers, and every bit pattern is one.
      let number = unsafe unsafeLoadUnaligned(
        fromUncheckedByteOffset: 2 * position,
        as: UInt16.self
      )
      numbers.append(Int32(UInt16(littleEndian: number)))
    }
  }

  /// Appends the little-endian 32-bit numbers that these bytes are; up to three last bytes are left
  /// out.
  package func appendInt32s(to numbers: inout [Int32]) {
    for position in 0..<byteCount / 4 {
      // Safe: the position is below the count of whole numbers, and every bit pattern is one.
      let number = unsafe unsafeLoadUnaligned(
        fromUncheckedByteOffset: 4 * position,
        as: Int32.self
      )
      numbers.append(Int32(littleEndian: number))
    }
  }
}
