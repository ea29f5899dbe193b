import BallastBytes

/// The key of a dictionary as Python tells keys apart: 1, 1.0 and True are one key, 1 and "1" are two.
///
/// What Python's equality of two keys would be is not known of every value; those that are `other` are
/// equal only where the pickle has the same value twice.
enum TorchKey: Hashable {
  case none
  case number(Int)
  /// An integer of more than 64 bits: its two's complement, in as few bytes as there can be.
  case long([UInt8])
  /// A number that is no integer, by its bits.
  case float(UInt64)
  /// A number with an imaginary part, by the bits of both.
  case complex(UInt64, UInt64)
  case text(ExactString)
  /// A text with surrogates, which stand in its UTF-8.
  case surrogates([UInt8])
  case bytes([UInt8])
  case tuple([TorchKey])
  /// A class or function, by its module and name.
  case global(ExactString)
  case other(PickleValue)
}

/// A key with the label that it gives its value.
struct TorchLabelledKey {
  let key: TorchKey
  /// The label; nil where the key is too long to be one, no Unicode, or has no text.
  let label: TorchLabel?
  /// Whether the label is not the key's own text.
  var isInvented = false
  /// Whether Python may find the key equal to one that looks otherwise.
  var isOpaque = false

  /// A key that has no label of its own.
  init(unnamed key: TorchKey, isOpaque: Bool = false) {
    self.key = key
    label = nil
    isInvented = true
    self.isOpaque = isOpaque
  }

  /// A key with its label.
  init(_ key: TorchKey, _ label: TorchLabel, isInvented: Bool = false, isOpaque: Bool = false) {
    self.key = key
    self.label = label
    self.isInvented = isInvented
    self.isOpaque = isOpaque
  }
}

/// Reads the keys of dictionaries.
struct TorchKeys {
  /// How many elements of a tuple are spelled out where it is a key.
  private static let maximumKeyElements = 8
  /// How many values are compared within a tuple that is a key.
  private static let maximumComparedValues = 64

  let graph: PickleGraph
  let steps: TorchSteps

  /// A dictionary's key.
  ///
  /// Throws `TorchFault.tooManyPaths` where the keys together are too long.
  func key(_ value: PickleValue) throws(FormatError) -> TorchLabelledKey {
    var room = Self.maximumComparedValues
    return try key(value, room: &room)
  }

  private func key(
    _ value: PickleValue,
    room: inout Int
  ) throws(FormatError) -> TorchLabelledKey {
    let opaque = TorchLabelledKey(unnamed: .other(value), isOpaque: true)
    guard room > 0 else { return opaque }
    room -= 1
    switch value {
    case .none: return plain(.none, "None")
    case .bool(let bool): return plain(.number(bool ? 1 : 0), bool ? "True" : "False")
    case .integer(let integer): return plain(.number(integer), String(integer))
    case .float(let number):
      // Python finds a NaN again only where it is the same object.
      let label = TorchLabel(text: String(number), isText: false)
      return TorchLabelledKey(
        number.isNaN ? .other(value) : Self.key(number),
        label,
        isOpaque: number.isNaN
      )
    case .long(let index):
      try steps.take(keyBytes: graph.longs[index].range.count)
      guard let bytes = graph.longs[index].twosComplement(in: graph.source) else { return opaque }
      return TorchLabelledKey(unnamed: .long(bytes))
    case .string(let index): return try key(graph.texts[index])
    case .bytes, .byteArray: return try bytesKey(value) ?? opaque
    case .tuple: return try tupleKey(value, room: &room)
    case .global: return globalKey(value)
    case .object(let index):
      let object = graph.objects[index]
      if let number = graph.numpyScalar(object) {
        // A uint64 beyond Int is the nearest double, which its neighbours are, too.
        if case .float(let double) = number, double.magnitude >= 0x1p63 { return opaque }
        return try key(number, room: &room)
      }
      if let key = try bytesKey(value) { return key }
      if let key = complexKey(object) { return TorchLabelledKey(unnamed: key) }
      let call = graph.call(object)
      if graph.isGlobal(call.callable, "torch", "Size"), let first = call.arguments.first,
        graph.sequence(first) != nil
      {
        return TorchLabelledKey(unnamed: try tupleKey(first, room: &room).key)
      }
      // Tensors are told apart as objects.
      return TorchLabelledKey(unnamed: .other(value), isOpaque: !isTensor(call))
    case .persistent: return TorchLabelledKey(unnamed: .other(value))
    default: return opaque
    }
  }

  private func plain(_ key: TorchKey, _ text: String) -> TorchLabelledKey {
    TorchLabelledKey(key, TorchLabel(text: text, isText: false))
  }

  /// A number's key: that of the integer that it is, if it is one.
  private static func key(_ number: Double) -> TorchKey {
    if let integer = Int(exactly: number) { return .number(integer) }
    return PickleLong.twosComplement(of: number).map { .long($0) } ?? .float(number.bitPattern)
  }

  private func key(_ text: PickleText) throws(FormatError) -> TorchLabelledKey {
    try steps.take(keyBytes: text.range.count)
    let (string, hasSurrogates) = text.read(from: graph.source)
    let key =
      hasSurrogates
      ? TorchKey.surrogates(text.exactBytes(from: graph.source)) : .text(ExactString(string))
    guard text.range.count <= PickleGraph.maximumKeyBytes else {
      return TorchLabelledKey(unnamed: key)
    }
    return TorchLabelledKey(key, TorchLabel(text: string, isText: true), isInvented: hasSurrogates)
  }

  private func bytesKey(_ value: PickleValue) throws(FormatError) -> TorchLabelledKey? {
    guard let content = graph.content(value) else { return nil }
    let count = (graph.bytes(content) ?? graph.textRange(content))?.count ?? 0
    try steps.take(keyBytes: count)
    guard let bytes = graph.contentBytes(content) else { return nil }
    guard count <= PickleGraph.maximumKeyBytes else {
      return TorchLabelledKey(unnamed: .bytes(bytes))
    }
    let text = String(decoding: bytes, as: UTF8.self)
    // Bytes that are no text are told apart, but show the same U+FFFD.
    return TorchLabelledKey(
      .bytes(bytes),
      TorchLabel(text: text, isText: false),
      isInvented: !text.utf8.elementsEqual(bytes)
    )
  }

  private func tupleKey(
    _ value: PickleValue,
    room: inout Int
  ) throws(FormatError) -> TorchLabelledKey {
    guard let elements = graph.sequence(value), elements.count <= Self.maximumComparedValues else {
      return TorchLabelledKey(unnamed: .other(value), isOpaque: true)
    }
    var parts: [TorchLabelledKey] = []
    var isSpelled = elements.count <= Self.maximumKeyElements
    for element in elements {
      if case .tuple = element { isSpelled = false }
      parts.append(try key(element, room: &room))
    }
    let key = TorchKey.tuple(parts.map(\.key))
    let isOpaque = parts.contains { $0.isOpaque }
    let texts = parts.compactMap { $0.label?.text }
    guard isSpelled, texts.count == parts.count else {
      return TorchLabelledKey(unnamed: key, isOpaque: isOpaque)
    }
    return TorchLabelledKey(
      key,
      TorchLabel(text: "(" + texts.joined(separator: ", ") + ")", isText: false),
      isInvented: parts.contains { $0.isInvented },
      isOpaque: isOpaque
    )
  }

  /// A class or function: torch's types have two names, and of others it is not known.
  private func globalKey(_ value: PickleValue) -> TorchLabelledKey {
    guard let (module, name) = graph.name(value) else {
      return TorchLabelledKey(unnamed: .other(value), isOpaque: true)
    }
    let type = module == "torch" ? TorchType(dtypeNamed: name) : nil
    return TorchLabelledKey(
      .global(ExactString("\(module)\n\(type?.name ?? name)")),
      TorchLabel(text: name, isText: false),
      isOpaque: type == nil
    )
  }

  /// `complex(real, imaginary)`, which is a plain number where it has no imaginary part.
  private func complexKey(_ object: PickleObject) -> TorchKey? {
    let call = graph.call(object)
    guard graph.isGlobal(call.callable, "builtins", "complex"), call.arguments.count == 2,
      let real = call.arguments.first.flatMap({ graph.number($0) }),
      let imaginary = call.arguments.last.flatMap({ graph.number($0) }), !real.isNaN,
      !imaginary.isNaN
    else { return nil }
    // Adding zero takes the sign from a zero, which Python does not look at.
    return imaginary == 0
      ? Self.key(real) : .complex((real + 0).bitPattern, (imaginary + 0).bitPattern)
  }

  private func isTensor(_ call: PickleGraph.Call) -> Bool {
    graph.name(call.callable).map {
      TorchTensorReader.function(module: $0.module, name: $0.name) != nil
    } ?? false
  }
}
