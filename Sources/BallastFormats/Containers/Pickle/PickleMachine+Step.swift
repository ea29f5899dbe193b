import BallastBytes

extension PickleMachine {
  /// Carries out one opcode other than STOP.
  @_lifetime(reader: copy reader)
  mutating func step(
    _ opcode: PickleOpcode,
    _ reader: inout ByteReader
  ) throws(FormatError) {
    switch opcode {
    case .stop: break  // `run` ends there

    // Numbers and constants
    case .none: try push(.none)
    case .newtrue: try push(.bool(true))
    case .newfalse: try push(.bool(false))
    case .binint: try push(.integer(Int(try reader.read(Int32.self))))
    case .binint1: try push(.integer(Int(try reader.read(UInt8.self))))
    case .binint2: try push(.integer(Int(try reader.read(UInt16.self))))
    case .binfloat:
      let bits = UInt64(bigEndian: try reader.read(UInt64.self))
      try push(.float(Double(bitPattern: bits)))
    case .int: try push(decimal(try line(&reader), opcode, allowsTruth: true))
    case .long: try push(decimal(try line(&reader), opcode, allowsTruth: false))
    case .float: try push(.float(try floatingPoint(try line(&reader))))
    case .long1: try push(binaryLong(try count(UInt8.self, opcode, &reader), &reader))
    case .long4: try push(binaryLong(try count(Int32.self, opcode, &reader), &reader))

    // Text and bytes
    case .string: try push(quotedText(try line(&reader)))
    case .unicode: try push(makeText(try line(&reader), .rawUnicodeEscape))
    case .binstring: try push(text(.bytes, try count(Int32.self, opcode, &reader), opcode, &reader))
    case .shortBinstring:
      try push(text(.bytes, try count(UInt8.self, opcode, &reader), opcode, &reader))
    case .shortBinunicode:
      try push(text(.utf8, try count(UInt8.self, opcode, &reader), opcode, &reader))
    case .binunicode:
      try push(text(.utf8, try count(UInt32.self, opcode, &reader), opcode, &reader))
    case .binunicode8:
      try push(text(.utf8, try count(UInt64.self, opcode, &reader), opcode, &reader))
    case .shortBinbytes: try push(.bytes(bytes(try count(UInt8.self, opcode, &reader), &reader)))
    case .binbytes: try push(.bytes(bytes(try count(UInt32.self, opcode, &reader), &reader)))
    case .binbytes8: try push(.bytes(bytes(try count(UInt64.self, opcode, &reader), &reader)))
    case .bytearray8:
      try push(.byteArray(bytes(try count(UInt64.self, opcode, &reader), &reader)))
    case .nextBuffer, .readonlyBuffer: throw fault(.outOfBandBuffer)

    // Containers
    case .emptyTuple: try push(makeTuple([]))
    case .tuple: try push(makeTuple(popToMark(for: opcode)))
    case .tuple1: try push(makeTuple(pop(1, for: opcode)))
    case .tuple2: try push(makeTuple(pop(2, for: opcode)))
    case .tuple3: try push(makeTuple(pop(3, for: opcode)))
    case .frozenset: try push(makeFrozenSet(popToMark(for: opcode)))
    case .emptyList: try push(makeList([]))
    case .list: try push(makeList(popToMark(for: opcode)))
    case .emptyDict: try push(makeDictionary([], opcode))
    case .dict: try push(makeDictionary(popToMark(for: opcode), opcode))
    case .emptySet: try push(makeSet())
    case .append: try append(pop(1, for: opcode), opcode)
    case .appends, .additems: try append(popToMark(for: opcode), opcode)
    case .setitem: try setItems(pop(2, for: opcode), opcode)
    case .setitems: try setItems(popToMark(for: opcode), opcode)

    // The stack and the memo
    case .pop: try drop()
    case .dup: try push(top(for: opcode))
    case .mark: try pushMark()
    case .popMark: _ = try popToMark(for: opcode)
    case .put: try remember(top(for: opcode), as: memoIndex(try line(&reader), opcode))
    case .binput: try remember(top(for: opcode), as: Int(try reader.read(UInt8.self)))
    case .longBinput: try remember(top(for: opcode), as: Int(try reader.read(UInt32.self)))
    case .memoize: try remember(top(for: opcode), as: memo.count)
    case .get: try push(recall(memoIndex(try line(&reader), opcode)))
    case .binget: try push(recall(Int(try reader.read(UInt8.self))))
    case .longBinget: try push(recall(Int(try reader.read(UInt32.self))))

    // Globals and calls
    case .global: try push(readGlobal(opcode, &reader))
    case .stackGlobal: try pushStackGlobal()
    case .ext1: try pushExtension(Int(try reader.read(UInt8.self)), opcode)
    case .ext2: try pushExtension(Int(try reader.read(UInt16.self)), opcode)
    case .ext4: try pushExtension(Int(try reader.read(Int32.self)), opcode)
    case .reduce: try call(.call, opcode)
    case .newobj: try call(.new, opcode)
    case .newobjEx: try callWithKeywords()
    case .inst:
      let callable = try readGlobal(opcode, &reader)
      try pushInstance(of: callable, arguments: popToMark(for: opcode), opcode)
    case .obj:
      let values = try popToMark(for: opcode)
      guard let callable = values.first else { throw fault(.stackUnderflow(opcode: opcode.name)) }
      try pushInstance(of: callable, arguments: Array(values.dropFirst()), opcode)
    case .build: try build()
    case .persid: try pushPersistent(makeText(try line(&reader), .bytes), opcode)
    case .binpersid: try pushPersistent(pop(for: opcode), opcode)

    // The stream
    case .proto:
      let version = try reader.read(UInt8.self)
      guard version <= 5 else { throw fault(.unsupportedProtocol(version)) }
    case .frame:
      // Frames only tell a reader how far to read ahead.
      let count = try reader.readSize()
      guard count <= reader.remaining else {
        throw FormatError(ByteFault.truncated(needed: count - reader.remaining), at: offset)
      }
    }
  }

  private mutating func pop(
    _ count: Int,
    for opcode: PickleOpcode
  ) throws(FormatError)
    -> [PickleValue]
  {
    var values: [PickleValue] = []
    for _ in 0..<count { values.append(try pop(for: opcode)) }
    values.reverse()
    return values
  }
}
