/// What the first byte of a UTF-8 sequence announces (Unicode, table 3-7).
struct UTF8Lead {
  /// The bytes of the whole sequence, 2 to 4.
  let length: Int
  /// What the second byte may be; the ones after it are 0x80 to 0xBF.
  let second: ClosedRange<UInt8>

  /// Nil for ASCII, for continuation bytes and for bytes that no sequence starts with.
  init?(_ byte: UInt8) {
    switch byte {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return nil
    }
  }

  /// Whether `byte` may stand at `index` of the sequence, 1 being the byte after the first.
  func allows(_ byte: UInt8, at index: Int) -> Bool {
    index == 1 ? second.contains(byte) : byte & 0xC0 == 0x80
  }
}

extension Span<UInt8> {
  /// The scalar at `position` and the number of its bytes, or nil where no valid one starts.
  func scalar(at position: Int, limit: Int) -> (scalar: Unicode.Scalar, length: Int)? {
    let first = self[position]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    guard let lead = UTF8Lead(first), limit - position >= lead.length else { return nil }
    var value = UInt32(first) & (0x7F >> UInt32(lead.length))
    for index in 1..<lead.length {
      let byte = self[position + index]
      guard lead.allows(byte, at: index) else { return nil }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    return Unicode.Scalar(value).map { ($0, lead.length) }
  }

  /// The scalar that ends before `position`, or nil where no valid one does.
  func scalar(before position: Int, from start: Int) -> (scalar: Unicode.Scalar, length: Int)? {
    for length in 1...4 where position - length >= start {
      guard self[position - length] & 0xC0 != 0x80 else { continue }
      guard let found = scalar(at: position - length, limit: position), found.length == length
      else { return nil }
      return found
    }
    return nil
  }
}
