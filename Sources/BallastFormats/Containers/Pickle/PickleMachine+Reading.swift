import BallastBytes

/// How the arguments of opcodes are written: lengths, lines, numbers in digits.
extension PickleMachine {
  /// A length of the given width.
  @_lifetime(reader: copy reader)
  func count<Width: FixedWidthInteger & BitwiseCopyable>(
    _ width: Width.Type,
    _ opcode: PickleOpcode,
    _ reader: inout ByteReader
  ) throws(FormatError) -> Int {
    let length = try reader.read(width)
    guard let count = Int(exactly: length), count >= 0 else {
      throw fault(.badLength(opcode: opcode.name))
    }
    return count
  }

  /// A line, without its line feed.
  @_lifetime(reader: copy reader)
  func line(_ reader: inout ByteReader) throws(FormatError) -> Range<Int> {
    let start = reader.offset
    for length in 0...limits.textBytes {
      if try reader.read(UInt8.self) == UInt8(ascii: "\n") { return start..<start + length }
    }
    throw fault(.textTooLong(limit: limits.textBytes))
  }

  @_lifetime(reader: copy reader)
  mutating func text(
    _ encoding: PickleText.Encoding,
    _ count: Int,
    _ opcode: PickleOpcode,
    _ reader: inout ByteReader
  ) throws(FormatError) -> PickleValue {
    let start = reader.offset
    try reader.skip(count)
    let range = start..<start + count
    // Python 2's text may be the data of an array: it stays where it is, as bytes do.
    if case .utf8 = encoding {
      guard count <= limits.textBytes else { throw fault(.textTooLong(limit: limits.textBytes)) }
      guard PickleText.isValid(range, in: graph.source) else {
        throw FormatError(PickleFault.invalidText(opcode: opcode.name), at: start)
      }
    }
    return try makeText(range, encoding)
  }

  /// Bytes, which stay where they are.
  @_lifetime(reader: copy reader)
  mutating func bytes(_ count: Int, _ reader: inout ByteReader) throws(FormatError) -> Int {
    let start = reader.offset
    try reader.skip(count)
    try reserve()
    graph.byteRanges.append(start..<start + count)
    return graph.byteRanges.count - 1
  }

  /// Two's complement, little-endian, of any length; none at all is zero.
  @_lifetime(reader: copy reader)
  mutating func binaryLong(
    _ count: Int,
    _ reader: inout ByteReader
  ) throws(FormatError) -> PickleValue {
    let start = reader.offset
    try reader.skip(count)
    let count = PickleLong.significantCount(start..<start + count, in: graph.source)
    guard count <= 8 else { return try makeLong(start..<start + count, isDecimal: false) }
    let bytes = graph.source.array(start..<start + count)
    let fill: UInt8 = (bytes.last ?? 0) >= 0x80 ? 0xFF : 0
    let padded = bytes + [UInt8](repeating: fill, count: 8 - count)
    return .integer(padded.reversed().reduce(0) { $0 << 8 | Int($1) })
  }

  /// INT and LONG of protocol 0: INT has 00 and 01 for truth values, LONG ends in an L.
  mutating func decimal(
    _ range: Range<Int>,
    _ opcode: PickleOpcode,
    allowsTruth: Bool
  ) throws(FormatError) -> PickleValue {
    var text = graph.source.array(range)[...]
    if allowsTruth {
      if text.elementsEqual("00".utf8) { return .bool(false) }
      if text.elementsEqual("01".utf8) { return .bool(true) }
    } else if text.last == UInt8(ascii: "L") {
      text.removeLast()
    }
    if let integer = Int(String(decoding: text, as: UTF8.self)) { return .integer(integer) }
    let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
    guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
      throw fault(.badNumber(opcode: opcode.name))
    }
    return try makeLong(range.lowerBound..<range.lowerBound + text.count, isDecimal: true)
  }

  func floatingPoint(_ range: Range<Int>) throws(FormatError) -> Double {
    let text = String(decoding: graph.source.array(range), as: UTF8.self)
    // Swift also reads hexadecimal numbers, Python does not.
    guard !text.contains(where: { $0 == "x" || $0 == "X" }), let value = Double(text) else {
      throw fault(.badNumber(opcode: PickleOpcode.float.name))
    }
    return value
  }

  func memoIndex(_ range: Range<Int>, _ opcode: PickleOpcode) throws(FormatError) -> Int {
    let text = String(decoding: graph.source.array(range), as: UTF8.self)
    guard let index = Int(text), index >= 0 else { throw fault(.badNumber(opcode: opcode.name)) }
    return index
  }

  /// STRING: Python's `repr`, in quotes of either kind.
  mutating func quotedText(_ range: Range<Int>) throws(FormatError) -> PickleValue {
    let text = graph.source.array(range)
    guard text.count >= 2, let quote = text.first, quote == text.last,
      quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
    else { throw fault(.badQuotes) }
    return try makeText(range.lowerBound + 1..<range.upperBound - 1, .escapedBytes)
  }

  /// The two lines of GLOBAL and INST: a module, and a name in it.
  @_lifetime(reader: copy reader)
  mutating func readGlobal(
    _ opcode: PickleOpcode,
    _ reader: inout ByteReader
  ) throws(FormatError) -> PickleValue {
    let module = try line(&reader)
    let name = try line(&reader)
    return try pushGlobal(
      module: try globalText(module, opcode),
      name: try globalText(name, opcode),
      opcode
    )
  }

  private func globalText(
    _ range: Range<Int>,
    _ opcode: PickleOpcode
  ) throws(FormatError)
    -> String
  {
    guard range.count <= limits.nameBytes else {
      throw fault(.nameTooLong(limit: limits.nameBytes))
    }
    guard PickleText.isValid(range, in: graph.source) else {
      throw fault(.invalidText(opcode: opcode.name))
    }
    return PickleText(range: range, encoding: .utf8).decoded(from: graph.source)
  }
}
