import BallastBytes

extension PickleMachine {
  // MARK: New values

  /// Checks that there is room for one value more.
  func reserve() throws(FormatError) {
    guard graph.valueCount < limits.values else {
      throw fault(.tooManyValues(limit: limits.values))
    }
  }

  /// Counts what goes into a container, each time it goes into one.
  private mutating func countElements(_ elements: [PickleValue]) throws(FormatError) {
    elementCount += elements.count
    guard elementCount <= limits.elements else {
      throw fault(.tooManyElements(limit: limits.elements))
    }
  }

  mutating func makeText(
    _ range: Range<Int>,
    _ encoding: PickleText.Encoding
  ) throws(FormatError) -> PickleValue {
    try reserve()
    graph.texts.append(PickleText(range: range, encoding: encoding))
    return .string(graph.texts.count - 1)
  }

  mutating func makeLong(_ range: Range<Int>, isDecimal: Bool) throws(FormatError) -> PickleValue {
    try reserve()
    graph.longs.append(PickleLong(range: range, isDecimal: isDecimal))
    return .long(graph.longs.count - 1)
  }

  mutating func makeTuple(_ elements: [PickleValue]) throws(FormatError) -> PickleValue {
    .tuple(try makeSlice(elements))
  }

  mutating func makeFrozenSet(_ elements: [PickleValue]) throws(FormatError) -> PickleValue {
    .frozenSet(try makeSlice(elements))
  }

  private mutating func makeSlice(_ elements: [PickleValue]) throws(FormatError) -> PickleSlice {
    guard let start = UInt32(exactly: graph.tupleElements.count),
      let count = UInt32(exactly: elements.count)
    else { throw fault(.tooManyValues(limit: Int(UInt32.max))) }
    try countElements(elements)
    graph.tupleElements += elements
    return PickleSlice(start: start, count: count)
  }

  mutating func makeList(_ elements: [PickleValue]) throws(FormatError) -> PickleValue {
    try reserve()
    try countElements(elements)
    graph.lists.append(elements)
    graph.listChanges.append(offset)
    return .list(graph.lists.count - 1)
  }

  mutating func makeSet() throws(FormatError) -> PickleValue {
    try reserve()
    graph.lists.append([])
    graph.listChanges.append(offset)
    return .set(graph.lists.count - 1)
  }

  mutating func makeDictionary(
    _ entries: [PickleValue],
    _ opcode: PickleOpcode
  ) throws(FormatError) -> PickleValue {
    guard entries.count % 2 == 0 else { throw fault(.oddItems(opcode: opcode.name)) }
    try reserve()
    try countElements(entries)
    graph.dictionaries.append(entries)
    graph.dictionaryChanges.append(offset)
    return .dictionary(graph.dictionaries.count - 1)
  }

  // MARK: Changes

  mutating func append(_ items: [PickleValue], _ opcode: PickleOpcode) throws(FormatError) {
    let target = try top(for: opcode)
    try countElements(items)
    switch (target, opcode) {
    case (.list(let index), .append), (.list(let index), .appends), (.set(let index), .additems):
      graph.lists[index] += items
      graph.listChanges[index] = offset
    case (.object(let index), _):
      graph.objects[index].items += items
      graph.objects[index].lastChange = offset
      record(opcode, target)
    case _ where target.isOpaque: recordChange(opcode, target)
    default: throw fault(.wrongTarget(opcode: opcode.name))
    }
  }

  mutating func setItems(_ entries: [PickleValue], _ opcode: PickleOpcode) throws(FormatError) {
    guard entries.count % 2 == 0 else { throw fault(.oddItems(opcode: opcode.name)) }
    let target = try top(for: opcode)
    try countElements(entries)
    switch target {
    case .dictionary(let index):
      graph.dictionaries[index] += entries
      graph.dictionaryChanges[index] = offset
    case .object(let index):
      graph.objects[index].entries += entries
      graph.objects[index].lastChange = offset
      record(opcode, target)
    case _ where target.isOpaque: recordChange(opcode, target)
    default: throw fault(.wrongTarget(opcode: opcode.name))
    }
  }

  mutating func build() throws(FormatError) {
    let state = try pop(for: .build)
    let target = try top(for: .build)
    guard target.isOpaque else { throw fault(.wrongTarget(opcode: PickleOpcode.build.name)) }
    if case .object(let index) = target {
      graph.objects[index].states.append(state)
      graph.objects[index].lastChange = offset
    }
    recordChange(.build, target)
  }

  // MARK: Globals and calls

  mutating func pushGlobal(
    module: String,
    name: String,
    isComputed: Bool = false,
    _ opcode: PickleOpcode
  ) throws(FormatError) -> PickleValue {
    try reserve()
    graph.globals.append(
      PickleGlobal(module: module, name: name, offset: offset, isComputed: isComputed)
    )
    let value = PickleValue.global(graph.globals.count - 1)
    record(opcode, value)
    return value
  }

  mutating func pushStackGlobal() throws(FormatError) {
    let name = try pop(for: .stackGlobal)
    let module = try pop(for: .stackGlobal)
    if case .string = module, case .string = name {
      guard let module = graph.text(module, maximumBytes: limits.nameBytes),
        let name = graph.text(name, maximumBytes: limits.nameBytes)
      else { throw fault(.nameTooLong(limit: limits.nameBytes)) }
      return try push(pushGlobal(module: module, name: name, .stackGlobal))
    }
    // A call may return a text too: what the name is, only running it would tell.
    guard module.isOpaque || name.isOpaque else {
      throw fault(.wrongTarget(opcode: PickleOpcode.stackGlobal.name))
    }
    try push(pushGlobal(module: "?", name: "?", isComputed: true, .stackGlobal))
  }

  mutating func pushExtension(_ code: Int, _ opcode: PickleOpcode) throws(FormatError) {
    guard code > 0 else { throw fault(.badExtensionCode(code)) }
    try push(.extensionCode(code))
    record(opcode, .extensionCode(code))
  }

  mutating func call(_ kind: PickleObject.Kind, _ opcode: PickleOpcode) throws(FormatError) {
    let arguments = try pop(for: opcode)
    let callable = try pop(for: opcode)
    try pushObject(kind, callable, arguments: arguments, opcode)
  }

  mutating func callWithKeywords() throws(FormatError) {
    let keywords = try pop(for: .newobjEx)
    let arguments = try pop(for: .newobjEx)
    let callable = try pop(for: .newobjEx)
    try pushObject(.new, callable, arguments: arguments, keywords: keywords, .newobjEx)
  }

  mutating func pushInstance(
    of callable: PickleValue,
    arguments: [PickleValue],
    _ opcode: PickleOpcode
  ) throws(FormatError) {
    try pushObject(.instance, callable, arguments: makeTuple(arguments), opcode)
  }

  private mutating func pushObject(
    _ kind: PickleObject.Kind,
    _ callable: PickleValue,
    arguments: PickleValue,
    keywords: PickleValue = .none,
    _ opcode: PickleOpcode
  ) throws(FormatError) {
    guard callable.isOpaque else { throw fault(.notCallable(opcode: opcode.name)) }
    switch arguments {
    case .tuple: break
    case _ where arguments.isOpaque: break
    default: throw fault(.argumentsNotTuple(opcode: opcode.name))
    }
    try reserve()
    graph.objects.append(
      PickleObject(
        kind: kind,
        callable: callable,
        arguments: arguments,
        keywords: keywords,
        offset: offset
      )
    )
    let value = PickleValue.object(graph.objects.count - 1)
    record(opcode, value)
    try push(value)
  }

  mutating func pushPersistent(_ id: PickleValue, _ opcode: PickleOpcode) throws(FormatError) {
    try reserve()
    graph.persistentIDs.append(id)
    let value = PickleValue.persistent(graph.persistentIDs.count - 1)
    record(opcode, value)
    try push(value)
  }

  /// Records a change of an opaque value, and where a storage's own content is meant.
  private mutating func recordChange(_ opcode: PickleOpcode, _ value: PickleValue) {
    if case .persistent = value, graph.persistentChange == nil { graph.persistentChange = offset }
    record(opcode, value)
  }

  private mutating func record(_ opcode: PickleOpcode, _ value: PickleValue) {
    guard recordsEvents else { return }
    graph.events.append(PickleEvent(offset: offset, opcode: opcode, value: value))
  }
}
