import BallastBytes
import BallastFormats

/// BUILD: what gives objects their attributes, and arrays their bytes.
extension PickleWalk {
  /// Notes a state that no pickler gives the target.
  mutating func build(_ target: PickleSymbol, from state: PickleSymbol) {
    keep(state)
    switch target {
    case .result(nil): return  // it is a finding already
    case .result(.some(let index)):
      guard let form = names[index].form else { return }
      switch form.result {
      case .object, .mapping: if !isAttributes(state) { note(.oddState) }
      case .array: if !isArray(state) { note(.oddState) }
      case .generator: if !isGenerator(state) { note(.oddState) }
      case .seed: if kind(of: state) != .tuple || holdsOnlyData(state) == false { note(.oddState) }
      default: note(.changesClass)
      }
    case .arrayType(let index):
      guard let state = arrayTypeState(state), arrayTypes[index].take(state) else {
        return note(.oddState)
      }
    case .opaque where !isClean: return
    default: note(.changesClass)
    }
  }

  /// A dictionary of attributes, or a tuple of two of them, or of none: none of them is one that
  /// Python calls.
  func isAttributes(_ state: PickleSymbol) -> Bool {
    switch state {
    case .none: return true
    case .result: return isUnknown(state)
    case .collection(let index):
      let collection = collections[index]
      switch collection.kind {
      case .dict: return !collection.hasSpecialKeys
      case .tuple:
        return !collection.isCut && collection.elements.count == 2
          && collection.elements.allSatisfy { element in
            if case .none = element { return true }
            return kind(of: element) == .dict && isAttributes(element)
          }
      case .list, .set: return false
      }
    default: return false
    }
  }

  // MARK: - NumPy

  /// The version, the shape, the type, the order, and bytes or a list.
  private func isArray(_ state: PickleSymbol) -> Bool {
    guard let parts = tuple(state), parts.count == 5, case .integer = parts[0],
      isIntegers(parts[1]), isTruth(parts[3])
    else { return false }
    if isUnknown(parts[2]) { return true }
    guard case .arrayType(let index) = parts[2] else { return false }
    return arrayTypes[index].holdsObjects ? kind(of: parts[4]) == .list : isBytes(parts[4])
  }

  /// A dictionary, alone or with the seed.
  private func isGenerator(_ state: PickleSymbol) -> Bool {
    if kind(of: state) == .dict { return true }
    guard let parts = tuple(state), parts.count == 2, kind(of: parts[0]) == .dict else {
      return false
    }
    switch parts[1] {
    case .none: return true
    case .result(.some(let index)): return names[index].form?.result == .seed
    default: return false
    }
  }

  /// Whether a tuple holds texts, numbers, arrays and tuples of such only.
  private func holdsOnlyData(_ symbol: PickleSymbol) -> Bool {
    tuple(symbol)?.allSatisfy { part in
      switch part {
      case .none, .truth, .integer, .number, .text: true
      case .result(.some(let index)): names[index].form?.result == .array
      case .collection(let index):
        collections[index].kind != .dict && collections[index].elements.allSatisfy { isAtom($0) }
      default: false
      }
    } ?? false
  }

  /// Version, order of bytes, an array in each element, names, fields, size, alignment and flags; with
  /// dates their unit.
  private func arrayTypeState(_ state: PickleSymbol) -> PickleArrayType.State? {
    guard let parts = tuple(state), (8...9).contains(parts.count),
      case .integer(let version) = parts[0], (3...4).contains(version), isText(parts[1]),
      case .integer(let byteCount) = parts[5], case .integer = parts[6],
      case .integer(let flags) = parts[7]
    else { return nil }
    var result = PickleArrayType.State(byteCount: byteCount, flags: flags)
    if case .none = parts[2] {
    } else {
      guard let pair = tuple(parts[2]), pair.count == 2, case .arrayType(let type) = pair[0],
        let shape = tuple(pair[1]), isIntegers(pair[1])
      else { return nil }
      var count = 1
      for length in shape {
        guard case .integer(let length) = length, length >= 0 else { return nil }
        let product = count.multipliedReportingOverflow(by: length)
        guard !product.overflow else { return nil }
        count = product.partialValue
      }
      result.part = (arrayTypes[type], count)
    }
    switch (parts[3], parts[4]) {
    case (.none, .none): break
    case (_, .collection(let fields)):
      guard collections[fields].kind == .dict, !collections[fields].isCut,
        let names = tuple(parts[3]), names.allSatisfy({ isText($0) })
      else { return nil }
      let entries = collections[fields].elements
      for index in stride(from: 1, to: entries.count, by: 2) {
        guard let field = tuple(entries[index]), (2...3).contains(field.count),
          case .arrayType(let type) = field[0], case .integer(let offset) = field[1],
          field.dropFirst(2).allSatisfy({ isAtom($0) })
        else { return nil }
        result.fields.append((arrayTypes[type], offset))
      }
    default: return nil
    }
    return result
  }
}
