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

  /// The name of a global in Python 3's spelling.
  func name(_ value: PickleValue) -> (module: String, name: String)? {
    guard case .global(let index) = value else { return nil }
    let global = globals[index]
    return (Self.python3Modules[global.module] ?? global.module, global.name)
  }

  func isGlobal(_ value: PickleValue, _ module: String, _ name: String) -> Bool {
    self.name(value).map { $0.module == module && $0.name == name } ?? false
  }

  /// Modules that Python 2 named otherwise.
  private static let python3Modules = [
    "__builtin__": "builtins", "copy_reg": "copyreg", "numpy._core.multiarray": "numpy.multiarray",
    "numpy.core.multiarray": "numpy.multiarray", "numpy._core.numeric": "numpy.numeric",
    "numpy.core.numeric": "numpy.numeric",
  ]

  /// The bytes of a bytes object, also where protocol 2 had to write them as Latin-1 text.
  package func content(_ value: PickleValue) -> [UInt8]? {
    if let range = bytes(value) { return source.array(range) }
    if case .string(let index) = value { return texts[index].rawBytes(from: source) }
    guard case .object(let index) = value else { return nil }
    let call = call(objects[index])
    guard isGlobal(call.callable, "_codecs", "encode"), let text = call.arguments.first,
      let scalars = self.text(text)?.unicodeScalars
    else { return nil }
    let bytes = scalars.compactMap { UInt8(exactly: $0.value) }
    return bytes.count == scalars.count ? bytes : nil
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
    guard isGlobal(call.callable, "numpy.multiarray", "scalar"), call.arguments.count == 2,
      let first = call.arguments.first, let last = call.arguments.last,
      let type = numpyType(first), var bytes = content(last), bytes.count == type.width,
      bytes.count <= 8
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
