import BallastBytes
import BallastFormats

/// Numbers that pickles hold as text, as any of Python's unpicklers reads them.
///
/// C's parser takes any base, reads to a NUL and lets white space stand in front; Python's own takes
/// underscores. What only one of them takes is a number here: the other stops, but nobody knows which
/// of them will read a file.
enum PickleNumber {
  /// A number is looked at this far; of a longer one only the letters are.
  static let maximumBytes = 1 << 12

  /// The index of a memo.
  enum Index {
    /// As picklers write it.
    case plain(Int)
    /// In a spelling that only readers know.
    case odd(Int)
    /// Too large, or negative.
    case unknown
    /// No number: Python 2 takes any line.
    case word
  }

  /// What stands on a line, without white space around it where it is long: it may be padded.
  static func line(_ range: Range<Int>, of source: SharedBytes) -> [UInt8] {
    guard range.count > maximumBytes else { return source.array(range) }
    let span = Span<UInt8>(_bytes: source.bytes)
    // C reads to a NUL, and Python none with one in it.
    var range = range.lowerBound..<(range.first { span[$0] == 0 } ?? range.upperBound)
    guard !range.isEmpty else { return [0] }
    while let last = range.last, isSpace(span[last]) { range.removeLast() }
    while let first = range.first, isSpace(span[first]) { range.removeFirst() }
    var sign: [UInt8] = []
    if let first = range.first, isSign(span[first]) {
      sign = [span[first]]
      range.removeFirst()
      // Python 2 lets white space follow.
      while let first = range.first, isSpace(span[first]) { range.removeFirst() }
    }
    // A space in front says that the line was not as picklers write it.
    let isFiller = { (byte: UInt8) in byte == UInt8(ascii: "0") || byte == UInt8(ascii: "_") }
    // The zero of 0x1, 0e1 or 0 itself stays.
    while let first = range.first, isFiller(span[first]), let next = range.dropFirst().first,
      isFiller(span[next]) || isDecimal(span[next])
    { range.removeFirst() }
    return [0x20] + sign + source.array(range.prefix(maximumBytes))
  }

  /// Whether the argument of INT or LONG can be one: of base 2, 8, 10 or 16.
  static func isInteger(_ line: [UInt8]) -> Bool {
    guard var digits = trimmed(line) else { return true }
    if digits.last == UInt8(ascii: "L") || digits.last == UInt8(ascii: "l") {
      digits.removeLast()
      while let last = digits.last, isSpace(last) { digits.removeLast() }
    }
    dropSign(&digits)
    if digits.first == UInt8(ascii: "0"), let letter = digits.dropFirst().first,
      "xXoObB".utf8.contains(letter)
    {
      digits.removeFirst(2)
      return !digits.isEmpty && digits.allSatisfy { isHexadecimal($0) || $0 == UInt8(ascii: "_") }
    }
    return !digits.isEmpty && digits.allSatisfy { isDecimal($0) || $0 == UInt8(ascii: "_") }
  }

  /// Whether the argument of FLOAT can be one: decimal, hexadecimal as in C, infinite or none.
  static func isFloat(_ line: [UInt8]) -> Bool {
    guard var digits = trimmed(line) else { return true }
    dropSign(&digits)
    let word = digits.prefix(9).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    if ["inf", "infinity", "nan"].contains(where: { word.elementsEqual($0.utf8) })
      || word.starts(with: "nan(".utf8)
    {
      return true
    }
    guard let first = digits.first, isDecimal(first) || first == UInt8(ascii: ".") else {
      return false
    }
    let others = word.starts(with: "0x".utf8) ? "abcdefABCDEFxXpP._+-" : "eE._+-"
    return digits.contains(where: isHexadecimal)
      && digits.allSatisfy { isDecimal($0) || others.utf8.contains($0) }
  }

  /// Whether a text is a number of Python's `Decimal`, of six digits of exponent at most: whoever makes an
  /// integer of it gets one of as many digits as the exponent says.
  static func isDecimal(_ text: String) -> Bool {
    var digits = Array(text.utf8)[...]
    dropSign(&digits)
    let word = digits.prefix(4).map { $0 | 0x20 }
    if ["inf", "nan", "snan"].contains(where: { word.starts(with: $0.utf8) }) {
      return digits.allSatisfy { isDecimal($0) || (0x41...0x7A).contains($0) }
    }
    let parts = digits.split(omittingEmptySubsequences: false) { $0 | 0x20 == UInt8(ascii: "e") }
    guard let first = parts.first, parts.count <= 2, first.contains(where: isDecimal),
      first.allSatisfy({ isDecimal($0) || $0 == UInt8(ascii: ".") })
    else { return false }
    guard parts.count == 2 else { return true }
    var exponent = parts[1]
    dropSign(&exponent)
    return (1...6).contains(exponent.count) && exponent.allSatisfy { isDecimal($0) }
  }

  /// Whether a text is an integer, or two with a slash between them, as `Fraction` is written.
  static func isRatio(_ text: String) -> Bool {
    var digits = Array(text.utf8)[...]
    dropSign(&digits)
    let parts = digits.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return parts.count <= 2 && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { isDecimal($0) } }
  }

  /// The index that GET or PUT names.
  static func index(_ line: [UInt8]) -> Index {
    if line.allSatisfy(isDecimal), let index = Int(String(decoding: line, as: UTF8.self)) {
      return .plain(index)
    }
    guard var digits = trimmed(line) else { return .unknown }
    let isNegative = digits.first == UInt8(ascii: "-")
    dropSign(&digits)
    guard digits.contains(where: isDecimal),
      digits.allSatisfy({ isDecimal($0) || $0 == UInt8(ascii: "_") })
    else { return .word }
    guard let index = Int(String(decoding: digits.filter(isDecimal), as: UTF8.self)),
      !isNegative || index == 0
    else { return .unknown }
    return .odd(index)
  }

  /// What stands before a NUL, without white space around it; nil where that is a number for some
  /// reader already.
  private static func trimmed(_ line: [UInt8]) -> ArraySlice<UInt8>? {
    // C finds 0 in front of a NUL.
    if line.first == 0 { return nil }
    var text = line.prefix { $0 != 0 }
    if text.count >= maximumBytes {
      let isPossible = text.allSatisfy {
        isHexadecimal($0) || isSpace($0) || isSign($0) || "_.xXoOLl".utf8.contains($0)
      }
      return isPossible ? nil : []
    }
    while let last = text.last, isSpace(last) { text.removeLast() }
    return text.drop(while: isSpace)
  }

  private static func dropSign(_ text: inout ArraySlice<UInt8>) {
    guard let first = text.first, isSign(first) else { return }
    // Python 2 lets white space follow.
    text = text.dropFirst().drop(while: isSpace)
  }

  private static func isSign(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  private static func isDecimal(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    isDecimal(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
  }
}
