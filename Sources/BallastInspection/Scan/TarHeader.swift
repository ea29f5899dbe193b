import BallastBytes

/// The fields of a tar archive's headers, as readers take them.
enum TarHeader {
  static let block = 512

  private static let checksumField = 148..<156
  private static let sizeField = 124..<136
  /// Mode, owner, group, size, time, checksum and the numbers of a device.
  private static let numbers = [
    100..<108, 108..<116, 116..<124, sizeField, 136..<148, checksumField, 329..<337, 337..<345,
  ]

  /// Whether a member of a kind is a hard or a symbolic link, a device or a pipe.
  static func isLink(_ kind: UInt8) -> Bool {
    [0x31, 0x32, 0x33, 0x34, 0x36].contains(kind)
  }

  /// The size in a header, and whether readers take it for different numbers: one that is none, is
  /// negative, so that Python goes back, or stands where some do not look.
  static func size(_ header: Span<UInt8>) -> (size: Int?, isOdd: Bool) {
    let field = header.extracting(sizeField)
    guard let size = number(field), size >= 0 else { return (nil, true) }
    let isBinary = field[0] & 0x80 != 0
    let isHidden = field[0] == 0 && field.indices.contains { (0x30...0x39).contains(field[$0]) }
    return (size, isBinary ? field[0] != 0x80 || size > 1 << 54 : isHidden)
  }

  /// Whether the checksum of a header is right, counted over signed or unsigned bytes.
  static func isHeader(at position: Int, in region: ByteRegion) -> Bool {
    guard position + block <= region.range.upperBound else { return false }
    let header = Span<UInt8>(_bytes: region.source.bytes).extracting(position..<position + block)
    guard let checksum = number(header.extracting(checksumField)) else { return false }
    var unsigned = 8 * 0x20
    var signed = 8 * 0x20
    for index in header.indices where !checksumField.contains(index) {
      unsigned += Int(header[index])
      signed += Int(Int8(bitPattern: header[index]))
    }
    return checksum == unsigned || checksum == signed
  }

  /// Whether all readers take it for a header: its numbers are such that Python reads them, and its checksum
  /// counts unsigned bytes.
  static func isPlain(_ header: Span<UInt8>) -> Bool {
    var sum = checksumField.count * 0x20
    for index in header.indices where !checksumField.contains(index) { sum += Int(header[index]) }
    return number(header.extracting(checksumField)) == sum
      && numbers.allSatisfy { isPlainNumber(header.extracting($0)) }
  }

  /// Whether all fields that Python reads as numbers are such to it, the checksum left out.
  static func isReadByPython(_ header: Span<UInt8>) -> Bool {
    numbers.allSatisfy { isPythonNumber(header.extracting($0)) }
  }

  /// What Python may read with `int(text, 8)` up to a NUL, or a number behind a byte of 0x80 or 0xFF.
  private static func isPythonNumber(_ field: Span<UInt8>) -> Bool {
    if field[0] == 0x80 || field[0] == 0xFF { return true }
    for index in field.indices {
      switch field[index] {
      case 0: return true
      // White space, signs, "0o" and underscores, wherever they stand.
      case 0x09...0x0D, 0x1C...0x20, 0x2B, 0x2D, 0x30...0x37, 0x4F, 0x5F, 0x6F: continue
      default: return false
      }
    }
    return true
  }

  /// Octal digits, with spaces around them or a NUL behind, nothing, or a number behind a byte of 0x80.
  private static func isPlainNumber(_ field: Span<UInt8>) -> Bool {
    if field[0] == 0x80 || field[0] == 0xFF { return true }
    var hasDigit = false
    var hasEnded = false
    for index in field.indices {
      switch field[index] {
      case 0: return true
      case 0x20: hasEnded = hasDigit
      case 0x30...0x37 where !hasEnded: hasDigit = true
      default: return false
      }
    }
    return true
  }

  /// A number as tarfile reads it: octal in Python's spelling, up to a NUL, or big-endian behind a
  /// byte of 0x80; otherwise the octal digits that stand in front, as in C.
  ///
  /// Nil where there is none; a checksum over signed bytes may be negative.
  static func number(_ field: Span<UInt8>) -> Int? {
    if field[0] & 0x80 != 0 {
      let isNegative = field[0] == 0xFF
      var value = isNegative ? -1 : Int(field[0] & 0x7F)
      for index in 1..<field.count {
        guard value < 1 << 54, value >= -1 << 54 else { return isNegative ? nil : .max >> 1 }
        value = value << 8 | Int(field[index])
      }
      return value
    }
    var text: [UInt8] = []
    for index in field.indices {
      if field[index] == 0 { break }
      text.append(field[index])
    }
    let isSpace = { (byte: UInt8) in (0x09...0x0D).contains(byte) || (0x1C...0x20).contains(byte) }
    var digits = text.drop(while: isSpace)
    if digits.isEmpty { return 0 }
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative || digits.first == UInt8(ascii: "+") { digits.removeFirst() }
    if digits.starts(with: "0o".utf8) || digits.starts(with: "0O".utf8) { digits.removeFirst(2) }
    let octal = digits.prefix { (0x30...0x37).contains($0) || $0 == UInt8(ascii: "_") }
    guard !octal.isEmpty else { return nil }
    let value = octal.reduce(0) { $1 == UInt8(ascii: "_") ? $0 : $0 << 3 | Int($1 - 0x30) }
    return isNegative ? -value : value
  }
}
