import BallastBytes
import BallastCheckpoint

/// Parses the dictionary of an array's header: the three keys that there are, and no Python beyond.
struct NPYHeaderParser {
  private let text: [UInt8]
  private let base: Int
  private var position = 0

  init(_ text: [UInt8], base: Int) {
    self.text = text
    self.base = base
  }

  /// The header; nothing but white space may follow the dictionary.
  mutating func parse() throws(FormatError) -> NPYHeader {
    var type: NumPyType?
    var isFortran: Bool?
    var sizes: [Int]?
    try expect("{")
    while !skip("}") {
      let place = base + position
      let key = try string()
      try expect(":")
      let isRepeated =
        switch key {
        case "descr": type != nil
        case "fortran_order": isFortran != nil
        case "shape": sizes != nil
        default: throw FormatError(NumPyFault.unexpectedKey(key), at: place)
        }
      guard !isRepeated else { throw FormatError(NumPyFault.repeatedKey(key), at: place) }
      switch key {
      case "descr": type = try elementType()
      case "fortran_order": isFortran = try boolean()
      default: sizes = try tuple()
      }
      guard skip(",") || peek() == UInt8(ascii: "}") else { throw malformed }
    }
    skipSpace()
    guard position == text.count else { throw malformed }
    guard let type else { throw FormatError(NumPyFault.missingKey("descr"), at: base) }
    guard let isFortran else {
      throw FormatError(NumPyFault.missingKey("fortran_order"), at: base)
    }
    guard let sizes else { throw FormatError(NumPyFault.missingKey("shape"), at: base) }
    return NPYHeader(type: type, isFortran: isFortran, sizes: sizes)
  }

  private var malformed: FormatError {
    FormatError(NumPyFault.malformedHeader, at: base + position)
  }

  // MARK: Values

  private mutating func elementType() throws(FormatError) -> NumPyType {
    skipSpace()
    let place = base + position
    // A list of fields, or a type with a shape of its own.
    if let next = peek(), next == UInt8(ascii: "[") || next == UInt8(ascii: "(") {
      throw FormatError(NumPyFault.structured, at: place)
    }
    let description = try string()
    if let type = NumPyType(description) { return type }
    // "|O" everywhere; "O8" and "O4" of old.
    let isObject = description.drop { "<>=|".contains($0) }.first == "O"
    throw FormatError(
      isObject ? NumPyFault.objects : NumPyFault.unknownType(description),
      at: place
    )
  }

  private mutating func boolean() throws(FormatError) -> Bool {
    skipSpace()
    if skip("True") { return true }
    if skip("False") { return false }
    throw FormatError(NumPyFault.badValue(key: "fortran_order"), at: base + position)
  }

  private mutating func tuple() throws(FormatError) -> [Int] {
    skipSpace()
    let bad = FormatError(NumPyFault.badValue(key: "shape"), at: base + position)
    guard skip("(") else { throw bad }
    var sizes: [Int] = []
    var needsComma = false
    while !skip(")") {
      guard sizes.count < NPYHeader.maximumRank, !needsComma, let size = integer() else {
        throw bad
      }
      sizes.append(size)
      needsComma = !skip(",")
    }
    // One size without a comma is a number in parentheses, no tuple.
    guard sizes.count != 1 || !needsComma else { throw bad }
    return sizes
  }

  /// A decimal number, with the L of Python 2; nil where there is none, or it is too large.
  private mutating func integer() -> Int? {
    skipSpace()
    var value: Int?
    while let digit = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      let (tens, overflow) = (value ?? 0).multipliedReportingOverflow(by: 10)
      let (sum, sumOverflow) = tens.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
      guard !overflow, !sumOverflow else { return nil }
      value = sum
      position += 1
    }
    if value != nil, peek() == UInt8(ascii: "L") { position += 1 }
    return value
  }

  /// A text in either kind of quotes; none of those that matter has an escape in it.
  private mutating func string() throws(FormatError) -> String {
    skipSpace()
    guard let quote = peek(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw malformed
    }
    let start = position + 1
    guard let end = text[start...].firstIndex(of: quote),
      !text[start..<end].contains(UInt8(ascii: "\\"))
    else { throw malformed }
    position = end + 1
    return String(decoding: text[start..<end], as: UTF8.self)
  }

  // MARK: Characters

  private func peek() -> UInt8? { position < text.count ? text[position] : nil }

  private mutating func skipSpace() {
    while let next = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(next) { position += 1 }
  }

  /// Moves past `word`, after white space, if it is there.
  private mutating func skip(_ word: String) -> Bool {
    skipSpace()
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ word: String) throws(FormatError) {
    guard skip(word) else { throw malformed }
  }
}
