import BallastBytes
import BallastFormats

extension PickleWalk {
  /// Pages of a long line are given back in pieces.
  private static let linePiece = 16 << 20

  /// Reads the argument of the current opcode and does to the stack what it would do.
  @_lifetime(reader: copy reader)
  mutating func step(_ reader: inout ByteReader) throws(FormatError) {
    switch opcode {
    // Numbers and constants
    case .int, .long: push(number(try line(&reader)))
    case .float:
      if !PickleNumber.isFloat(try line(&reader)) { stumble() }
      push(.number)
    case .binint: push(.integer(Int(try reader.read(Int32.self))))
    case .binint1: push(.integer(Int(try reader.read(UInt8.self))))
    case .binint2: push(.integer(Int(try reader.read(UInt16.self))))
    case .long1: try number(Int(try reader.read(UInt8.self)), &reader)
    case .long4: try number(try count(Int32.self, &reader), &reader)
    case .binfloat: try number(8, &reader)
    case .none: push(.none)
    case .newtrue: push(.truth(true))
    case .newfalse: push(.truth(false))
    // Text and bytes
    case .string: try quotedText(&reader)
    case .unicode: text(try lineRange(&reader), .rawUnicodeEscape)
    case .binstring: text(try take(try count(Int32.self, &reader), &reader), .bytes)
    case .shortBinstring: text(try take(Int(try reader.read(UInt8.self)), &reader), .bytes)
    case .shortBinunicode: text(try take(Int(try reader.read(UInt8.self)), &reader), .utf8)
    case .binunicode: text(try take(try count(UInt32.self, &reader), &reader), .utf8)
    case .binunicode8: text(try take(try count(UInt64.self, &reader), &reader), .utf8)
    case .shortBinbytes: bytes(try take(Int(try reader.read(UInt8.self)), &reader))
    case .binbytes: bytes(try take(try count(UInt32.self, &reader), &reader))
    case .binbytes8: bytes(try take(try count(UInt64.self, &reader), &reader))
    case .bytearray8:
      // What it holds when it is used, nobody knows: it, and arrays upon it, can be written to.
      let range = try take(try count(UInt64.self, &reader), &reader)
      noteNested(PickleText(range: range, encoding: .bytes))
      push(.buffer(range))
    case .nextBuffer: push(.buffer(nil))
    case .readonlyBuffer: _ = peek()
    // Containers
    case .emptyList: pushCollection(.list)
    case .emptyTuple: pushCollection(.tuple)
    case .emptyDict: pushCollection(.dict)
    case .emptySet: pushCollection(.set)
    case .list: pushMarked(.list)
    case .tuple: pushMarked(.tuple)
    case .dict: pushMarked(.dict)
    case .frozenset: pushMarked(.set)
    case .tuple1: pushTuple(1)
    case .tuple2: pushTuple(2)
    case .tuple3: pushTuple(3)
    case .append: add(1, asPairs: false)
    case .appends, .additems: addMarked(asPairs: false)
    case .setitem: add(2, asPairs: true)
    case .setitems: addMarked(asPairs: true)
    // The stack and the memo
    case .pop:
      // Python takes the mark away where nothing is above it.
      if let mark = marks.last, mark == stack.count { marks.removeLast() } else { _ = pop() }
    case .dup: push(peek())
    case .mark: marks.append(stack.count)
    case .popMark: _ = popToMark()
    case .get: recall(PickleNumber.index(try line(&reader)))
    case .binget: recall(Int(try reader.read(UInt8.self)))
    case .longBinget: recall(Int(try reader.read(UInt32.self)))
    case .put: remember(PickleNumber.index(try line(&reader)))
    case .binput: remember(Int(try reader.read(UInt8.self)))
    case .longBinput: remember(Int(try reader.read(UInt32.self)))
    case .memoize:
      noteCounted()
      remember(memo.count)
    // Globals and calls
    case .ext1: pushExtension(Int(try reader.read(UInt8.self)))
    case .ext2: pushExtension(Int(try reader.read(UInt16.self)))
    case .ext4: pushExtension(Int(try reader.read(Int32.self)))
    case .global: push(global(module: try nameLine(&reader), name: try nameLine(&reader)))
    case .stackGlobal:
      let name = pop()
      push(global(module: pop(), name: name))
    case .inst:
      let callee = global(module: try nameLine(&reader), name: try nameLine(&reader))
      call(callee, .values(popToMark()))
    case .obj:
      let values = popToMark()
      guard let callee = values.first else { return underflow() }
      call(callee, .values(Array(values.dropFirst())))
    case .reduce, .newobj:
      let arguments = pop()
      call(pop(), .tuple(arguments))
    case .newobjEx:
      let keywords = pop()
      let arguments = pop()
      call(pop(), .keywords(arguments, keywords))
    case .build:
      let state = pop()
      build(peek(), from: state)
    // The stream
    case .proto: try reader.skip(1)
    case .frame:
      let size = try reader.read(UInt64.self)
      if let end = frameEnd, reader.offset < end { crossFrame() }
      // One that is longer than the file is cut off, or refused.
      frameEnd = size <= UInt64(reader.remaining) ? reader.offset + Int(size) : nil
    case .persid:
      _ = try lineRange(&reader)
      hasPersistentIDs = true
      push(.persistent)
    case .binpersid:
      hasPersistentIDs = true
      let id = pop()
      keep(id)
      push(persistent(id))
    case .stop: break
    }
  }

  private mutating func pushTuple(_ count: Int) {
    let first = stack.count - count
    guard first >= 0 else {
      for _ in 0..<count { _ = pop() }
      return push(.opaque)
    }
    pushCollection(.tuple, from: first)
  }

  private mutating func pushMarked(_ kind: PickleCollection.Kind) {
    pushCollection(kind, from: openMark() ?? stack.count)
  }

  // MARK: - Arguments

  @_lifetime(reader: copy reader)
  private func count<Width: FixedWidthInteger & BitwiseCopyable>(
    _ width: Width.Type,
    _ reader: inout ByteReader
  ) throws(FormatError) -> Int {
    guard let count = Int(exactly: try reader.read(width)), count >= 0 else {
      throw FormatError(ByteFault.overflow, at: opcodeOffset)
    }
    return count
  }

  @_lifetime(reader: copy reader)
  private func take(_ count: Int, _ reader: inout ByteReader) throws(FormatError) -> Range<Int> {
    let start = reader.offset
    try reader.skip(count)
    return start..<start + count
  }

  @_lifetime(reader: copy reader)
  private mutating func number(_ count: Int, _ reader: inout ByteReader) throws(FormatError) {
    let range = try take(count, &reader)
    guard opcode != .binfloat, count <= 8 else { return push(.number) }
    let source = source
    let span = Span<UInt8>(_bytes: source.bytes)
    var value: UInt64 = 0
    for index in range.reversed() { value = value << 8 | UInt64(span[index]) }
    let unused = 64 - 8 * count
    // A number of no bytes is 0; otherwise the last bit is the sign.
    push(.integer(count == 0 ? 0 : Int(Int64(bitPattern: value << unused) >> Int64(unused))))
  }

  /// A line, without its line feed.
  @_lifetime(reader: copy reader)
  private func lineRange(_ reader: inout ByteReader) throws(FormatError) -> Range<Int> {
    let start = reader.offset
    try skipLine(&reader)
    return start..<reader.offset - 1
  }

  /// Moves behind the next line feed, or to the end, where there is none, and throws.
  @_lifetime(reader: copy reader)
  private func skipLine(_ reader: inout ByteReader) throws(FormatError) {
    var given = reader.offset
    while try reader.read(UInt8.self) != UInt8(ascii: "\n") {
      guard reader.offset - given >= Self.linePiece else { continue }
      source.giveBack(given..<reader.offset)
      given = reader.offset
    }
  }

  /// A line with a number.
  @_lifetime(reader: copy reader)
  private func line(_ reader: inout ByteReader) throws(FormatError) -> [UInt8] {
    PickleNumber.line(try lineRange(&reader), of: source)
  }

  /// A line with a name; nil where it is too long.
  @_lifetime(reader: copy reader)
  private mutating func nameLine(_ reader: inout ByteReader) throws(FormatError) -> String? {
    let start = reader.offset
    if reader.remaining > 0 {
      do { try skipLine(&reader) } catch {}  // the last line of a file
    }
    guard reader.offset > start else {
      throw FormatError(ByteFault.truncated(needed: 1), at: start)
    }
    // Without looking, Python takes away the last letter of a line that the file ends.
    let range = start..<reader.offset - 1
    return text(of: .text(PickleText(range: range, encoding: .utf8)))
  }

  private mutating func number(_ line: [UInt8]) -> PickleSymbol {
    if opcode == .int, line.count == 2, line[0] == UInt8(ascii: "0"), line[1] >> 1 == 0x18 {
      return .truth(line[1] == UInt8(ascii: "1"))  // 00 and 01
    }
    let digits = opcode == .long && line.last == UInt8(ascii: "L") ? line.dropLast() : line[...]
    // C takes a number that starts with 0 for an octal one.
    if digits.first != UInt8(ascii: "0") || digits.count == 1,
      let value = Int(String(decoding: digits, as: UTF8.self))
    {
      return .integer(value)
    }
    if !PickleNumber.isInteger(line) { stumble() }
    return .number
  }

  /// STRING: Python's `repr`, in quotes of either kind.
  @_lifetime(reader: copy reader)
  private mutating func quotedText(_ reader: inout ByteReader) throws(FormatError) {
    var range = try lineRange(&reader)
    let source = source
    let span = Span<UInt8>(_bytes: source.bytes)
    // Old versions strip white space and control characters around the quotes; for C, whose letters
    // have a sign, what is not ASCII is below them.
    while let last = range.last, span[last] <= 0x20 || span[last] >= 0x80 { range.removeLast() }
    while let first = range.first, [0x20, 0x09].contains(span[first]) { range.removeFirst() }
    guard range.count >= 2, let first = range.first, let last = range.last,
      span[first] == span[last], span[first] == UInt8(ascii: "'") || span[first] == 0x22
    else {
      stumble()
      return push(.opaque)
    }
    text(range.dropFirst().dropLast(), .escapedBytes)
  }

  private mutating func text(_ range: Range<Int>, _ encoding: PickleText.Encoding) {
    let text = PickleText(range: range, encoding: encoding)
    noteNested(text)
    if isLoaded, isProtocol(text) { note(.oddState) }
    push(.text(text))
  }

  private mutating func bytes(_ range: Range<Int>) {
    noteNested(PickleText(range: range, encoding: .bytes))
    push(.bytes(range))
  }

  private mutating func noteNested(_ text: PickleText) {
    guard !isProbe, NestedSniffing.mayHoldCode(text, in: source, judgements) else { return }
    addNested(text, isLoaded: false)
  }

  /// Notes a text that is to be scanned in its turn.
  mutating func addNested(_ text: PickleText, isLoaded: Bool) {
    if let index = nestedIndex[text.range.lowerBound] {
      nested[index].isLoaded = nested[index].isLoaded || isLoaded
      return
    }
    guard nested.count < Self.maximumNested else { return note(.tooManyNested) }
    nestedIndex[text.range.lowerBound] = nested.count
    nested.append(PickleNested(text: text, isLoaded: isLoaded))
  }
}
