import BallastBytes

/// Tells what values of a pickle hold, dictionaries and lists, and objects of any class.
struct TorchContainers {
  /// What a container holds.
  struct Contents {
    var children: [(label: TorchLabel, value: PickleValue)] = []
    /// The keys that were set more than once.
    var repeatedKeys: [TorchLabel] = []
    /// Whether numbers and texts in it are settings, rather than a long row of data.
    var listsScalars = true
  }

  /// The longest list whose numbers are taken for settings.
  static let maximumListedScalars = 32

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
    } else if case .object(let index) = value {
      add(graph.objects[index], to: &contents)
    }
    return contents
  }

  // MARK: Plain containers

  private func add(_ elements: ArraySlice<PickleValue>, to contents: inout Contents) {
    let start = contents.children.count
    for (index, element) in elements.enumerated() {
      contents.children.append((TorchLabel(index: start + index), element))
    }
    if contents.children.count > Self.maximumListedScalars { contents.listsScalars = false }
  }

  private func add(entries: [PickleValue], to contents: inout Contents) {
    var places: [TorchLabel: Int] = [:]
    for start in stride(from: 0, to: entries.count - 1, by: 2) {
      let label = label(entries[start])
      if let place = places[label] {
        contents.children[place].value = entries[start + 1]
        contents.repeatedKeys.append(label)
      } else {
        places[label] = contents.children.count
        contents.children.append((label, entries[start + 1]))
      }
    }
  }

  private func label(_ key: PickleValue) -> TorchLabel {
    if let text = graph.text(key) { return TorchLabel(text: text, isText: true) }
    if let elements = graph.elements(key) {
      let texts = elements.map { scalarText($0) }
      return TorchLabel(text: "(" + texts.joined(separator: ", ") + ")", isText: false)
    }
    return TorchLabel(text: scalarText(key), isText: false)
  }

  private func scalarText(_ key: PickleValue) -> String {
    switch key {
    case .none: "None"
    case .bool(let bool): bool ? "True" : "False"
    case .integer(let integer): String(integer)
    case .float(let number): String(number)
    case .long: graph.longDescription(key) ?? "?"
    case .string: graph.text(key) ?? "?"
    case .bytes, .byteArray: graph.content(key).map { String(decoding: $0, as: UTF8.self) } ?? "?"
    case .global: graph.name(key)?.name ?? "?"
    default: "?"
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
      if let entries = graph.entries(state) {
        attributes += entries
      } else if case .tuple = state, let parts = graph.elements(state), parts.count == 2,
        parts.allSatisfy({ $0 == .none || graph.entries($0) != nil })
      {
        // An object with slots: its dictionary, and the dictionary of its slots.
        for part in parts { attributes += graph.entries(part) ?? [] }
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
