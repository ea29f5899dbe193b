import BallastBytes

/// Writes a pickle of protocol 2 with the instructions that a torch state dict needs.
///
/// Values go to the memo where Python's own pickler puts them there, so that what torch writes can
/// be written byte for byte: texts, globals, tuples that are not empty, and what calls return.
package struct PickleWriter {
  private var bytes: [UInt8] = [PickleOpcode.proto.rawValue, 2]
  private var texts: [ExactString: Int] = [:]
  private var globals: [ExactString: Int] = [:]
  private var memoCount = 0

  /// How many elements Python adds to a container with one instruction.
  private static let batch = 1000

  package init() {}

  /// The whole pickle: what was written, and STOP.
  package consuming func finished() -> [UInt8] {
    put(.stop)
    return bytes
  }

  /// An instruction that has no argument.
  package mutating func put(_ opcode: PickleOpcode) {
    bytes.append(opcode.rawValue)
  }

  /// An integer, in as few bytes as Python spends on it.
  package mutating func put(_ value: Int) {
    if let byte = UInt8(exactly: value) {
      put(.binint1)
      bytes.append(byte)
    } else if let short = UInt16(exactly: value) {
      put(.binint2)
      bytes += littleEndianBytes(of: short)
    } else if let int = Int32(exactly: value) {
      put(.binint)
      bytes += littleEndianBytes(of: int)
    } else {
      // Of 64 bits only those that are not repetitions of the sign.
      let significant = 65 - (value < 0 ? ~value : value).leadingZeroBitCount
      put(long: littleEndianBytes(of: value).prefix((significant + 7) / 8))
    }
  }

  /// A float, which Python's are all of 64 bits.
  package mutating func put(_ value: Double) {
    put(.binfloat)
    bytes += littleEndianBytes(of: value.bitPattern).reversed()
  }

  /// An integer of any size, in two's complement, little-endian, of at most 255 bytes.
  package mutating func put(long value: some Collection<UInt8>) {
    put(.long1)
    bytes.append(UInt8(value.count))
    bytes += value
  }

  /// A text; from the memo where it was written before.
  package mutating func put(_ text: String) {
    let key = ExactString(text)
    if let index = texts[key] { return recall(index) }
    put(.binunicode)
    // Names are shorter: no reader of any format takes one of 4 GiB.
    bytes += littleEndianBytes(of: UInt32(text.utf8.count))
    bytes += text.utf8
    texts[key] = memoize()
  }

  /// A class or function of a module; from the memo where it was written before.
  package mutating func put(global name: String, of module: String) {
    let key = ExactString("\(module)\n\(name)\n")
    if let index = globals[key] { return recall(index) }
    put(.global)
    bytes += key.string.utf8
    globals[key] = memoize()
  }

  /// A tuple of the `count` elements that `elements` writes.
  package mutating func putTuple(count: Int, _ elements: (inout PickleWriter) -> Void) {
    if count > 3 { put(.mark) }
    elements(&self)
    switch count {
    case 0: return put(.emptyTuple)
    case 1: put(.tuple1)
    case 2: put(.tuple2)
    case 3: put(.tuple3)
    default: put(.tuple)
    }
    _ = memoize()
  }

  /// A tuple of integers.
  package mutating func putTuple(_ values: [Int]) {
    putTuple(count: values.count) { for value in values { $0.put(value) } }
  }

  /// A new `collections.OrderedDict`, empty.
  package mutating func putOrderedDict() {
    put(global: "OrderedDict", of: "collections")
    put(.emptyTuple)
    put(.reduce)
    _ = memoize()
  }

  /// Entries, a key and a value each, for the dictionary on top of the stack.
  package mutating func putEntries(count: Int, _ entry: (inout PickleWriter, Int) -> Void) {
    putBatches(count: count, one: .setitem, several: .setitems, entry)
  }

  /// A dictionary of the `count` entries, a key and a value each, that `entry` writes.
  package mutating func putDict(count: Int, _ entry: (inout PickleWriter, Int) -> Void) {
    put(.emptyDict)
    _ = memoize()
    putEntries(count: count, entry)
  }

  /// A list of the `count` elements that `element` writes.
  package mutating func putList(count: Int, _ element: (inout PickleWriter, Int) -> Void) {
    put(.emptyList)
    _ = memoize()
    putBatches(count: count, one: .append, several: .appends, element)
  }

  private mutating func putBatches(
    count: Int,
    one: PickleOpcode,
    several: PickleOpcode,
    _ element: (inout PickleWriter, Int) -> Void
  ) {
    for start in stride(from: 0, to: count, by: Self.batch) {
      let range = start..<min(start + Self.batch, count)
      if range.count > 1 { put(.mark) }
      for index in range { element(&self, index) }
      put(range.count > 1 ? several : one)
    }
  }

  /// Puts the value on top of the stack into the memo, and returns its place there.
  package mutating func memoize() -> Int {
    let index = memoCount
    memoCount += 1
    put(index, short: .binput, long: .longBinput)
    return index
  }

  /// A value that was memoized before.
  package mutating func recall(_ index: Int) {
    put(index, short: .binget, long: .longBinget)
  }

  private mutating func put(_ index: Int, short: PickleOpcode, long: PickleOpcode) {
    if let byte = UInt8(exactly: index) {
      put(short)
      bytes.append(byte)
    } else {
      put(long)
      bytes += littleEndianBytes(of: UInt32(index))
    }
  }
}
