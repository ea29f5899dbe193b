import BallastBytes
import BallastFormats

/// What containers hold, and what is put into them.
extension PickleWalk {
  // MARK: - Making containers

  /// Makes a container of what stands on the stack from `start` on.
  mutating func pushCollection(_ kind: PickleCollection.Kind, from start: Int) {
    if kind == .tuple, start == stack.count { return pushEmptyTuple() }
    guard collections.count < Self.maximumCollections, elementCount < Self.maximumElements else {
      forget()
      stack.removeSubrange(start...)
      return push(.opaque)
    }
    var collection = PickleCollection(kind, stack[start...])
    elementCount += collection.elements.count
    inspect(from: start, for: &collection)
    stack.removeSubrange(start...)
    collections.append(collection)
    push(.collection(collections.count - 1))
  }

  mutating func pushCollection(_ kind: PickleCollection.Kind) {
    pushCollection(kind, from: stack.count)
  }

  private mutating func pushEmptyTuple() {
    if emptyTuple == nil {
      emptyTuple = collections.count
      collections.append(PickleCollection(.tuple))
    }
    push(emptyTuple.map { .collection($0) } ?? .opaque)
  }

  // MARK: - Putting items into them

  /// Items for the value below the last mark.
  mutating func addMarked(asPairs isPairs: Bool) {
    guard let start = openMark() else { return }
    add(from: start, asPairs: isPairs)
  }

  /// So many items for the value below them.
  mutating func add(_ count: Int, asPairs isPairs: Bool) {
    guard stack.count >= count else {
      for _ in 0..<count { _ = pop() }
      return
    }
    let start = stack.count - count
    loosenMarks(from: start)
    if start == 0 { underflow() }
    add(from: start, asPairs: isPairs)
  }

  private mutating func add(from start: Int, asPairs isPairs: Bool) {
    loosenMarks(from: start)
    // Nothing stands below a mark at the bottom. Python 2 then takes the last value for the container.
    guard start > 0 else {
      if let last = stack.last {
        check(last, takesPairs: isPairs)
        if case .collection(let index) = last {
          collections[index].hasSpecialKeys = true
          if collections[index].isInUse { note(.oddState) }
        }
      }
      for index in stack.indices { keep(stack[index]) }
      stack.removeAll()
      return
    }
    if case .collection(let index) = stack[start - 1] {
      var collection = collections[index]
      collections[index] = PickleCollection(collection.kind)  // so that there is one copy only
      // A list takes pairs, too: at a place that it has, or has not.
      if collection.kind == .tuple || isPairs != (collection.kind == .dict) { note(.oddItems) }
      if collection.isInUse { note(.oddState) }
      let room = max(0, Self.maximumElements - elementCount)
      elementCount += collection.append(stack[start...], keeping: room)
      let traits = collection.traits
      inspect(from: start, for: &collection)
      // Whatever holds it was told that it has none.
      if collection.isHeld, collection.traits.subtracting(traits).contains(.holdsArrayTypes) {
        note(.oddState)
      }
      collections[index] = collection
    } else {
      check(stack[start - 1], takesPairs: isPairs)
      var unnamed = PickleCollection(isPairs ? .dict : .list)
      inspect(from: start, for: &unnamed)
      inspectUnnamed(unnamed, of: stack[start - 1])
    }
    stack.removeSubrange(start...)
  }

  /// Notes what is odd about the elements of a container, and what it says about them all.
  private mutating func inspect(from start: Int, for collection: inout PickleCollection) {
    let isTuple = collection.kind == .tuple
    for index in start..<stack.count where !isExhausted {
      let symbol = stack[index]
      let isKey = collection.kind == .dict && (index - start) % 2 == 0
      inspectProtocol(symbol, of: &collection, isKey: isKey)
      if holdsArrayTypes(symbol) { collection.traits.insert(.holdsArrayTypes) }
      if collection.kind == .list {
        if !isDictionary(symbol) { collection.holdsOthers = true }
        if !isPair(symbol) { collection.holdsOtherThanPairs = true }
      }
      if case .collection(let index) = symbol { collections[index].isHeld = true }
      switch symbol {
      case .global, .collection:
        keep(symbol)
        guard holdsFunction(symbol) else { continue }
        collection.holdsFunctions = true
        if !isTuple { note(.functionAtLarge) }
      case .text(let text) where isKey: if isSpecial(text) { collection.hasSpecialKeys = true }
      case .result, .opaque, .persistent, .arrayType, .array, .encoded:
        settle(symbol)
        // A text of NumPy's is a text, too.
        if isKey { collection.hasSpecialKeys = true }
      default: break
      }
    }
    guard collection.kind == .dict else { return }
    for index in stride(from: start, to: stack.count - 1, by: 2) where !isExhausted {
      inspectAttribute(stack[index], stack[index + 1], of: &collection)
    }
  }

  /// Whether it is a tuple or a list of two: other things that give two elements are none that picklers write.
  private func isPair(_ symbol: PickleSymbol) -> Bool {
    guard case .collection(let index) = symbol else { return isUnknown(symbol) }
    return [.tuple, .list].contains(collections[index].kind) && collections[index].count == 2
  }

  /// Whether it is a function that picklers only call, or a tuple with one.
  private func holdsFunction(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .global(let index): names[index].form?.isFunction ?? false
    case .collection(let index):
      collections[index].kind == .tuple && collections[index].holdsFunctions
    default: false
    }
  }

  /// Whether Python asks objects for an attribute of this name, and calls what it finds.
  mutating func isSpecial(_ text: PickleText) -> Bool {
    let source = source
    let span = Span<UInt8>(_bytes: source.bytes)
    let underscore = UInt8(ascii: "_")
    guard let first = text.range.first else { return false }
    if span[first] == underscore, text.range.count > 1, span[first + 1] == underscore {
      // The first is asked for by people only; the other is what scripting leaves in a module, as data.
      let name = source.array(text.range.prefix(16))
      return !["__version__", "__overloads__"].contains { name.elementsEqual($0.utf8) }
    }
    guard text.encoding != .utf8,
      span[first] == underscore || span[first] == UInt8(ascii: "\\") || span[first] >= 0x80
    else { return false }
    return attribute(text)?.utf8.starts(with: "__".utf8) ?? false
  }

  /// Notes a value that does not take items where it gets some: Python looks for a method by its name.
  private mutating func check(_ target: PickleSymbol, takesPairs: Bool) {
    switch target {
    case .collection(let index) where collections[index].kind != .tuple: break
    case .buffer:
      changesBuffers = true
      if hasTextBuffers { note(.oddState) }
    case .result(let name):
      guard let name else { return }  // it is a finding already
      guard let form = names[name].form else { return }
      let isFitting = form.result == (takesPairs ? .mapping : .sequence)
      if !isFitting { note(.oddItems) }
    case .opaque where !isClean: break
    default: note(.oddItems)
    }
  }

  // MARK: - Keeping values

  /// Notes that a type of NumPy is used: from now on it may not change.
  mutating func settle(_ symbol: PickleSymbol) {
    if case .arrayType(let index) = symbol { arrayTypes[index].isSettled = true }
  }

  /// Notes a value that may be called later, where nobody sees it.
  mutating func keep(_ symbol: PickleSymbol) {
    if case .global(let index) = symbol, names[index].verdict == .loadsBytes {
      note(.loaderAtLarge)
    }
  }
}
