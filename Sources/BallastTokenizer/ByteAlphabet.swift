/// The printable characters by which vocabulary files write bytes (GPT-2's `bytes_to_unicode`).
///
/// Printable characters of Latin-1 stand for themselves; the other 68 bytes, in order, are
/// U+0100 and on: a space is "Ġ", a line feed "Ċ".
package enum ByteAlphabet {
  /// The bytes in the order in which GPT-2 numbers them: the printable ones come first.
  package static let order: [UInt8] =
    (0...UInt8.max).filter(isPrintable) + (0...UInt8.max).filter { !isPrintable($0) }

  /// The character of a byte.
  package static func scalar(of byte: UInt8) -> Unicode.Scalar {
    guard !isPrintable(byte) else { return Unicode.Scalar(byte) }
    let rank: UInt16 =
      switch byte {
      case ...0x20: UInt16(byte)
      case 0x7F: 0x21
      case ...0xA0: UInt16(byte) - 0x80 + 0x22
      default: 0x43  // the soft hyphen, 0xAD
      }
    return Unicode.Scalar(0x100 + rank) ?? "\u{FFFD}"
  }

  /// The byte of a character, if it is one of the 256.
  package static func byte(of scalar: Unicode.Scalar) -> UInt8? {
    switch scalar.value {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: UInt8(scalar.value)
    case 0x100...0x120: UInt8(scalar.value - 0x100)
    case 0x121: 0x7F
    case 0x122...0x142: UInt8(scalar.value - 0x122 + 0x80)
    case 0x143: 0xAD
    default: nil
    }
  }

  /// The bytes that a vocabulary's token stands for.
  ///
  /// A token that uses any other character is one of those that were added as plain text, such as
  /// "[用户]": it stands for itself.
  package static func bytes(of token: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(token.utf8.count)
    for scalar in token.unicodeScalars {
      guard let byte = byte(of: scalar) else { return Array(token.utf8) }
      bytes.append(byte)
    }
    return bytes
  }

  private static func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: true
    default: false
    }
  }
}
