/// The classes of characters that GPT-2's word pattern tells apart.
package enum ScalarClass {
  /// `\p{L}`
  case letter
  /// `\p{N}`
  case number
  /// `\s`: the property White_Space.
  case space
  /// Everything else, bytes that are not UTF-8 included.
  case other

  /// The class of a byte below 0x80.
  @inline(__always)
  init(ascii byte: UInt8) {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
      self = .letter
    case UInt8(ascii: " "), 0x09...0x0D: self = .space
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .number
    default: self = .other
    }
  }

  /// The class of any scalar, by the Unicode version of the reference.
  package init(_ scalar: Unicode.Scalar) {
    let properties = scalar.properties
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      self = properties.isKnownToReference ? .letter : .other
    case .decimalNumber, .letterNumber, .otherNumber:
      self = properties.isKnownToReference ? .number : .other
    default: self = properties.isWhitespace ? .space : .other
    }
  }
}

extension Unicode.Scalar.Properties {
  /// The Unicode version of the tables in Hugging Face's `tokenizers` 0.23.
  ///
  /// Letters and numbers that came later are symbols there, and so they must be here, or the ids of
  /// a text would depend on the toolchain that built Ballast.
  private static let referenceVersion = 16

  /// Whether the reference knows this scalar as assigned.
  var isKnownToReference: Bool {
    age.map { $0.major <= Self.referenceVersion } ?? false
  }
}
