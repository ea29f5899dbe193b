import BallastBytes

/// Tells what values of a pickle hold, dictionaries and lists, and objects of any class.
struct TorchContainers {
  /// What a container holds.
  struct Contents {
    var children: [(label: TorchLabel, value: PickleValue)] = []
    /// The keys that were set more than once, each once.
    var repeatedKeys: [TorchLabel] = []
    /// The labels that are not the text of their keys.
    var inventedLabels: [TorchLabel] = []
    /// Whether there are keys of which it is not known whether Python finds them equal to others.
    var hasOpaqueKeys = false
    /// Whether there is more in it, out of a call whose arguments are not understood.
    var isPartlyUnread = false
    /// How many values were looked at.
    var size = 1
    /// Whether numbers and texts in it are settings, rather than a long row of data.
    var listsScalars = true
  }

  /// The longest list whose numbers are taken for settings.
  static let maximumListedScalars = 32

  /// The largest dictionary whose numbers and texts are taken for settings.
  static let maximumListedEntries = 1000

  let graph: PickleGraph
  let steps: TorchSteps

  func isContainer(_ value: PickleValue) -> Bool {
    switch value {
    case .list, .tuple, .set, .frozenSet, .dictionary, .object: true
    default: false
    }
  }

  /// Where the call stands in the file that makes the value.
  func offset(of value: PickleValue) -> Int? {
    if case .object(let index) = value { graph.objects[index].offset } else { nil }
  }

  /// Throws `TorchFault.changedAfterUse` where a call has taken what was in a container, and that came
  /// to hold something else.
  func contents(of value: PickleValue) throws(FormatError) -> Contents {
    var contents = Contents()
    if let elements = graph.elements(value) {
      add(elements, to: &contents)
    } else if let entries = graph.entries(value) {
      try add(entries: entries, to: &contents)
    } else if case .object(let index) = value, graph.content(value) == nil {
      try add(graph.objects[index], to: &contents)
    }
    return contents
  }

  /// The attributes of a tensor: the entries of those states that are dictionaries.
  func attributes(_ states: [PickleValue]) throws(FormatError) -> Contents {
    var contents = Contents()
    var entries: [PickleValue] = []
    for state in states { entries += try attributes(of: state) ?? [] }
    try add(entries: entries, to: &contents)
    return contents
  }

  /// The attributes in a state: a dictionary, or with slots that and the dictionary of the slots; nil
  /// where it is something else, or not all is understood.
  func attributes(of state: PickleValue) throws(FormatError) -> [PickleValue]? {
    if let entries = try entries(of: state) { return entries }
    guard case .tuple = state, let parts = graph.elements(state), parts.count == 2 else {
      return nil
    }
    var entries: [PickleValue] = []
    for part in parts where part != .none {
      guard let more = try self.entries(of: part) else { return nil }
      entries += more
    }
    return entries
  }

  // MARK: Plain containers

  private func add(_ elements: ArraySlice<PickleValue>, to contents: inout Contents) {
    let start = contents.children.count
    contents.size += elements.count
    if elements.count > Self.maximumListedScalars { contents.listsScalars = false }
    for (index, element) in elements.enumerated() {
      // A row of a million numbers is data, and need not be unrolled to be passed over.
      guard contents.listsScalars || mayHoldTensors(element) else { continue }
      contents.children.append((TorchLabel(index: start + index), element))
    }
  }

  private func add(
    entries: [PickleValue],
    to contents: inout Contents
  ) throws(FormatError) {
    let keys = TorchKeys(graph: graph, steps: steps)
    let count = entries.count / 2
    contents.size += count
    var places: [TorchKey: Int] = [:]
    places.reserveCapacity(min(count, Self.maximumListedEntries))
    // The same value again is the same key, which is not read anew.
    var valuePlaces: [PickleValue: Int] = [:]
    var repeatedPlaces: Set<Int> = []
    var hasOpaqueKeys = false
    for index in 0..<count {
      let (keyValue, value) = (entries[2 * index], entries[2 * index + 1])
      guard count <= Self.maximumListedEntries || mayHoldTensors(value) else { continue }
      var place = valuePlaces[keyValue]
      if place == nil {
        let key = try keys.key(keyValue)
        place = places[key.key]
        if place == nil {
          let label = key.label ?? TorchLabel(text: "?\(index)", isText: false)
          places[key.key] = contents.children.count
          contents.children.append((label, value))
          if key.isInvented { contents.inventedLabels.append(label) }
        }
        if key.isOpaque { hasOpaqueKeys = true }
        valuePlaces[keyValue] = place ?? contents.children.count - 1
      }
      guard let place else { continue }
      // Python keeps the first key, and the last value.
      contents.children[place].value = value
      if repeatedPlaces.insert(place).inserted {
        contents.repeatedKeys.append(contents.children[place].label)
      }
    }
    if hasOpaqueKeys, valuePlaces.count > 1 { contents.hasOpaqueKeys = true }
  }

  private func mayHoldTensors(_ value: PickleValue) -> Bool {
    if case .persistent = value { return true }
    return isContainer(value)
  }

  // MARK: Objects

  /// The arguments, items, entries and attributes of an object, as far as they are known.
  private func add(_ object: PickleObject, to contents: inout Contents) throws(FormatError) {
    let call = graph.call(object)
    let className = graph.name(call.callable).map { "\($0.module).\($0.name)" } ?? ""
    if object.arguments.isOpaque { contents.isPartlyUnread = true }
    if Self.dictionaryClasses.contains(className) {
      let (entries, isWhole) = try dictionaryEntries(object, call, className)
      if !isWhole { contents.isPartlyUnread = true }
      try add(entries: entries, to: &contents)
      // Only torch's note of module versions, `_metadata`, is ever set on such an object.
      return
    }
    var items = object.items[...]
    if Self.sequenceClasses.contains(className) {
      let first = Self.isUnused(className, object, call) ? nil : call.arguments.first
      if let first, let elements = graph.elements(first) {
        try graph.checkUnchanged(first, since: object.offset)
        items = elements + items
      } else if let first, first.isOpaque || graph.entries(first) != nil {
        contents.isPartlyUnread = true
      }
      if className == "collections.deque", call.arguments.count > 1 {
        // As many as it may hold, the last of those that came.
        if let count = graph.integer(call.arguments[call.arguments.startIndex + 1]), count >= 0 {
          items = items.suffix(count)
        } else if call.arguments.last != PickleValue.none {
          contents.isPartlyUnread = true
        }
      }
    } else {
      add(call.arguments, to: &contents)
    }
    add(items, to: &contents)
    var attributes = object.entries + (graph.entries(object.keywords) ?? [])
    for state in object.states {
      if let entries = try self.attributes(of: state) {
        attributes += entries
      } else {
        contents.children.append((TorchLabel(text: "state", isText: true), state))
      }
    }
    try add(entries: try flattened(attributes), to: &contents)
  }

  private static let dictionaryClasses: Set<String> = [
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.dict",
  ]
  private static let sequenceClasses: Set<String> = [
    "torch.Size", "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple",
    "collections.deque",
  ]

  /// Whether a class leaves its arguments alone: `__new__` of what can be changed makes it empty.
  private static func isUnused(
    _ className: String,
    _ object: PickleObject,
    _ call: PickleGraph.Call
  ) -> Bool {
    guard object.kind == .new || call.callable != object.callable else { return false }
    return dictionaryClasses.contains(className) || changeableClasses.contains(className)
  }

  private static let changeableClasses: Set<String> = [
    "builtins.set", "builtins.list", "collections.deque",
  ]

  /// The keys and values of a dictionary, also of one that is made from a list of pairs, as Python 2
  /// writes an OrderedDict; and whether these are all.
  private func dictionaryEntries(
    _ object: PickleObject,
    _ call: PickleGraph.Call,
    _ className: String
  ) throws(FormatError) -> (entries: [PickleValue], isWhole: Bool) {
    var entries: [PickleValue] = []
    var isWhole = true
    var arguments = Self.isUnused(className, object, call) ? [] : call.arguments
    // What a defaultdict calls for want of an entry.
    if className == "collections.defaultdict" { arguments = arguments.dropFirst() }
    for argument in arguments {
      try graph.checkUnchanged(argument, since: object.offset)
      if let dictionary = graph.entries(argument) {
        entries += dictionary
      } else if let pairs = graph.elements(argument), className != "collections.Counter" {
        for pair in pairs {
          try graph.checkUnchanged(pair, since: object.offset)
          guard let parts = pairElements(pair) else {
            isWhole = false
            continue
          }
          entries += parts
        }
      } else {
        isWhole = false
      }
    }
    return (entries + object.entries, isWhole)
  }

  /// A key and its value; nil where a value is not a pair in an order of its own.
  private func pairElements(_ value: PickleValue) -> ArraySlice<PickleValue>? {
    switch value {
    case .list, .tuple: graph.elements(value).flatMap { $0.count == 2 ? $0 : nil }
    default: nil
    }
  }

  /// The attributes of a `torch.nn.Module`, whose children stand in dictionaries of their own.
  ///
  /// `_parameters`, `_buffers` and `_modules` are left out of the names, as `state_dict` does.
  private func flattened(_ attributes: [PickleValue]) throws(FormatError) -> [PickleValue] {
    let keys = stride(from: 0, to: attributes.count - 1, by: 2)
    guard keys.contains(where: { shortText(attributes[$0]) == "_modules" }) else {
      return attributes
    }
    var result: [PickleValue] = []
    for index in keys {
      let (key, value) = (attributes[index], attributes[index + 1])
      if Self.moduleDictionaries.contains(shortText(key) ?? ""),
        let entries = try entries(of: value)
      {
        result += entries
      } else {
        result += [key, value]
      }
    }
    return result
  }

  /// The text of a key that may be the name of such a dictionary: longer ones are not.
  private func shortText(_ key: PickleValue) -> String? { graph.text(key, maximumBytes: 64) }

  private static let moduleDictionaries: Set<String> = ["_parameters", "_buffers", "_modules"]

  private func entries(of value: PickleValue) throws(FormatError) -> [PickleValue]? {
    if let entries = graph.entries(value) { return entries }
    guard case .object(let index) = value else { return nil }
    let object = graph.objects[index]
    let call = graph.call(object)
    guard let (module, name) = graph.name(call.callable),
      Self.dictionaryClasses.contains("\(module).\(name)")
    else { return nil }
    let (entries, isWhole) = try dictionaryEntries(object, call, "\(module).\(name)")
    return isWhole ? entries : nil
  }
}
