import BallastBytes
import BallastFormats

/// Whether the arguments of a call are those of a pickler.
extension PickleWalk {
  private static let arrayClasses: Set<String> = [
    "numpy.ndarray", "numpy.matrix", "numpy.matrixlib.defmatrix.matrix",
  ]
  private static let maskedClasses: Set<String> = [
    "numpy.ma.MaskedArray", "numpy.ma.core.MaskedArray",
  ]

  /// Whether the arguments are those of one of the calls of the form.
  func matches(_ arguments: ArraySlice<PickleSymbol>, _ form: PickleForm) -> Bool {
    judgements.check(form.calls.count * (arguments.count + 1))
    return form.calls.contains { matches(arguments, $0) }
  }

  private func matches(
    _ arguments: ArraySlice<PickleSymbol>,
    _ parameters: [PickleForm.Parameter]
  ) -> Bool {
    var rest = arguments
    for parameter in parameters {
      if parameter.isRepeated {
        return rest.allSatisfy { fits($0, parameter.argument, among: arguments) }
      }
      guard let argument = rest.popFirst() else { return parameter.isOptional }
      guard fits(argument, parameter.argument, among: arguments) else { return false }
    }
    return rest.isEmpty
  }

  private func fits(
    _ symbol: PickleSymbol,
    _ argument: PickleArgument,
    among arguments: ArraySlice<PickleSymbol>
  ) -> Bool {
    if !mustBeKnown(argument), isUnknown(symbol) { return true }
    switch argument {
    case .any: return isHarmless(symbol)
    case .atom: return isAtom(symbol)
    case .text: return isText(symbol)
    case .latin1: return isLatin1(symbol)
    case .none: if case .none = symbol { return true } else { return false }
    case .int: return isInteger(symbol)
    case .number: return isNumber(symbol)
    case .truth: return isTruth(symbol)
    case .yes: return isYes(symbol)
    case .decimal: return shortText(symbol).map(PickleNumber.isDecimal) ?? false
    case .ratio: return shortText(symbol).map(PickleNumber.isRatio) ?? false
    case .bytes: return isBytes(symbol)
    case .file: return file(symbol) != nil
    case .buffer:
      if case .buffer = symbol { return true }
      return isBytes(symbol)
    case .ints: return isIntegers(symbol)
    case .noShape:
      guard let shape = tuple(symbol), shape.count == 1, case .integer(0) = shape[0] else {
        return false
      }
      return true
    case .list: return kind(of: symbol) == .list
    case .pairs:
      guard case .collection(let index) = symbol, collections[index].kind == .list else {
        return false
      }
      return !collections[index].holdsOtherThanPairs
    case .dict: return kind(of: symbol) == .dict
    case .items: return kind(of: symbol) != nil
    case .optionalInt: return isInteger(symbol) || isNone(symbol)
    case .optionalDict: return kind(of: symbol) == .dict || isNone(symbol)
    case .state: return isTensorState(symbol)
    case .class: return isClass(symbol)
    case .type: return isType(symbol)
    case .base: return isBase(symbol)
    case .factory: return isNone(symbol) || isBase(symbol) || isClass(symbol) && !isType(symbol)
    case .bitGenerator:
      return path(symbol)?.utf8.starts(with: "numpy.random._".utf8) ?? false
    case .ndarray: return path(symbol).map(Self.arrayClasses.contains) ?? false
    case .maskedClass: return path(symbol).map(Self.maskedClasses.contains) ?? false
    case .code: return isCode(symbol)
    case .byteCode: return shortText(symbol)?.utf8.elementsEqual("b".utf8) ?? false
    case .numericType:
      guard case .arrayType(let index) = symbol else { return false }
      return !arrayTypes[index].holdsObjects
    case .parts: return isPart(symbol, depth: 2)
    case .rebuild: return isRebuilding(arguments)
    case .storage: return isStorage(symbol)
    case .hooks: return isMapping(symbol)
    case .tensor: return isResult(symbol, .tensor)
    case .size: return isResult(symbol, .size)
    case .device: return isResult(symbol, .device)
    case .layout: return isResult(symbol, .layout)
    case .array: return isResult(symbol, .array)
    case .generator: return isResult(symbol, .generator)
    case .delta: return isResult(symbol, .delta)
    case .zone: return isResult(symbol, .zone)
    }
  }

  // MARK: - Values

  /// The result of a name that is a finding of its own.
  func isUnknown(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .result(.some(let index)): names[index].form == nil
    case .result(nil): true
    default: false
    }
  }

  func isNone(_ symbol: PickleSymbol) -> Bool {
    if case .none = symbol { true } else { false }
  }

  func isAtom(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .none, .truth, .integer, .number, .text, .bytes, .encoded: true
    default: false
    }
  }

  func isText(_ symbol: PickleSymbol) -> Bool {
    if case .text = symbol { true } else { false }
  }

  func isInteger(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .integer, .number: true
    default: false
    }
  }

  private func isNumber(_ symbol: PickleSymbol) -> Bool {
    if case .truth = symbol { return true }
    return isInteger(symbol)
  }

  func isTruth(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .truth, .integer(0), .integer(1): true
    default: false
    }
  }

  private func isYes(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .truth(true), .integer(1): true
    default: false
    }
  }

  /// A text that is no longer than a name may be.
  func shortText(_ symbol: PickleSymbol) -> String? {
    guard case .text(let text) = symbol, text.range.count <= Self.maximumNameBytes else {
      return nil
    }
    judgements.check(text.range.count)
    return text.decoded(from: source)
  }

  /// Bytes; Python 2's are texts.
  func isBytes(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .bytes, .encoded: true
    case .result(.some(let index)): names[index].form?.result == .encoded
    case .text: true
    default: false
    }
  }

  func isIntegers(_ symbol: PickleSymbol) -> Bool {
    if isResult(symbol, .size) { return true }
    guard let parts = tuple(symbol) else { return false }
    judgements.check(parts.count)
    return parts.allSatisfy { isInteger($0) }
  }

  /// What is kept and not asked for anything: all but functions and objects of unknown make.
  private func isHarmless(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .opaque, .global: false
    case .collection(let index): !collections[index].holdsFunctions
    default: isAtom(symbol)
    }
  }

  /// The elements of a tuple that is kept whole.
  func tuple(_ symbol: PickleSymbol) -> [PickleSymbol]? {
    guard case .collection(let index) = symbol, collections[index].kind == .tuple,
      !collections[index].isCut
    else { return nil }
    return collections[index].elements
  }

  func kind(of symbol: PickleSymbol) -> PickleCollection.Kind? {
    guard case .collection(let index) = symbol else { return nil }
    return collections[index].kind
  }

  /// What torch's loader is called with, how a text becomes bytes, what is rebuilt by which function, and whether an
  /// array has objects: whoever made these may have made anything.
  private func mustBeKnown(_ argument: PickleArgument) -> Bool {
    switch argument {
    case .file, .latin1, .rebuild, .code: true
    default: false
    }
  }

  /// The types of the package that NumPy's types of few bits come from.
  private static let numericTypes = Set(
    [
      "bfloat16", "float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz", "float8_e4m3fn",
      "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float6_e2m3fn",
      "float6_e3m2fn", "float4_e2m1fn", "int1", "int2", "int4", "uint1", "uint2", "uint4",
    ].map { "ml_dtypes." + $0 }
  )

  private func isLatin1(_ symbol: PickleSymbol) -> Bool {
    guard case .text(let text) = symbol, text.range.count <= 16 else { return false }
    return ["latin1", "latin-1"].contains { $0.utf8.elementsEqual(text.decoded(from: source).utf8) }
  }

  private func isCode(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .text(let text):
      text.range.count <= 16 && PickleArrayType(text.decoded(from: source)) != nil
    // NumPy makes objects of the instances of a class that is not one of its types.
    case .global(let index): Self.numericTypes.contains(names[index].path)
    default: false
    }
  }

  // MARK: - Names

  private func form(_ symbol: PickleSymbol) -> PickleForm? {
    guard case .global(let index) = symbol else { return nil }
    return names[index].form
  }

  private func path(_ symbol: PickleSymbol) -> String? {
    guard case .global(let index) = symbol else { return nil }
    return names[index].path
  }

  private func isClass(_ symbol: PickleSymbol) -> Bool {
    guard case .global = symbol else { return false }
    return !(form(symbol)?.isFunction ?? false)
  }

  private func isType(_ symbol: PickleSymbol) -> Bool { form(symbol)?.isType ?? false }

  /// A builtin type.
  private func isBase(_ symbol: PickleSymbol) -> Bool {
    guard let path = path(symbol), form(symbol)?.isFunction == false else { return false }
    return path.utf8.starts(with: "builtins.".utf8) || path.utf8.starts(with: "__builtin__.".utf8)
  }

  // MARK: - Results

  func isResult(_ symbol: PickleSymbol, _ result: PickleResult) -> Bool {
    if case .array = symbol, case .array = result { return true }
    guard case .result(.some(let index)) = symbol else { return false }
    return names[index].form?.result == result
  }

  private func isMapping(_ symbol: PickleSymbol) -> Bool {
    isNone(symbol) || kind(of: symbol) == .dict || isResult(symbol, .mapping)
  }

  private func isStorage(_ symbol: PickleSymbol) -> Bool {
    if case .persistent = symbol { return true }
    return isResult(symbol, .storage)
  }

  private func isPart(_ symbol: PickleSymbol, depth: Int) -> Bool {
    if isAtom(symbol) || isType(symbol) || isUnknown(symbol) { return true }
    if isResult(symbol, .tensor) || isResult(symbol, .size) { return true }
    guard depth > 0, let parts = tuple(symbol) else { return false }
    judgements.check(parts.count)
    return parts.allSatisfy { isPart($0, depth: depth - 1) }
  }

  /// `_rebuild_from_type_v2`: a function of `torch._utils` with its own arguments, a class, attributes.
  private func isRebuilding(_ arguments: ArraySlice<PickleSymbol>) -> Bool {
    let parts = Array(arguments)
    guard parts.count == 4, isClass(parts[1]), isTensorState(parts[3]) else { return false }
    guard let form = form(parts[0]) else { return isClass(parts[0]) }
    guard form.isFunction, form.result == .tensor, let inner = tuple(parts[2]),
      path(parts[0])?.utf8.starts(with: "torch._utils.".utf8) == true
    else { return false }
    return matches(inner[...], form)
  }

  /// The bytes that torch's loader is called with, if they stand in this file.
  func file(_ symbol: PickleSymbol) -> PickleText? {
    switch symbol {
    case .bytes(let range): PickleText(range: range, encoding: .bytes)
    case .encoded(let text): text
    case .text(let text) where text.encoding == .bytes || text.encoding == .escapedBytes: text
    default: nil
    }
  }
}
