import BallastBytes

/// What objects keep that code of Python's, torch's and NumPy's asks for its length, its elements or its methods
/// while they are loaded.
extension PickleWalk {
  /// What is odd about a part of a data set or of one of Python's own containers, whose length and elements are asked for
  /// whenever theirs are.
  mutating func oddParts(
    _ value: PickleSymbol,
    as name: String
  ) -> PickleAttributes.Traits {
    switch name {
    case "tensors": return areTensors(value) ? [] : .oddDataset
    case "cumulative_sizes", "datasets": return isList(value) ? [] : .oddDataset
    case "indices": return isObject(value) ? .oddDataset : []
    case "_non_persistent_buffers_set": return isSet(value) ? [] : .oddList
    case "_keys": return isList(value) || isDictionary(value) ? [] : .oddList
    case "data": return isList(value) || isDictionary(value) ? [] : .oddContainer
    case "maps": return areMaps(value) ? [] : .oddContainer
    default: return []
    }
  }

  func isList(_ symbol: PickleSymbol) -> Bool {
    kind(of: symbol) == .list || isUnknown(symbol)
  }

  private mutating func areTensors(_ symbol: PickleSymbol) -> Bool {
    guard case .collection(let index) = symbol else { return isUnknown(symbol) }
    collections[index].isInUse = true
    let collection = collections[index]
    return [.tuple, .list].contains(collection.kind) && !collection.isCut
      && collection.elements.allSatisfy { isResult($0, .tensor) || isUnknown($0) }
  }

  private func isSet(_ symbol: PickleSymbol) -> Bool {
    if case .result(.some(let index)) = symbol, names[index].lastPart.string == "set" {
      return true
    }
    return kind(of: symbol) == .set || isNone(symbol) || isUnknown(symbol)
  }

  /// A list of dictionaries, and of Python's objects that are such.
  private mutating func areMaps(_ symbol: PickleSymbol) -> Bool {
    if isUnknown(symbol) { return true }
    guard case .collection(let index) = symbol, collections[index].kind == .list else {
      return false
    }
    collections[index].isInUse = true
    return !collections[index].holdsOthers
      || !collections[index].isCut
        && collections[index].elements.allSatisfy { isDictionary($0) || isContainer($0) }
  }

  /// An object of one of Python's own classes of dictionaries or lists.
  private func isContainer(_ symbol: PickleSymbol) -> Bool {
    guard case .result(.some(let index)) = symbol, names[index].form?.result == .object else {
      return false
    }
    return Self.containers.contains(names[index].lastPart.string)
  }

  static let containers = ["UserDict", "IterableUserDict", "UserList", "ChainMap"]

  /// What an optimizer knows of each parameter: dictionaries in one, which optimizers ask for their elements while they are
  /// loaded.
  mutating func isState(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .collection(let index):
      collections[index].isInUse = true
      return collections[index].kind == .dict && !collections[index].traits.contains(.holdsObjects)
    case .result(.some(let index)) where names[index].form?.result == .mapping:
      return names[index].lastPart.string == "defaultdict"
    default: return isNone(symbol) || isUnknown(symbol)
    }
  }

  /// An object with attributes, or a name.
  private func isObject(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .global: true
    default: !isContainer(symbol) && (isResult(symbol, .object) || isResult(symbol, .mapping))
    }
  }

  /// Whether a value is a list of dictionaries, which then stays as it is: optimizers call their methods while they are loaded.
  mutating func areGroups(_ symbol: PickleSymbol) -> Bool {
    if isUnknown(symbol) { return true }
    guard case .collection(let index) = symbol, collections[index].kind == .list else {
      return false
    }
    collections[index].isInUse = true
    return !collections[index].holdsOthers
  }
}
