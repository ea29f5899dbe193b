import BallastBytes
import BallastFormats

/// What the attributes of an object do to the code that uses it.
extension PickleWalk {
  /// Names of attributes are compared up to this length.
  private static let maximumAttribute = 1 << 6
  /// Texts of Python 2 that are longer, with what some readers leave out of them, are no keys.
  private static let maximumKeyBytes = 1 << 24

  /// A text as the name of an attribute, without what `errors="ignore"` leaves out; nil where it is too long
  /// for one.
  mutating func attribute(_ text: PickleText) -> String? {
    switch text.encoding {
    case .utf8: guard text.range.count <= Self.maximumAttribute else { return nil }
    // A letter takes ten bytes at most: \U0001F600.
    case .rawUnicodeEscape: guard text.range.count <= 10 * Self.maximumAttribute else { return nil }
    case .bytes, .escapedBytes:
      guard text.range.count <= Self.maximumKeyBytes else {
        note(.oddState)
        return nil
      }
    }
    let name = plain(text)
    return name.utf8.count <= Self.maximumAttribute ? name : nil
  }

  /// Notes what a key and its value would do as an attribute.
  mutating func inspectAttribute(
    _ key: PickleSymbol,
    _ value: PickleSymbol,
    of collection: inout PickleCollection
  ) {
    judgements.check(1)
    if isResult(value, .object) { collection.traits.insert(.holdsObjects) }
    guard let text = keyText(key), let name = attribute(text).map(ExactString.init) else { return }
    if let traits = PickleAttributes.hidden[name] { collection.traits.formUnion(traits) }
    if PickleAttributes.moduleDictionaries.contains(name), !isDictionary(value) {
      collection.traits.insert(.oddModule)
    }
    // What a module lacks it looks for among its parts.
    if PickleAttributes.moduleDictionaries.contains(name), case .collection(let index) = value,
      collections[index].traits.contains(.oddList)
    {
      collection.traits.insert(.oddList)
    }
    let isGroups = name.string.utf8.elementsEqual("param_groups".utf8)
    if isGroups && !areGroups(value) || name.string == "state" && !isState(value)
      || PickleAttributes.optimizerDictionaries.contains(name) && !isDictionary(value)
    {
      collection.traits.insert(.oddOptimizer)
    }
    if PickleAttributes.moduleLists.contains(name), !isList(value), !isNone(value) {
      collection.traits.insert(.oddList)
    }
    collection.traits.formUnion(oddParts(value, as: name.string))
    if !isAtom(value), PickleAttributes.isProtocol(name.string) { note(.oddState) }
  }

  /// Notes an element of what may become a dictionary, a pair or a list of them: whoever goes through a dictionary
  /// finds its keys, and through a list of modules the values of one.
  mutating func inspectProtocol(
    _ symbol: PickleSymbol,
    of collection: inout PickleCollection,
    isKey: Bool
  ) {
    var pair = isKey ? collection.keys : collection.values
    if let text = keyText(symbol) {
      guard isProtocol(text) else { return }
      pair.name = true
      if !isKey { holdsProtocols = true }
    } else if case .bytes(let range) = symbol {
      guard mayBeProtocol(range), isProtocolScalar([symbol]) else { return }
      pair.name = true
      if !isKey { holdsProtocols = true }
    } else {
      guard !isAtom(symbol) else { return }
      pair.part = true
    }
    if isKey { collection.keys = pair } else { collection.values = pair }
    // Some of torch's objects give the elements of several lists in turn.
    if pair.name && pair.part || holdsProtocols && buildsTorchObjects { note(.oddState) }
  }

  /// Whether bytes, of which NumPy makes texts, start as such a name does.
  private func mayBeProtocol(_ range: Range<Int>) -> Bool {
    range.count > 2 && Span<UInt8>(_bytes: source.bytes)[range.lowerBound] == UInt8(ascii: "_")
  }

  mutating func isProtocol(_ text: PickleText) -> Bool {
    isSpecial(text) && attribute(text).map(PickleAttributes.isProtocol) ?? false
  }

  /// Notes what is put into a container as it is made.
  mutating func inspectArguments(_ values: ArraySlice<PickleSymbol>, of form: PickleForm) {
    for value in values {
      if holdsArrayTypes(value) { resultsHold.arrayTypes = true }
      if case .collection(let index) = value, form.result == .sequence,
        collections[index].values.name || collections[index].keys.name
      {
        note(.oddState)
      }
    }
    if resultsHold.arrayTypes, buildsTorchObjects { note(.oddState) }
  }

  /// Notes what elements mean that were put into the result of a call, of which only the kind is known: other
  /// elements may have been put there before.
  mutating func inspectUnnamed(_ collection: PickleCollection, of target: PickleSymbol) {
    if collection.traits.contains(.oddList) { resultsHold.oddLists = true }
    if collection.traits.contains(.holdsObjects), case .result(.some(let index)) = target,
      names[index].lastPart.string == "defaultdict"
    {
      resultsHold.objects = true
    }
    if resultsHold.oddLists && buildsTorchObjects || resultsHold.objects && buildsOptimizers {
      note(.oddState)
    }
    if collection.traits.contains(.holdsArrayTypes) { resultsHold.arrayTypes = true }
    // A pair may be any two elements that stand in a row, such as a deque's.
    if collection.values.name, collection.kind != .dict { note(.oddState) }
    resultsHold.keys.name = resultsHold.keys.name || collection.keys.name
    resultsHold.keys.part = resultsHold.keys.part || collection.keys.part
    resultsHold.values.name = resultsHold.values.name || collection.values.name
    resultsHold.values.part = resultsHold.values.part || collection.values.part
    if resultsHold.keys.name && resultsHold.keys.part
      || resultsHold.values.name && resultsHold.values.part
      || resultsHold.arrayTypes && buildsTorchObjects
    {
      note(.oddState)
    }
  }

  /// The text that a key is; in Python 2 encoded ones are texts, too.
  private func keyText(_ symbol: PickleSymbol) -> PickleText? {
    switch symbol {
    case .text(let text), .encoded(let text): text
    default: nil
    }
  }

  /// Whether the bytes of a scalar spell such a name, in any width, and with whatever stands behind it.
  func isProtocolScalar(_ arguments: ArraySlice<PickleSymbol>) -> Bool {
    let letters: ArraySlice<UInt8>
    switch arguments.last {
    case .bytes(let range)?: letters = source.array(range.prefix(4 * Self.maximumAttribute))[...]
    case .encoded(let text)?, .text(let text)?:
      guard text.range.count <= Self.maximumKeyBytes else { return true }
      judgements.check(text.range.count)
      letters = (text.bytes(from: source) ?? []).prefix(4 * Self.maximumAttribute)
    default: return false
    }
    return PickleAttributes.isProtocol(String(decoding: letters.filter { $0 != 0 }, as: UTF8.self))
  }

  /// Whether a state hides methods of an object from its own code, or puts something else in the place of
  /// what that takes for dictionaries or functions.
  mutating func changesCode(of name: PickleName, _ state: PickleSymbol) -> Bool {
    var odd: PickleAttributes.Traits
    let path = name.path.utf8
    if path.starts(with: "torch.".utf8) {
      buildsTorchObjects = true
      // torch's classes hand their state to a dictionary, which takes pairs of any make.
      if resultsHold.arrayTypes || resultsHold.oddLists || holdsProtocols
        || kind(of: state) == .tuple
      {
        return true
      }
    }
    if path.starts(with: "torch.optim.lr_scheduler.".utf8)
      || path.elementsEqual("torch.optim.swa_utils.SWALR".utf8)
    {
      odd = [.hidesScheduler, .holdsArrayTypes]
    } else if path.starts(with: "torch.optim.".utf8),
      !path.elementsEqual("torch.optim.swa_utils.AveragedModel".utf8)
    {
      odd = [.hidesOptimizer, .oddOptimizer, .holdsArrayTypes]
      buildsOptimizers = true
      if resultsHold.objects { return true }
    } else if path.starts(with: "torch.utils.data.".utf8) {
      odd = [.hidesModule, .oddModule, .oddList, .holdsArrayTypes, .oddDataset]
    } else if path.starts(with: "torch.".utf8) {
      odd = [.hidesModule, .oddModule, .oddList, .holdsArrayTypes]
    } else if name.form?.result == .mapping
      || path.split(separator: UInt8(ascii: ".")).last.map({
        Self.containers.contains(String(Substring($0)))
      }) ?? false
    {
      odd = [.hidesContainer, .oddContainer]
      if dictionaries(of: state).contains(where: {
        collections[$0].traits.contains(.holdsArrayTypes)
      }) {
        resultsHold.arrayTypes = true
        if buildsTorchObjects { return true }
      }
    } else if path.elementsEqual("argparse.Namespace".utf8) {
      odd = [.hidesRecord]
    } else if path.elementsEqual("uuid.UUID".utf8) {
      // What is no number is put into the words of an error.
      return !dictionaries(of: state).allSatisfy {
        !collections[$0].isCut && collections[$0].elements.allSatisfy(isAtom)
      }
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

  func isDictionary(_ symbol: PickleSymbol) -> Bool {
    isNone(symbol) || kind(of: symbol) == .dict || isResult(symbol, .mapping) || isUnknown(symbol)
  }

  /// Whether a value is a type of NumPy, or holds one.
  func holdsArrayTypes(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .global(let index):
      names[index].form?.isType == true && names[index].path.utf8.starts(with: "numpy.".utf8)
    case .collection(let index): collections[index].traits.contains(.holdsArrayTypes)
    default: false
    }
  }
}
