/// The size of the elements of an array, by its header's text: of texts, dates and structures, too,
/// which have no number type of their own here.
///
/// Python evaluates the text; what is written in any other way than NumPy writes it is not understood.
struct NumPyElements {
  /// Structures in structures are followed this far.
  private static let maximumDepth = 16
  /// The types of a fixed size, by letter and digits.
  private static let plain: Set<String> = [
    "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "c8", "c16",
    "c32",
  ]

  private var rest: ArraySlice<UInt8>
  private var holdsObjects = false

  /// What an array has behind its header.
  enum Content: Equatable {
    /// Elements of so many bytes in all.
    case bytes(Int)
    /// A pickle.
    case objects
    /// Nobody knows: the header is not written as NumPy writes it.
    case unknown
  }

  /// What stands behind a header of this text.
  static func content(describedBy text: [UInt8]) -> Content {
    var parser = NumPyElements(rest: text[...])
    guard let count = parser.total() else { return .unknown }
    return parser.holdsObjects ? .objects : .bytes(count)
  }

  private mutating func total() -> Int? {
    var size: Int?
    var shape: [Int]?
    var isFortran: Bool?
    guard skip("{") else { return nil }
    while !skip("}") {
      guard let key = quoted(), skip(":") else { return nil }
      switch key {
      case "descr" where size == nil:
        guard let value = type(depth: 0) else { return nil }
        size = value
      case "shape" where shape == nil:
        guard let value = sizes() else { return nil }
        shape = value
      case "fortran_order" where isFortran == nil:
        guard let value = skip("True") ? true : skip("False") ? false : nil else { return nil }
        isFortran = value
      default: return nil
      }
      guard skip(",") || peek() == UInt8(ascii: "}") else { return nil }
    }
    guard peek() == nil, isFortran != nil, let size, let shape else { return nil }
    return Self.product(size, shape)
  }

  /// A type: a code, a list of fields, or a pair of a type and a shape.
  private mutating func type(depth: Int) -> Int? {
    guard depth < Self.maximumDepth else { return nil }
    if skip("(") {
      guard let size = type(depth: depth + 1), skip(","), let shape = sizes(), skip(")") else {
        return nil
      }
      return Self.product(size, shape)
    }
    guard skip("[") else { return quoted().flatMap { size(of: $0) } }
    var total = 0
    while !skip("]") {
      guard let size = field(depth: depth + 1) else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(size)
      guard !overflow, skip(",") || peek() == UInt8(ascii: "]") else { return nil }
      total = sum
    }
    return total
  }

  /// A field of a structure: its name, or a title and a name, its type, and a shape of its own.
  private mutating func field(depth: Int) -> Int? {
    guard skip("(") else { return nil }
    let name: String
    if skip("(") {
      guard quoted() != nil, skip(","), let own = quoted(), skip(")") else { return nil }
      name = own
    } else {
      guard let own = quoted() else { return nil }
      name = own
    }
    let heldObjects = holdsObjects
    guard skip(","), let size = type(depth: depth) else { return nil }
    // NumPy takes what has no name for padding, whatever it holds; escapes may stand for nothing.
    let isNamed = !name.isEmpty && !name.utf8.contains(UInt8(ascii: "\\"))
    guard isNamed || holdsObjects == heldObjects else { return nil }
    if skip(")") { return size }
    guard skip(",") else { return nil }
    if skip(")") { return size }
    guard let shape = sizes(), skip(")") else { return nil }
    return Self.product(size, shape)
  }

  /// The size of an element of a type's code, such as <U12 or <M8[ns].
  private mutating func size(of code: String) -> Int? {
    var code = Substring(code)
    if let first = code.first, "<>=|".contains(first) { code.removeFirst() }
    if Self.plain.contains(String(code)) { return Int(code.dropFirst()) }
    // Python 2 wrote how large a pointer is.
    if ["O", "O4", "O8"].contains(code) {
      holdsObjects = true
      return 0
    }
    guard let letter = code.popFirst() else { return nil }
    if letter == "M" || letter == "m" {
      guard code.hasPrefix("8") else { return nil }
      return Self.isUnit(code.dropFirst()) ? 8 : nil
    }
    guard !code.isEmpty, code.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let count = Int(code)
    else { return nil }
    switch letter {
    case "S", "a", "V": return count
    case "U": return Self.product(4, [count])
    default: return nil
    }
  }

  /// Whether a text is the unit of dates, such as [7s]; of other texts NumPy may make a structure.
  private static func isUnit(_ text: Substring) -> Bool {
    guard !text.isEmpty else { return true }
    guard text.hasPrefix("["), text.hasSuffix("]") else { return false }
    let unit = text.dropFirst().dropLast().drop { "0123456789".contains($0) }
    return units.contains(String(unit))
  }

  private static let units: Set<String> = [
    "Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic",
  ]

  private static func product(_ size: Int, _ factors: [Int]) -> Int? {
    var product = size
    for factor in factors {
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      guard !overflow else { return nil }
      product = next
    }
    return product
  }

  /// A tuple of decimal numbers.
  private mutating func sizes() -> [Int]? {
    guard skip("(") else { return nil }
    var sizes: [Int] = []
    var isTuple = true
    while !skip(")") {
      guard isTuple, let size = number() else { return nil }
      sizes.append(size)
      isTuple = skip(",")
    }
    // One number in parentheses is no tuple.
    return sizes.count == 1 && !isTuple ? nil : sizes
  }

  private mutating func number() -> Int? {
    skipSpace()
    let digits = rest.prefix { (0x30...0x39).contains($0) }
    // Python has no numbers that start with a zero, except zero.
    guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    rest = rest.dropFirst(digits.count)
    if rest.first == UInt8(ascii: "L") { rest.removeFirst() }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  /// A text in quotes, whose escapes stay as they are.
  private mutating func quoted() -> String? {
    skipSpace()
    guard let quote = rest.first, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      return nil
    }
    var isEscaped = false
    let text = rest.dropFirst().prefix { byte in
      if isEscaped {
        isEscaped = false
        return true
      }
      isEscaped = byte == UInt8(ascii: "\\")
      return byte != quote
    }
    guard text.endIndex < rest.endIndex else { return nil }
    rest = rest[(text.endIndex + 1)...]
    return String(decoding: text, as: UTF8.self)
  }

  private mutating func peek() -> UInt8? {
    skipSpace()
    return rest.first
  }

  private mutating func skipSpace() {
    rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
  }

  /// Moves past `word`, after white space, if it is there.
  private mutating func skip(_ word: String) -> Bool {
    skipSpace()
    guard rest.starts(with: word.utf8) else { return false }
    rest = rest.dropFirst(word.utf8.count)
    return true
  }
}
