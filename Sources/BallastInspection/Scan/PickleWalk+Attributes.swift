import BallastBytes
import BallastFormats

/// What the attributes of an object do to the code that uses it.
extension PickleWalk {
  /// Names of attributes are compared up to this length.
  private static let maximumAttribute = 1 << 6

  /// The same where escapes, or bytes that are not read, may stand between the letters.
  private static func maximumAttribute(_ text: PickleText) -> Int {
    if case .utf8 = text.encoding { maximumAttribute } else { maximumNameBytes }
  }

  /// Notes what a key and its value would do as an attribute.
  mutating func inspectAttribute(
    _ key: PickleSymbol,
    _ value: PickleSymbol,
    of collection: inout PickleCollection
  ) {
    judgements.check(1)
    if isArrayType(value) { collection.traits.insert(.holdsArrayTypes) }
    if isResult(value, .object) { collection.traits.insert(.holdsObjects) }
    guard case .text(let text) = key, text.range.count <= Self.maximumAttribute(text) else {
      return
    }
    judgements.check(text.range.count / 16)
    let name = ExactString(plain(text))
    if let traits = PickleAttributes.hidden[name] { collection.traits.formUnion(traits) }
    if PickleAttributes.moduleDictionaries.contains(name), !isDictionary(value) {
      collection.traits.insert(.oddModule)
    }
    let isGroups = name.string.utf8.elementsEqual("param_groups".utf8)
    if isGroups && kind(of: value) != .list && !isUnknown(value)
      || PickleAttributes.optimizerDictionaries.contains(name) && !isDictionary(value)
    {
      collection.traits.insert(.oddOptimizer)
    }
    if !isAtom(value), PickleAttributes.isProtocol(name.string) { note(.oddState) }
  }

  /// Notes an element of what may become a dictionary, a pair or a list of them.
  mutating func inspectProtocol(_ symbol: PickleSymbol, of collection: inout PickleCollection) {
    if case .text(let text) = symbol {
      let isShort = text.range.count <= Self.maximumAttribute(text)
      guard isShort, isSpecial(text), PickleAttributes.isProtocol(plain(text)) else {
        return
      }
      collection.holdsProtocols = true
    } else {
      guard !isAtom(symbol) else { return }
      collection.holdsParts = true
    }
    if collection.holdsProtocols, collection.holdsParts { note(.oddState) }
  }

  /// Whether the bytes of a scalar spell such a name, in any width.
  func isProtocolScalar(_ arguments: ArraySlice<PickleSymbol>) -> Bool {
    let letters: [UInt8]
    switch arguments.last {
    case .bytes(let range)? where range.count <= 4 * Self.maximumAttribute:
      letters = source.array(range)
    case .encoded(let text)?, .text(let text)?:
      guard text.range.count <= 16 * Self.maximumAttribute else { return false }
      letters = text.bytes(from: source) ?? []
    default: return false
    }
    return PickleAttributes.isProtocol(String(decoding: letters.filter { $0 != 0 }, as: UTF8.self))
  }

  /// Whether a state hides methods of an object from its own code, or puts something else in the place of
  /// what that takes for dictionaries or functions.
  func changesCode(of name: PickleName, _ state: PickleSymbol) -> Bool {
    var odd: PickleAttributes.Traits
    let path = name.path.utf8
    if path.starts(with: "torch.optim.lr_scheduler.".utf8)
      || path.elementsEqual("torch.optim.swa_utils.SWALR".utf8)
    {
      odd = [.hidesScheduler, .holdsArrayTypes]
    } else if path.starts(with: "torch.optim.".utf8),
      !path.elementsEqual("torch.optim.swa_utils.AveragedModel".utf8)
    {
      odd = [.hidesOptimizer, .oddOptimizer, .holdsArrayTypes]
    } else if path.starts(with: "torch.".utf8) {
      odd = [.hidesModule, .oddModule, .holdsArrayTypes]
    } else if name.form?.result == .mapping
      || path.split(separator: UInt8(ascii: ".")).last.map({
        ["UserDict", "IterableUserDict", "UserList", "ChainMap"].contains(String(Substring($0)))
      }) ?? false
    {
      odd = [.hidesContainer]
    } else {
      return false
    }
    if name.form?.result == .mapping { odd = [.hidesContainer] }
    return !dictionaries(of: state).allSatisfy { collections[$0].traits.isDisjoint(with: odd) }
  }

  /// The dictionaries of a state: one, or those of a tuple of two.
  private func dictionaries(of state: PickleSymbol) -> [Int] {
    guard case .collection(let index) = state else { return [] }
    guard collections[index].kind == .tuple else { return [index] }
    return (tuple(state) ?? []).compactMap {
      if case .collection(let index) = $0 { index } else { nil }
    }
  }

  private func isDictionary(_ symbol: PickleSymbol) -> Bool {
    isNone(symbol) || kind(of: symbol) == .dict || isResult(symbol, .mapping) || isUnknown(symbol)
  }

  private func isArrayType(_ symbol: PickleSymbol) -> Bool {
    guard case .global(let index) = symbol, names[index].form?.isType == true else { return false }
    return names[index].path.utf8.starts(with: "numpy.".utf8)
  }
}
