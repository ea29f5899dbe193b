/// The classes of characters that GPT-2's pre-tokenizer tells apart.
enum ScalarClass {
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// `\s`: White_Space
  case space
  /// `[^\s\p{L}\p{N}]`
  case other

  /// The class of an ASCII byte.
  @inline(__always)
  init(ascii byte: UInt8) {
    if (byte | 0x20) &- UInt8(ascii: "a") < 26 {
      self = .letter
    } else if byte == 0x20 || byte &- 0x09 < 5 {
      self = .space
    } else if byte &- UInt8(ascii: "0") < 10 {
      self = .number
    } else {
      self = .other
    }
  }

  /// The class of a character.
  init(_ scalar: Unicode.Scalar) {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = .letter
    case .decimalNumber, .letterNumber, .otherNumber:
      self = .number
    case .spaceSeparator, .lineSeparator, .paragraphSeparator, .control:
      self = scalar.properties.isWhitespace ? .space : .other
    default:
      self = .other
    }
  }

  /// The class and the length of what stands at `position`, which is below `limit`.
  ///
  /// Bytes that are not UTF-8 count as "other", as the U+FFFD by which a lenient decoder replaces
  /// them would.
  @inline(__always)
  static func read(_ bytes: Span<UInt8>, at position: Int, limit: Int) -> (ScalarClass, Int) {
    let byte = bytes[position]
    guard byte >= 0x80 else { return (ScalarClass(ascii: byte), 1) }
    return readBeyondASCII(bytes, at: position, limit: limit)
  }

  private static func readBeyondASCII(
    _ bytes: Span<UInt8>,
    at position: Int,
    limit: Int
  ) -> (ScalarClass, Int) {
    switch UTF8Step(bytes, at: position, limit: limit) {
    case .scalar(let scalar, let length): (ScalarClass(scalar), length)
    case .invalid(let length), .incomplete(let length): (.other, length)
    }
  }
}
