/// The 256 characters under which vocabularies list the bytes (`bytes_to_unicode` of GPT-2).
///
/// Printable bytes of Latin-1 stand for themselves; the other 68 are U+0100 and on, in order, so
/// that a space is Ġ and a line feed Ċ.
enum ByteAlphabet {
  /// The bytes that stand for themselves.
  private static func isPrintable(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: true
    default: false
    }
  }

  /// The bytes in the order of GPT-2's first 256 tokens: the printable ones first.
  static let order: [UInt8] = {
    let bytes = UInt8.min...UInt8.max
    return bytes.filter(isPrintable) + bytes.filter { !isPrintable($0) }
  }()

  /// The characters of the bytes 0 to 255.
  static let characters: [Unicode.Scalar] = {
    var next: UInt16 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      if isPrintable(byte) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      // Below the surrogates, so that there is a scalar.
      return Unicode.Scalar(next) ?? "\u{FFFD}"
    }
  }()

  private static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: 0x144)
    for (byte, character) in characters.enumerated() {
      bytes[Int(character.value)] = UInt8(byte)
    }
    return bytes
  }()

  /// The bytes that a token of a vocabulary stands for.
  ///
  /// A token with a character outside of the alphabet stands for its own UTF-8, as in Hugging
  /// Face's decoder; no merge leads to it, but a model may yet predict it.
  static func bytes(of token: String) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(token.utf8.count)
    for scalar in token.unicodeScalars {
      guard scalar.value < bytes.count, let byte = bytes[Int(scalar.value)] else {
        return Array(token.utf8)
      }
      result.append(byte)
    }
    return result
  }
}
