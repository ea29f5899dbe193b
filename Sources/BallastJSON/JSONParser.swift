public import BallastBytes

extension JSONValue {
  /// Parses a JSON text as RFC 8259 has it; a key that occurs twice in one object is refused.
  ///
  /// `base` is the place of the text in its file, for the offsets of errors. A text with more than
  /// `maximumValues` values, at every depth, is refused; `limitName` is that limit's name, where a
  /// user may raise it.
  /// Throws `JSONFault`, or `ByteFault.invalidUTF8`.
  public init(
    parsing bytes: RawSpan,
    base: Int = 0,
    maximumValues: Int = JSONValue.maximumValues,
    limitName: String? = nil
  ) throws(FormatError) {
    var parser = JSONParser(
      bytes: bytes,
      base: base,
      maximumValues: maximumValues,
      limitName: limitName
    )
    self = try parser.parseDocument()
  }

  /// Parses a JSON text.
  public init(parsing text: String) throws(FormatError) {
    let bytes = Array(text.utf8)
    try self.init(parsing: RawSpan(_elements: bytes.span))
  }
}

extension JSONValue {
  /// The values of a text, unless its reader says otherwise.
  ///
  /// A vocabulary of 256 Ki tokens, with its merges as pairs, has a million and a half. A value
  /// takes up to a hundred bytes of memory.
  public static let maximumValues = 1 << 21

  /// Parses a file; its path is not part of the errors.
  public init(contentsOf path: String) throws(FormatError) {
    // Named, since its bytes are borrowed: a span of a temporary crashes the 6.3.1 compiler.
    let source = try SharedBytes.mapping(path: path)
    try self.init(parsing: source.bytes)
  }
}

/// A recursive-descent parser whose depth is bounded.
private struct JSONParser: ~Escapable {
  /// Deep enough for every real file, and far from the end of a thread's stack.
  static let maximumDepth = 128

  let bytes: RawSpan
  let base: Int
  let maximumValues: Int
  let limitName: String?
  var position = 0
  var valueCount = 0

  @_lifetime(copy bytes)
  init(bytes: RawSpan, base: Int, maximumValues: Int, limitName: String?) {
    self.bytes = bytes
    self.base = base
    self.maximumValues = maximumValues
    self.limitName = limitName
  }

  func fault(_ fault: JSONFault, at position: Int? = nil) -> FormatError {
    FormatError(fault, at: base + (position ?? self.position))
  }

  var peek: UInt8? {
    // Safe: the position is checked against the count.
    position < bytes.byteCount
      ? unsafe bytes.unsafeLoad(fromUncheckedByteOffset: position, as: UInt8.self) : nil
  }

  @_lifetime(self: copy self)
  mutating func parseDocument() throws(FormatError) -> JSONValue {
    let value = try parseValue(depth: 0)
    skipWhiteSpace()
    guard position == bytes.byteCount else { throw fault(.trailingBytes) }
    return value
  }

  @_lifetime(self: copy self)
  mutating func skipWhiteSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  @_lifetime(self: copy self)
  mutating func parseValue(depth: Int) throws(FormatError) -> JSONValue {
    skipWhiteSpace()
    guard depth <= Self.maximumDepth else { throw fault(.tooDeep(limit: Self.maximumDepth)) }
    guard let byte = peek else { throw fault(.unexpectedEnd) }
    valueCount += 1
    guard valueCount <= maximumValues else {
      throw fault(.tooManyValues(limit: maximumValues, name: limitName))
    }
    switch byte {
    case UInt8(ascii: "{"): return try parseObject(depth: depth)
    case UInt8(ascii: "["): return try parseArray(depth: depth)
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw fault(.unexpectedByte(byte))
    }
  }

  @_lifetime(self: copy self)
  mutating func parseObject(depth: Int) throws(FormatError) -> JSONValue {
    position += 1
    var object = JSONObject()
    skipWhiteSpace()
    if peek == UInt8(ascii: "}") {
      position += 1
      return .object(object)
    }
    while true {
      skipWhiteSpace()
      let start = position
      guard peek == UInt8(ascii: "\"") else { throw unexpected() }
      let key = try parseString()
      skipWhiteSpace()
      guard peek == UInt8(ascii: ":") else { throw unexpected() }
      position += 1
      guard object.append(key, try parseValue(depth: depth + 1)) else {
        throw fault(.duplicateKey(key), at: start)
      }
      if try !parseComma(before: UInt8(ascii: "}")) { return .object(object) }
    }
  }

  @_lifetime(self: copy self)
  mutating func parseArray(depth: Int) throws(FormatError) -> JSONValue {
    position += 1
    var array: [JSONValue] = []
    skipWhiteSpace()
    if peek == UInt8(ascii: "]") {
      position += 1
      return .array(array)
    }
    while true {
      array.append(try parseValue(depth: depth + 1))
      if try !parseComma(before: UInt8(ascii: "]")) { return .array(array) }
    }
  }

  /// Whether another element follows; moves past the comma or the closing bracket.
  @_lifetime(self: copy self)
  mutating func parseComma(before closing: UInt8) throws(FormatError) -> Bool {
    skipWhiteSpace()
    guard peek == UInt8(ascii: ",") || peek == closing else { throw unexpected() }
    defer { position += 1 }
    return peek != closing
  }

  func unexpected() -> FormatError {
    peek.map { fault(.unexpectedByte($0)) } ?? fault(.unexpectedEnd)
  }

  @_lifetime(self: copy self)
  mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(FormatError) -> JSONValue
  {
    for expected in word.description.utf8 {
      guard peek == expected else { throw unexpected() }
      position += 1
    }
    return value
  }

  @_lifetime(self: copy self)
  mutating func parseNumber() throws(FormatError) -> JSONValue {
    let start = position
    if peek == UInt8(ascii: "-") { position += 1 }
    let firstDigit = position
    let digits = skipDigits()
    guard digits == 1 || (digits > 1 && byte(at: firstDigit) != UInt8(ascii: "0")) else {
      throw fault(.badNumber, at: start)
    }
    var isInteger = true
    if peek == UInt8(ascii: ".") {
      position += 1
      isInteger = false
      guard skipDigits() > 0 else { throw fault(.badNumber, at: start) }
    }
    if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
      position += 1
      isInteger = false
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() > 0 else { throw fault(.badNumber, at: start) }
    }
    let text = try String(validating: bytes.extracting(start..<position), at: base + start)
    // No integer has a sign on its zero.
    if isInteger, let integer = Int(text), text != "-0" { return .integer(integer) }
    guard let number = Double(text) else { throw fault(.badNumber, at: start) }
    return .number(number)
  }

  func byte(at position: Int) -> UInt8 {
    unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
  }

  @_lifetime(self: copy self)
  mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }

  @_lifetime(self: copy self)
  mutating func parseString() throws(FormatError) -> String {
    position += 1
    var text = ""
    var start = position
    while true {
      guard let byte = peek else { throw fault(.unexpectedEnd) }
      switch byte {
      case UInt8(ascii: "\""):
        text += try String(validating: bytes.extracting(start..<position), at: base + start)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        text += try String(validating: bytes.extracting(start..<position), at: base + start)
        position += 1
        text.unicodeScalars.append(try parseEscape())
        start = position
      case 0..<0x20: throw fault(.controlCharacter)
      default: position += 1
      }
    }
  }

  @_lifetime(self: copy self)
  mutating func parseEscape() throws(FormatError) -> Unicode.Scalar {
    let start = position - 1
    guard let byte = peek else { throw fault(.unexpectedEnd) }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default: throw fault(.badEscape, at: start)
    }
    let unit = try parseHexUnit()
    if let scalar = Unicode.Scalar(UInt32(unit)) { return scalar }
    guard unit < 0xDC00, peek == UInt8(ascii: "\\") else {
      throw fault(.loneSurrogate, at: start)
    }
    position += 1
    guard peek == UInt8(ascii: "u") else { throw fault(.loneSurrogate, at: start) }
    position += 1
    let low = try parseHexUnit()
    guard low >= 0xDC00, low < 0xE000,
      let scalar = Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + UInt32(low) - 0xDC00)
    else { throw fault(.loneSurrogate, at: start) }
    return scalar
  }

  @_lifetime(self: copy self)
  mutating func parseHexUnit() throws(FormatError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek else { throw fault(.unexpectedEnd) }
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault(.badEscape)
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }
}
