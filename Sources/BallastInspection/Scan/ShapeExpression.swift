/// The expressions of sizes that torch.export writes, as SymPy prints them:
/// `Add(Mul(Integer(2), Symbol('s0', integer=True)), Integer(1))`.
///
/// And conditions on the sizes of inputs, as Python: `L['x'].size()[0] >= 2*L['y'].size()[1]`.
struct ShapeExpression {
  /// The functions of SymPy, and those that torch adds, that sizes are made of.
  private static let functions = Set(
    """
    Symbol Dummy Integer Float Rational Add Mul Pow Max Min Abs Eq Ne Equality Unequality Gt Ge Lt Le
    StrictGreaterThan StrictLessThan GreaterThan LessThan And Or Not Xor Piecewise ExprCondPair Tuple
    floor ceiling sqrt log exp sin cos tan
    FloorDiv ModularIndexing Where PythonMod Mod CleanDiv CeilToInt FloorToInt CeilDiv IntTrueDiv
    FloatTrueDiv LShift RShift IsNonOverlappingAndDenseIndicator TruncToFloat TruncToInt RoundToInt
    RoundDecimal ToFloat FloatPow PowByNatural Identity OpaqueUnaryFn_sqrt OpaqueUnaryFn_cos
    OpaqueUnaryFn_cosh OpaqueUnaryFn_sin OpaqueUnaryFn_sinh OpaqueUnaryFn_tan OpaqueUnaryFn_tanh
    OpaqueUnaryFn_asin OpaqueUnaryFn_acos OpaqueUnaryFn_atan OpaqueUnaryFn_exp OpaqueUnaryFn_log
    OpaqueUnaryFn_asinh OpaqueUnaryFn_log2 BitwiseFn_bitwise_and BitwiseFn_bitwise_or
    BitwiseFn_bitwise_xor
    """.split { $0 == " " || $0 == "\n" }.map { Array($0.utf8) }
  )
  /// Numbers of more digits have no place in a size.
  private static let maximumDigits = 64

  /// What is asked of an input.
  private static let questions = ["size", "stride", "storage_offset", "numel", "dim"]
    .map { Array("\($0)()".utf8) }
  /// Where the inputs are.
  private static let inputs = Array("L".utf8)

  private var rest: ArraySlice<UInt8>
  /// Whether it is about inputs.
  private let isCondition: Bool

  /// Whether it is names, numbers and the functions of sizes, and nothing that Python could do more with.
  static func isPlain(_ text: [UInt8], ofInputs isCondition: Bool = false) -> Bool {
    var expression = ShapeExpression(rest: text[...], isCondition: isCondition)
    return expression.isPlain()
  }

  private mutating func isPlain() -> Bool {
    // What stands before a parenthesis: a value would be called.
    var followsValue = false
    while let byte = rest.first {
      switch byte {
      case UInt8(ascii: " "): rest.removeFirst()
      case UInt8(ascii: "("):
        guard !followsValue else { return false }
        rest.removeFirst()
      case UInt8(ascii: ")"):
        rest.removeFirst()
        followsValue = true
      case UInt8(ascii: "[") where isCondition && followsValue:
        guard isIndex() else { return false }
      case UInt8(ascii: ".") where isCondition && followsValue:
        rest.removeFirst()
        guard let question = Self.questions.first(where: { rest.starts(with: $0) }) else {
          return false
        }
        rest = rest.dropFirst(question.count)
      case UInt8(ascii: "!") where isCondition:
        rest.removeFirst()
        guard rest.first == UInt8(ascii: "=") else { return false }
      case _ where "+-*/%,=<>".utf8.contains(byte):
        rest.removeFirst()
        followsValue = false
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        guard isQuotation(byte) else { return false }
        followsValue = true
      case 0x30...0x39:
        guard isNumber() else { return false }
        followsValue = true
      case _ where Self.isLetter(byte):
        let name = rest.prefix(while: Self.isLetter)
        rest = rest.dropFirst(name.count)
        let isCalled = rest.first { $0 != UInt8(ascii: " ") } == UInt8(ascii: "(")
        if isCondition, ["and", "or", "not"].contains(where: { name.elementsEqual($0.utf8) }) {
          followsValue = false
          continue
        }
        guard isCalled ? Self.functions.contains(Array(name)) : isVariable(name) else {
          return false
        }
        followsValue = !isCalled
      default: return false
      }
    }
    return true
  }

  /// A name or a number in quotes: some functions evaluate texts in turn.
  private mutating func isQuotation(_ quote: UInt8) -> Bool {
    rest.removeFirst()
    let text = rest.prefix { $0 != quote }
    rest = rest.dropFirst(text.count)
    guard rest.popFirst() == quote, let first = text.first else { return false }
    if Self.isLetter(first), !(0x30...0x39).contains(first) {
      return text.allSatisfy(Self.isLetter) && Self.isSymbol(text)
    }
    return text.count <= Self.maximumDigits
      && text.allSatisfy { (0x30...0x39).contains($0) || "+-.einfa".utf8.contains($0) }
  }

  /// A number or a name in brackets.
  private mutating func isIndex() -> Bool {
    rest.removeFirst()
    guard let first = rest.first else { return false }
    if first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") {
      guard isQuotation(first) else { return false }
    } else {
      guard (0x30...0x39).contains(first), isNumber() else { return false }
    }
    return rest.popFirst() == UInt8(ascii: "]")
  }

  private func isVariable(_ name: ArraySlice<UInt8>) -> Bool {
    guard isCondition else { return Self.isSymbol(name) }
    return name.elementsEqual(Self.inputs)
      || ["None", "True", "False"].contains { name.elementsEqual($0.utf8) }
  }

  private mutating func isNumber() -> Bool {
    let digits = rest.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    rest = rest.dropFirst(digits.count)
    guard digits.count <= Self.maximumDigits, rest.first.map(Self.isLetter) != true else {
      return false
    }
    // A point at the end would be an attribute's.
    return digits.last != UInt8(ascii: ".")
      && digits.count { $0 == UInt8(ascii: ".") } <= 1
  }

  private static func isSymbol(_ name: ArraySlice<UInt8>) -> Bool {
    !name.starts(with: "__".utf8) && !name.elementsEqual("lambda".utf8)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
  }
}
