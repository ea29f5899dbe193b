/// What stands at a place in bytes that are meant to be UTF-8 (Unicode, tables 3-6 and 3-7).
enum UTF8Step {
  /// A scalar value, and the number of its bytes.
  case scalar(Unicode.Scalar, length: Int)
  /// Bytes that no scalar starts with: a "maximal subpart", replaced by one U+FFFD.
  case invalid(length: Int)
  /// The bytes end within what may still become a scalar.
  case incomplete(length: Int)

  /// Reads at `position`, which is below `limit`.
  init(_ bytes: Span<UInt8>, at position: Int, limit: Int) {
    let lead = bytes[position]
    let count: Int
    // The second byte's range rules out overlong forms, surrogates, and what is past U+10FFFF.
    var second: ClosedRange<UInt8> = 0x80...0xBF
    switch lead {
    case ..<0x80:
      self = .scalar(Unicode.Scalar(lead), length: 1)
      return
    case 0xC2...0xDF: count = 2
    case 0xE0...0xEF:
      count = 3
      if lead == 0xE0 { second = 0xA0...0xBF }
      if lead == 0xED { second = 0x80...0x9F }
    case 0xF0...0xF4:
      count = 4
      if lead == 0xF0 { second = 0x90...0xBF }
      if lead == 0xF4 { second = 0x80...0x8F }
    default:
      self = .invalid(length: 1)
      return
    }
    var value = UInt32(lead) & (0x7F >> UInt32(count))
    for index in 1..<count {
      guard position + index < limit else {
        self = .incomplete(length: index)
        return
      }
      let byte = bytes[position + index]
      guard index == 1 ? second.contains(byte) : (0x80...0xBF).contains(byte) else {
        self = .invalid(length: index)
        return
      }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    self = Unicode.Scalar(value).map { .scalar($0, length: count) } ?? .invalid(length: count)
  }
}
