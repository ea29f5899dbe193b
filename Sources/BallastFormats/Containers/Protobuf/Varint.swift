import BallastBytes

/// A number in groups of seven bits, the lowest first; all but the last have their top bit set.
enum Varint {
  private static let maximumBytes = 10

  /// Reads a number; throws `ProtobufFault.badVarint` where it has more than 64 bits.
  @_lifetime(reader: copy reader)
  static func read(_ reader: inout ByteReader) throws(FormatError) -> UInt64 {
    let start = reader.offset
    var value: UInt64 = 0
    for index in 0..<maximumBytes {
      let byte = try reader.read(UInt8.self)
      let bits = UInt64(byte & 0x7F)
      guard index < maximumBytes - 1 || bits <= 1 else { break }
      value |= bits << (7 * index)
      if byte & 0x80 == 0 { return value }
    }
    throw FormatError(ProtobufFault.badVarint, at: start)
  }

  /// Reads a number that must fit into `Int`.
  @_lifetime(reader: copy reader)
  static func readSize(_ reader: inout ByteReader) throws(FormatError) -> Int {
    let start = reader.offset
    guard let size = Int(exactly: try read(&reader)) else {
      throw FormatError(ByteFault.overflow, at: start)
    }
    return size
  }

  /// The bytes of a number.
  static func bytes(of value: some FixedWidthInteger & UnsignedInteger) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(truncatingIfNeeded: rest)]
  }
}
