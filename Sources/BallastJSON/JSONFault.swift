public import BallastBytes

/// The ways in which a JSON text can be wrong (RFC 8259, and stricter: no key twice).
public enum JSONFault: FormatFault {
  case unexpectedEnd
  case unexpectedByte(UInt8)
  case trailingBytes
  case badNumber
  case badEscape
  case controlCharacter
  case loneSurrogate
  case duplicateKey(String)
  case tooDeep(limit: Int)
  /// `name` is that of the limit, where it may be raised.
  case tooManyValues(limit: Int, name: String? = nil)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .unexpectedEnd: "JSON ends too early"
    case .unexpectedByte(let byte): "JSON has an unexpected \(Self.name(of: byte))"
    case .trailingBytes: "JSON is followed by something else"
    case .badNumber: "JSON has a malformed number"
    case .badEscape: "JSON has a malformed escape in a string"
    case .controlCharacter: "JSON has a control character in a string"
    case .loneSurrogate: "JSON has half a surrogate pair in a string"
    case .duplicateKey(let key): "JSON has the key \(key.debugDescription) twice in one object"
    case .tooDeep(let limit): "JSON is nested deeper than \(limit) levels"
    case .tooManyValues(let limit, _): "JSON has more than \(limit) values"
    }
  }

  /// The limit that is exceeded.
  public var limitName: String? {
    if case .tooManyValues(_, let name) = self { name } else { nil }
  }

  private static func name(of byte: UInt8) -> String {
    byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
  }
}
