/// What a description of torch.export, which is JSON, has torch evaluate, import and run.
///
/// The shapes of arguments stand in it as JSON in texts, in which there may be texts again.
struct ExportDescription {
  /// A size that is more than arithmetic.
  private(set) var size: String?
  /// A condition on the inputs that is more than arithmetic on their sizes.
  private(set) var guardCode: String?
  /// What is imported by its name.
  private(set) var importedName: String?
  /// An operator that reads or writes files, or other memory.
  private(set) var operatorName: String?

  private static let maximumDepth = 8

  /// Reads a description.
  init(_ text: Span<UInt8>) {
    read(text, depth: 0)
  }

  /// Quotes stand around texts only, so that texts are all that has to be told apart.
  private mutating func read(_ text: Span<UInt8>, depth: Int) {
    var position = 0
    while let string = Self.string(in: text, from: &position) {
      look(into: string, depth: depth)
      guard let key = Key(string), Self.skip(UInt8(ascii: ":"), in: text, from: &position) else {
        continue
      }
      switch key {
      case .size: judge(value(in: text, from: &position), depth: depth, of: key)
      case .factory: judge(value(in: text, from: &position), depth: depth, of: key)
      case .guards:
        guard Self.skip(UInt8(ascii: "["), in: text, from: &position) else {
          // A null is no condition.
          if Self.next(in: text, from: &position) != UInt8(ascii: "n") {
            judge(nil, depth: depth, of: key)
          }
          continue
        }
        while !Self.skip(UInt8(ascii: "]"), in: text, from: &position), position < text.count {
          judge(value(in: text, from: &position), depth: depth, of: key)
          guard Self.skip(UInt8(ascii: ","), in: text, from: &position) else { break }
        }
      }
    }
  }

  /// The keys whose values are looked at.
  private enum Key {
    case size, guards, factory

    init?(_ string: [UInt8]) {
      if string.elementsEqual("expr_str".utf8) {
        self = .size
      } else if string.elementsEqual("guards_code".utf8) {
        self = .guards
      } else if string.elementsEqual("default_factory_module".utf8) {
        self = .factory
      } else {
        return nil
      }
    }
  }

  /// Judges the value of a key; nil where it is no text.
  ///
  /// SymPy looks into lists and dictionaries, too.
  private mutating func judge(_ value: [UInt8]?, depth: Int, of key: Key) {
    if let value { look(into: value, depth: depth) }
    let shown = value.map { String(decoding: $0.prefix(100), as: UTF8.self) } ?? "…"
    switch key {
    case .size: if !(value.map { ShapeExpression.isPlain($0) } ?? false) { size = size ?? shown }
    case .guards:
      if !(value.map { ShapeExpression.isPlain($0, ofInputs: true) } ?? false) {
        guardCode = guardCode ?? shown
      }
    case .factory:
      if value?.elementsEqual("builtins".utf8) != true { importedName = importedName ?? shown }
    }
  }

  /// Looks at a text for what counts wherever it stands.
  private mutating func look(into string: [UInt8], depth: Int) {
    if string.elementsEqual("__enum__".utf8) { importedName = importedName ?? "an enumeration" }
    if string.starts(with: "torch.ops.".utf8) {
      let parts = string.split(separator: UInt8(ascii: "."))
      operatorName =
        operatorName ?? parts.lazy.compactMap { ScannedCode.operatorName($0.span) }.first
    }
    guard string.contains(UInt8(ascii: "\"")) else { return }
    guard depth < Self.maximumDepth else {
      importedName = importedName ?? "…"
      return
    }
    read(string.span, depth: depth + 1)
  }

  // MARK: - JSON

  /// Passes over white space, and returns the byte that follows.
  private static func next(in text: Span<UInt8>, from position: inout Int) -> UInt8? {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) {
      position += 1
    }
    return position < text.count ? text[position] : nil
  }

  /// Passes over a byte, if it comes next.
  private static func skip(_ byte: UInt8, in text: Span<UInt8>, from position: inout Int) -> Bool {
    guard next(in: text, from: &position) == byte else { return false }
    position += 1
    return true
  }

  /// The text that comes next; nil where something else does.
  private func value(in text: Span<UInt8>, from position: inout Int) -> [UInt8]? {
    guard Self.next(in: text, from: &position) == UInt8(ascii: "\"") else { return nil }
    return Self.string(in: text, from: &position)
  }

  /// The next text in quotes, without its escapes; nil at the end.
  private static func string(in text: Span<UInt8>, from position: inout Int) -> [UInt8]? {
    while position < text.count, text[position] != UInt8(ascii: "\"") { position += 1 }
    guard position < text.count else { return nil }
    position += 1
    var result: [UInt8] = []
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      let byte = text[position]
      position += 1
      guard byte == UInt8(ascii: "\\"), position < text.count else {
        result.append(byte)
        continue
      }
      let escape = text[position]
      position += 1
      switch escape {
      case UInt8(ascii: "n"): result.append(0x0A)
      case UInt8(ascii: "r"): result.append(0x0D)
      case UInt8(ascii: "t"): result.append(0x09)
      case UInt8(ascii: "b"): result.append(0x08)
      case UInt8(ascii: "f"): result.append(0x0C)
      case UInt8(ascii: "u"): result.append(codePoint(in: text, from: &position))
      default: result.append(escape)
      }
    }
    position += 1
    return result
  }

  /// The ASCII character of four digits; 0xFF, which has no place anywhere, for others.
  private static func codePoint(in text: Span<UInt8>, from position: inout Int) -> UInt8 {
    var value = 0
    for _ in 0..<4 {
      guard position < text.count,
        let digit = Character(Unicode.Scalar(text[position])).hexDigitValue
      else { return 0xFF }
      value = value << 4 | digit
      position += 1
    }
    return value < 0x80 ? UInt8(value) : 0xFF
  }
}
