import BallastBytes

/// What Python's own types look like in a pickle, where they are not opcodes of their own.
extension PickleGraph {
  /// A call as it is meant: through Python 2's helper `__newobj__` to the class itself.
  struct Call {
    let callable: PickleValue
    let arguments: ArraySlice<PickleValue>
  }

  /// The call that an object stands for; opaque arguments are none.
  func call(_ object: PickleObject) -> Call {
    let arguments = elements(object.arguments) ?? []
    if let first = arguments.first, isGlobal(object.callable, "copyreg", "__newobj__") {
      return Call(callable: first, arguments: arguments.dropFirst())
    }
    return Call(callable: object.callable, arguments: arguments)
  }

  /// The module and the name of a global, as Python 3 and today's numpy have them.
  func name(_ value: PickleValue) -> (module: String, name: String)? {
    guard case .global(let index) = value else { return nil }
    return (globals[index].currentModule, globals[index].name)
  }

  func isGlobal(_ value: PickleValue, _ module: String, _ name: String) -> Bool {
    guard case .global(let index) = value else { return false }
    return globals[index].name == name && globals[index].currentModule == module
  }

  /// The value that holds an object's bytes: protocol 2 has to write them as Latin-1 text.
  func content(_ value: PickleValue) -> PickleValue? {
    switch value {
    case .bytes, .byteArray, .string: return value
    case .object(let index):
      let call = call(objects[index])
      // What is empty has no text to be encoded.
      if call.arguments.isEmpty, isGlobal(call.callable, "builtins", "bytes") { return value }
      guard isGlobal(call.callable, "_codecs", "encode"), let text = call.arguments.first,
        case .string(let index) = text
      else { return nil }
      return isLatin1(call.arguments.dropFirst(), of: texts[index]) ? text : nil
    default: return nil
    }
  }

  /// Whether the encoding in the arguments after the text makes the bytes that Latin-1 does.
  ///
  /// Without one it is UTF-8, which does so for ASCII.
  private func isLatin1(_ arguments: ArraySlice<PickleValue>, of content: PickleText) -> Bool {
    var name = "utf_8"
    if let encoding = arguments.first {
      guard let text = text(encoding, maximumBytes: Self.maximumEncodingBytes) else { return false }
      name = String(text.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }
    if Self.latin1.contains(name) { return true }
    guard Self.utf8.contains(name), content.range.count <= Self.maximumKeyBytes else {
      return false
    }
    return content.bytes(from: source)?.allSatisfy { $0 < 0x80 } ?? false
  }

  private static let maximumEncodingBytes = 32
  /// Python's names for Latin-1 and UTF-8, as it compares them.
  private static let latin1: Set<String> = [
    "latin1", "latin_1", "iso8859_1", "iso_8859_1", "iso8859", "8859", "cp819", "latin", "l1",
  ]
  private static let utf8: Set<String> = ["utf8", "utf_8", "u8", "utf"]

  /// The bytes of a value that serves as a key; nil where it has none, or too many for that.
  func keyBytes(_ value: PickleValue) -> [UInt8]? {
    guard let content = content(value),
      (bytes(content) ?? textRange(content))?.count ?? 0 <= Self.maximumKeyBytes
    else { return nil }
    return contentBytes(content)
  }

  /// The bytes of what `content` found.
  package func contentBytes(_ content: PickleValue) -> [UInt8]? {
    if let range = bytes(content) { return source.array(range) }
    switch content {
    case .string(let index): return texts[index].bytes(from: source)
    case .object: return []
    default: return nil
    }
  }

  /// The type letter, width and byte order of a `numpy.dtype`, such as `f`, 8 and little.
  func numpyType(_ value: PickleValue) -> (kind: Character, width: Int, isBig: Bool)? {
    guard case .object(let index) = value else { return nil }
    let call = call(objects[index])
    guard isGlobal(call.callable, "numpy", "dtype"), let first = call.arguments.first,
      let code = text(first), let kind = code.first, let width = Int(code.dropFirst())
    else { return nil }
    // The state is a tuple: a version, then the byte order.
    let state = objects[index].states.last.flatMap { elements($0) } ?? []
    let order = state.dropFirst().first.flatMap { text($0) }
    return (kind, width, order == ">")
  }

  /// The number that a `numpy.float32`, `numpy.int64` and so on holds.
  func numpyScalar(_ object: PickleObject) -> PickleValue? {
    let call = call(object)
    guard isGlobal(call.callable, "numpy._core.multiarray", "scalar"), call.arguments.count == 2,
      let first = call.arguments.first, let last = call.arguments.last,
      lastChange(first) ?? 0 <= object.offset, let type = numpyType(first),
      (1...8).contains(type.width), let content = content(last),
      (bytes(content) ?? textRange(content))?.count ?? 0 <= 4 * type.width,
      var bytes = contentBytes(content), bytes.count == type.width
    else { return nil }
    if !type.isBig { bytes.reverse() }
    let bits = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch (type.kind, type.width) {
    case ("f", 8): return .float(Double(bitPattern: bits))
    case ("f", 4): return .float(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case ("f", 2): return .float(Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits))))
    case ("b", 1): return .bool(bits != 0)
    case ("u", 1...8): return Int(exactly: bits).map { .integer($0) } ?? .float(Double(bits))
    case ("i", 1...8):
      let shift = 64 - 8 * type.width
      return .integer(Int(Int64(bitPattern: bits << UInt64(shift)) >> Int64(shift)))
    default: return nil
    }
  }
}
