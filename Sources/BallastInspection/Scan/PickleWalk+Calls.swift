import BallastBytes
import BallastFormats

/// What a pickle calls, and with what.
extension PickleWalk {
  /// What a call is given, as its opcode takes it from the stack.
  enum Arguments {
    /// One value, a tuple if the pickle is sound.
    case tuple(PickleSymbol)
    case values([PickleSymbol])
    /// A tuple and a dictionary.
    case keywords(PickleSymbol, PickleSymbol)
  }

  /// Notes a call, and pushes what it returns.
  mutating func call(_ callee: PickleSymbol, _ arguments: Arguments) {
    if isClean { hasCalls = true }
    if case .values(let values) = arguments {
      for value in values {
        keep(value)
        settle(value)
      }
    }
    guard mayBeCalled(callee) else {
      // The unpickler in Python only asks it for __new__, and a matrix makes another of itself.
      if case .array = callee { note(.computedCall) }
      noteImpossible(.computedCall)
      stumble()
      return push(.opaque)
    }
    guard case .global(let index) = callee else {
      if case .opaque = callee { reachUnknown() }
      // What is not known only because Python has failed before was not called.
      if case .opaque = callee, !isClean {} else { note(.computedCall) }
      return push(.result(of: nil))
    }
    guard let form = names[index].form else {
      noteCall(of: index, arguments)
      lendBytes(of: arguments)
      return push(.result(of: index))
    }
    guard let values = values(of: arguments), matches(values, form) else {
      if names[index].verdict == .loadsBytes {
        note(.loaderAtLarge)
      } else {
        noteOddCall(of: index, arguments)
      }
      return push(.result(of: index))
    }
    pushResult(of: index, form, values)
  }

  /// Whether a value may be one that Python can call.
  private func mayBeCalled(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .global, .opaque, .persistent, .result: return true
    default: return false
    }
  }

  /// Notes the bytes that a function gets of which nobody knows what it does: it may give back an array that lies over them.
  private mutating func lendBytes(of arguments: Arguments) {
    for value in values(of: arguments) ?? [] {
      guard let file = file(value) else { continue }
      if filePlaces.contains(file.range.lowerBound) { note(.loaderAtLarge) }
      bufferPlaces.insert(file.range.lowerBound)
    }
  }

  /// The arguments, if they are known.
  private func values(of arguments: Arguments) -> ArraySlice<PickleSymbol>? {
    switch arguments {
    case .tuple(let symbol): return tuple(symbol)?[...]
    case .values(let values):
      return values.count <= PickleCollection.keptElements ? values[...] : nil
    case .keywords(let symbol, let keywords):
      // No class here takes any.
      guard case .collection(let index) = keywords, collections[index].kind == .dict,
        collections[index].elements.isEmpty
      else { return nil }
      return tuple(symbol)?[...]
    }
  }

  private mutating func pushResult(
    of index: Int,
    _ form: PickleForm,
    _ values: ArraySlice<PickleSymbol>
  ) {
    switch form.result {
    case .same:
      if let value = values.first { return push(value) }
    case .mapping, .sequence: inspectArguments(values, of: form)
    case .encoded:
      guard form.isFunction, case .text(let text)? = values.first else { break }
      // Those of Python 2 are read in the encoding that the loader is told; Python 3, which encodes, writes none.
      if text.encoding == .bytes || text.encoding == .escapedBytes {
        noteOddCall(of: index, .values(Array(values)))
      }
      return push(.encoded(text))
    case .arrayType: return pushArrayType(values.first)
    case .array: return pushArray(PickleArray(name: index, isComplete: false))
    case .maskedArray:
      return pushArray(PickleArray(name: index, isMasked: true, isComplete: false))
    case .view:
      if let bytes = values.first, !lend(bytes) { noteOddCall(of: index, .values(Array(values))) }
      var array = PickleArray(name: index, isComplete: true)
      if case .arrayType(let type)? = values.dropFirst().first {
        array.type = type
        if let content = values.first { inspectTexts(content, of: type) }
      }
      return pushArray(array)
    case .text:
      // A text of NumPy's, or the version of torch, equals the same text of Python's, as a key, too.
      if isProtocolScalar(values) { noteOddCall(of: index, .values(Array(values))) }
    case .first:
      guard case .global(let type)? = values.first else { break }
      checkObject(of: type, values)
      if names[type].form?.result == .text, isProtocolScalar(values) {
        noteOddCall(of: type, .values(Array(values)))
      }
      return push(.result(of: type))
    case .storage:
      guard let value = values.first, let file = file(value) else { break }
      if bufferPlaces.contains(file.range.lowerBound) { note(.loaderAtLarge) }
      filePlaces.insert(file.range.lowerBound)
      addNested(file, isLoaded: true)
    default: break
    }
    push(.result(of: index))
  }

  /// An object that a function of `copyreg` makes: its class may only be given what NEWOBJ may give it.
  private mutating func checkObject(of type: Int, _ values: ArraySlice<PickleSymbol>) {
    guard let form = names[type].form else { return }
    let isReconstructed = values.count == 3 && names[type].form?.result == .object
    let rest = values.dropFirst()
    if isReconstructed, case .none? = rest.last { return }
    if !matches(rest, form) { noteOddCall(of: type, .values(Array(rest))) }
  }

  private mutating func pushArrayType(_ code: PickleSymbol?) {
    guard arrayTypes.count < Self.maximumCollections else {
      forget()
      return push(.opaque)
    }
    var type = PickleArrayType.unknown
    if case .text(let text)? = code {
      type = PickleArrayType(text.decoded(from: source)) ?? .unknown
    }
    arrayTypes.append(type)
    push(.arrayType(arrayTypes.count - 1))
  }

  private mutating func pushArray(_ array: PickleArray) {
    guard arrays.count < Self.maximumCollections else {
      forget()
      return push(.opaque)
    }
    arrays.append(array)
    push(.array(arrays.count - 1))
  }

  /// Notes that an array lies over bytes, which whoever changes the array changes; returns whether they
  /// are nobody else's.
  mutating func lend(_ bytes: PickleSymbol) -> Bool {
    let place: Int
    switch bytes {
    case .bytes(let range): place = range.lowerBound
    case .encoded(let text), .text(let text): place = text.range.lowerBound
    default: return true
    }
    return !filePlaces.contains(place) && bufferPlaces.insert(place).inserted
  }

  private mutating func noteOddCall(of index: Int, _ arguments: Arguments) {
    guard !isForgetful, isClean || !isGuess else { return }
    noteCall(of: index, arguments)
  }

  private mutating func noteCall(of index: Int, _ arguments: Arguments) {
    let isFirst = names[index].calls.isEmpty
    guard
      isFirst
        || names[index].calls.count < PickleName.maximumCalls && judgements.isWorthComparing()
    else {
      if index < inheritedNames { calledNames.insert(index) }
      names[index].omittedCalls += 1
      return
    }
    let isShown = !isFirst || judgements.isWorthShowing()
    let shown = isShown ? shownArguments(arguments) : "(…)"
    // Calls that look alike are one.
    guard !names[index].calls.contains(where: { $0.arguments.utf8.elementsEqual(shown.utf8) })
    else { return }
    if index < inheritedNames { calledNames.insert(index) }
    names[index].calls.append(
      PickleName.Call(opcode: opcode, offset: opcodeOffset, arguments: shown)
    )
  }

  /// What a persistent id stands for: torch's ("module", x, …) for x itself, which is a class, in its tar archives
  /// of 2016, of which any tar archive may be one, (x, …), and all else for a storage.
  mutating func persistent(_ id: PickleSymbol) -> PickleSymbol {
    guard let parts = tuple(id), let first = parts.first else {
      // One that is too long to be kept may start with anything.
      if case .collection(let index) = id, collections[index].kind == .tuple,
        collections[index].isCut
      {
        note(.computedCall)
      }
      return .persistent
    }
    switch (idKind(first), first) {
    case ("storage", _): return .persistent
    case ("reduce_package", _):
      // torch.package calls the third with what follows.
      note(.computedCall)
      return .opaque
    case ("module", _) where parts.count > 1:
      if case .global = parts[1] {
        if isInTar { namesMayBeTexts = true }
        return parts[1]
      }
      note(.computedCall)
      return isInTar ? .opaque : parts[1]
    case (_?, _), (nil, .none), (nil, .truth), (nil, .integer), (nil, .number): break
    case (nil, .global) where isInTar: break
    default:
      // What is made or imported may be equal to a text.
      note(.computedCall)
      return .opaque
    }
    // Other formats take the second for the class.
    if parts.count > 1, case .global = parts[1] { note(.computedCall) }
    return first
  }

  private func idKind(_ symbol: PickleSymbol) -> String? {
    switch symbol {
    case .bytes(let range): shortText(.text(PickleText(range: range, encoding: .bytes)))
    case .encoded(let text): shortText(.text(text))
    default: shortText(symbol)
    }
  }
}
