package import BallastBytes

/// A text that still stands in the file, and how it is written there.
package struct PickleText: Sendable {
  package enum Encoding: Sendable {
    /// UTF-8; surrogates are allowed, as Python allows them, and are read as escapes: `\ud800`.
    case utf8
    /// The bytes of Python 2's `str`: UTF-8 if they are, otherwise Latin-1.
    case bytes
    /// Python 2's `repr`, without its quotes.
    case escapedBytes
    /// Latin-1 with `\u` escapes.
    case rawUnicodeEscape
  }

  package let range: Range<Int>
  package let encoding: Encoding

  /// A text that stands at `range`.
  package init(range: Range<Int>, encoding: Encoding) {
    self.range = range
    self.encoding = encoding
  }

  func prefix(_ count: Int) -> PickleText {
    PickleText(range: range.prefix(count), encoding: encoding)
  }

  /// The text.
  package func decoded(from source: SharedBytes) -> String { read(from: source).text }

  /// The text, and whether it has surrogates, for which escapes stand in it.
  func read(from source: SharedBytes) -> (text: String, hasSurrogates: Bool) {
    let bytes = source.array(range)
    switch encoding {
    case .utf8: return Self.read(bytes)
    case .bytes: return (Self.utf8OrLatin1(bytes), false)
    case .escapedBytes: return (Self.utf8OrLatin1(Self.unescaped(bytes)), false)
    case .rawUnicodeEscape: return Self.read(Self.unicodeUnescaped(bytes))
    }
  }

  private static func read(_ bytes: [UInt8]) -> (text: String, hasSurrogates: Bool) {
    if let utf8 = try? UTF8Span(validating: bytes.span) { return (String(copying: utf8), false) }
    return (String(decoding: escaped(bytes), as: UTF8.self), true)
  }

  /// The text as UTF-8 in which surrogates, if it has any, stand as such: equal where Python's texts are.
  package func exactBytes(from source: SharedBytes) -> [UInt8] {
    let bytes = source.array(range)
    switch encoding {
    case .utf8: return bytes
    case .bytes, .escapedBytes: return Array(decoded(from: source).utf8)
    case .rawUnicodeEscape: return Self.unicodeUnescaped(bytes)
    }
  }

  /// The bytes of Python 2's `str`, or of Unicode text that is Latin-1; nil where it is not.
  package func bytes(from source: SharedBytes) -> [UInt8]? {
    switch encoding {
    case .bytes: return source.array(range)
    case .escapedBytes: return Self.unescaped(source.array(range))
    case .utf8, .rawUnicodeEscape:
      let (text, hasSurrogates) = read(from: source)
      let scalars = text.unicodeScalars
      let bytes = scalars.compactMap { UInt8(exactly: $0.value) }
      return bytes.count == scalars.count && !hasSurrogates ? bytes : nil
    }
  }

  /// Whether the bytes are UTF-8, surrogates allowed.
  static func isValid(_ range: Range<Int>, in source: SharedBytes) -> Bool {
    let span = Span<UInt8>(_bytes: source.bytes.extracting(range))
    if (try? UTF8Span(validating: span)) != nil { return true }
    let patched = escaped(source.array(range))
    return (try? UTF8Span(validating: patched.span)) != nil
  }

  /// Puts escapes, as Python prints them, in the place of surrogates: Swift's strings have none.
  private static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      guard byte == 0xED, index + 2 < bytes.count, (0xA0...0xBF).contains(bytes[index + 1]),
        bytes[index + 2] & 0xC0 == 0x80
      else {
        result.append(byte)
        index += 1
        continue
      }
      let low = UInt16(bytes[index + 1] & 0x3F) << 6 | UInt16(bytes[index + 2] & 0x3F)
      result += escape(of: 0xD000 | low).utf8
      index += 3
    }
    return result
  }

  private static func escape(of surrogate: UInt16) -> String {
    "\\u" + String(surrogate, radix: 16)
  }

  private static func utf8OrLatin1(_ bytes: [UInt8]) -> String {
    if let utf8 = try? UTF8Span(validating: bytes.span) { return String(copying: utf8) }
    var utf8: [UInt8] = []
    utf8.reserveCapacity(2 * bytes.count)
    for byte in bytes { append(UInt32(byte), to: &utf8) }
    return String(decoding: utf8, as: UTF8.self)
  }

  /// Undoes the escapes of Python's `repr` of bytes; an unknown one stands for itself.
  private static func unescaped(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      guard byte == UInt8(ascii: "\\"), index + 1 < bytes.count else {
        result.append(byte)
        index += 1
        continue
      }
      let escape = bytes[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): result.append(escape)
      case UInt8(ascii: "a"): result.append(0x07)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "v"): result.append(0x0B)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value = UInt32(escape & 7)
        let end = min(index + 2, bytes.count)
        while index < end, (0x30...0x37).contains(bytes[index]) {
          value = value << 3 | UInt32(bytes[index] & 7)
          index += 1
        }
        result.append(UInt8(truncatingIfNeeded: value))
      case UInt8(ascii: "x"):
        guard let value = hexadecimal(bytes, at: index, digits: 2) else { fallthrough }
        index += 2
        result.append(UInt8(truncatingIfNeeded: value))
      default:
        result.append(byte)
        result.append(escape)
      }
    }
    return result
  }

  /// Undoes `\u0041` and `\U0001F600`; all else is Latin-1.
  ///
  /// The result is UTF-8, surrogates allowed: Python leaves two halves of a pair as they are.
  private static func unicodeUnescaped(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      guard byte == UInt8(ascii: "\\"), index < bytes.count else {
        append(UInt32(byte), to: &result)
        continue
      }
      let escape = bytes[index]
      index += 1
      let digits = escape == UInt8(ascii: "u") ? 4 : escape == UInt8(ascii: "U") ? 8 : 0
      if digits > 0, let value = hexadecimal(bytes, at: index, digits: digits) {
        index += digits
        append(value <= 0x10FFFF ? value : 0xFFFD, to: &result)
      } else {
        append(UInt32(byte), to: &result)
        append(UInt32(escape), to: &result)
      }
    }
    return result
  }

  /// Appends a code point, surrogate or not, as UTF-8; byte by byte, since array literals are allocated.
  private static func append(_ value: UInt32, to result: inout [UInt8]) {
    func last(_ shift: UInt32) -> UInt8 { 0x80 | UInt8(value >> shift & 0x3F) }
    switch value {
    case ..<0x80: result.append(UInt8(value))
    case ..<0x800:
      result.append(0xC0 | UInt8(value >> 6))
      result.append(last(0))
    case ..<0x10000:
      result.append(0xE0 | UInt8(value >> 12))
      result.append(last(6))
      result.append(last(0))
    default:
      result.append(0xF0 | UInt8(value >> 18 & 7))
      result.append(last(12))
      result.append(last(6))
      result.append(last(0))
    }
  }

  /// The value of so many hexadecimal digits; nil where something else stands, or the end.
  private static func hexadecimal(_ bytes: [UInt8], at start: Int, digits: Int) -> UInt32? {
    guard start + digits <= bytes.count else { return nil }
    var value: UInt32 = 0
    for index in start..<start + digits {
      let byte = bytes[index]
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: return nil
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}

extension SharedBytes {
  /// A copy of some of the bytes.
  package func array(_ range: Range<Int>) -> [UInt8] {
    // Safe: the pointer is used within the closure only.
    unsafe bytes.extracting(range).withUnsafeBytes { unsafe Array($0) }
  }
}
