import BallastBytes

/// Tells what values of a pickle hold, dictionaries and lists, and objects of any class.
struct TorchContainers {
  /// What a container holds.
  struct Contents {
    var children: [(label: TorchLabel, value: PickleValue)] = []
    /// The keys that were set more than once.
    var repeatedKeys: [TorchLabel] = []
    /// How many values were looked at.
    var size = 1
    /// Whether numbers and texts in it are settings, rather than a long row of data.
    var listsScalars = true
  }

  /// How many elements of a tuple are spelled out where it is a key.
  static let maximumKeyElements = 8
  /// The longest list whose numbers are taken for settings.
  static let maximumListedScalars = 32

  /// The largest dictionary whose numbers and texts are taken for settings.
  static let maximumListedEntries = 1000

  let graph: PickleGraph

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

  func contents(of value: PickleValue) -> Contents {
    var contents = Contents()
    if let elements = graph.elements(value) {
      add(elements, to: &contents)
    } else if let entries = graph.entries(value) {
      add(entries: entries, to: &contents)
    } else if case .object(let index) = value, graph.content(value) == nil {
      add(graph.objects[index], to: &contents)
    }
    return contents
  }

  /// The attributes of a tensor: the entries of those states that are dictionaries.
  func attributes(_ states: [PickleValue]) -> Contents {
    var contents = Contents()
    add(entries: states.flatMap { attributes(of: $0) ?? [] }, to: &contents)
    return contents
  }

  /// The attributes in a state: a dictionary, or with slots that and the dictionary of the slots.
  private func attributes(of state: PickleValue) -> [PickleValue]? {
    if let entries = graph.entries(state) { return entries }
    guard case .tuple = state, let parts = graph.elements(state), parts.count == 2,
      parts.allSatisfy({ $0 == .none || graph.entries($0) != nil })
    else { return nil }
    return parts.flatMap { graph.entries($0) ?? [] }
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

  private func add(entries: [PickleValue], to contents: inout Contents) {
    let count = entries.count / 2
    contents.size += count
    var places: [TorchLabel: Int] = [:]
    places.reserveCapacity(min(count, Self.maximumListedEntries))
    for index in 0..<count {
      let value = entries[2 * index + 1]
      guard count <= Self.maximumListedEntries || mayHoldTensors(value) else { continue }
      let label = label(entries[2 * index], at: index)
      if let place = places[label] {
        contents.children[place].value = value
        contents.repeatedKeys.append(label)
      } else {
        places[label] = contents.children.count
        contents.children.append((label, value))
      }
    }
  }

  private func mayHoldTensors(_ value: PickleValue) -> Bool {
    if case .persistent = value { return true }
    return isContainer(value)
  }

  private func label(_ key: PickleValue, at index: Int) -> TorchLabel {
    if let text = graph.text(key) { return TorchLabel(text: text, isText: true) }
    if let elements = graph.elements(key), elements.count <= Self.maximumKeyElements {
      let texts = elements.compactMap { keyText($0) }
      if texts.count == elements.count {
        return TorchLabel(text: "(" + texts.joined(separator: ", ") + ")", isText: false)
      }
    }
    return TorchLabel(text: keyText(key) ?? "?\(index)", isText: false)
  }

  /// The text of a key that is no container; nil where it has none, or a very long one.
  private func keyText(_ key: PickleValue) -> String? {
    switch key {
    case .none: "None"
    case .bool(let bool): bool ? "True" : "False"
    case .integer(let integer): String(integer)
    case .float(let number): String(number)
    case .string: graph.text(key)
    case .bytes, .byteArray, .object:
      graph.keyBytes(key).map { String(decoding: $0, as: UTF8.self) }
    case .global: graph.name(key)?.name
    default: nil
    }
  }

  // MARK: Objects

  /// The arguments, items, entries and attributes of an object, as far as they are known.
  private func add(_ object: PickleObject, to contents: inout Contents) {
    let call = graph.call(object)
    let className = graph.name(call.callable).map { "\($0.module).\($0.name)" } ?? ""
    if Self.dictionaryClasses.contains(className) {
      add(entries: dictionaryEntries(object, call), to: &contents)
      // Only torch's note of module versions, `_metadata`, is ever set on such an object.
      return
    }
    if Self.sequenceClasses.contains(className) {
      if let elements = call.arguments.first.flatMap({ graph.elements($0) }) {
        add(elements, to: &contents)
      }
    } else {
      add(call.arguments, to: &contents)
    }
    add(object.items[...], to: &contents)
    var attributes = object.entries + (graph.entries(object.keywords) ?? [])
    for state in object.states {
      if let entries = self.attributes(of: state) {
        attributes += entries
      } else {
        contents.children.append((TorchLabel(text: "state", isText: true), state))
      }
    }
    add(entries: flattened(attributes), to: &contents)
  }

  private static let dictionaryClasses: Set<String> = [
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.dict",
  ]
  private static let sequenceClasses: Set<String> = [
    "torch.Size", "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple",
    "collections.deque",
  ]

  /// The keys and values of a dictionary, also of one that is made from a list of pairs, as Python 2
  /// writes an OrderedDict.
  private func dictionaryEntries(
    _ object: PickleObject,
    _ call: PickleGraph.Call
  ) -> [PickleValue] {
    var entries: [PickleValue] = []
    for argument in call.arguments {
      if let dictionary = graph.entries(argument) {
        entries += dictionary
      } else {
        for pair in graph.elements(argument) ?? [] {
          if let pair = graph.elements(pair), pair.count == 2 { entries += pair }
        }
      }
    }
    return entries + object.entries
  }

  /// The attributes of a `torch.nn.Module`, whose children stand in dictionaries of their own.
  ///
  /// `_parameters`, `_buffers` and `_modules` are left out of the names, as `state_dict` does.
  private func flattened(_ attributes: [PickleValue]) -> [PickleValue] {
    let keys = stride(from: 0, to: attributes.count - 1, by: 2)
    guard keys.contains(where: { graph.text(attributes[$0]) == "_modules" }) else {
      return attributes
    }
    var result: [PickleValue] = []
    for index in keys {
      let (key, value) = (attributes[index], attributes[index + 1])
      if Self.moduleDictionaries.contains(graph.text(key) ?? ""), let entries = entries(of: value) {
        result += entries
      } else {
        result += [key, value]
      }
    }
    return result
  }

  private static let moduleDictionaries: Set<String> = ["_parameters", "_buffers", "_modules"]

  private func entries(of value: PickleValue) -> [PickleValue]? {
    if let entries = graph.entries(value) { return entries }
    guard case .object(let index) = value else { return nil }
    let object = graph.objects[index]
    let call = graph.call(object)
    guard let (module, name) = graph.name(call.callable),
      Self.dictionaryClasses.contains("\(module).\(name)")
    else { return nil }
    return dictionaryEntries(object, call)
  }
}
