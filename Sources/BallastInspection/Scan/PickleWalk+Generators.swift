import BallastBytes
import BallastFormats

/// The states of NumPy's random generators.
extension PickleWalk {
  /// The words of a Mersenne twister, and the numbers of Philox that wait: a place behind them would be
  /// read all the same.
  private static let generatorPlaces = ["pos": 0...624, "buffer_pos": 0...4]

  /// A dictionary, alone or with the seed.
  func isGenerator(_ state: PickleSymbol) -> Bool {
    if kind(of: state) == .dict { return isGeneratorState(state, depth: 1) }
    guard let parts = tuple(state), parts.count == 2, isGeneratorState(parts[0], depth: 1) else {
      return false
    }
    switch parts[1] {
    case .none: return true
    case .result(.some(let index)): return names[index].form?.result == .seed
    default: return false
    }
  }

  /// A dictionary whose places are within what they are places of.
  private func isGeneratorState(_ symbol: PickleSymbol, depth: Int) -> Bool {
    guard case .collection(let index) = symbol, collections[index].kind == .dict,
      !collections[index].isCut, !collections[index].hasSpecialKeys
    else { return false }
    let entries = collections[index].elements
    judgements.check(8 * entries.count)
    return stride(from: 0, to: entries.count - 1, by: 2).allSatisfy { index in
      guard let key = shortText(entries[index]) else { return false }
      let value = entries[index + 1]
      if let places = Self.generatorPlaces[key] {
        guard case .integer(let place) = value else { return false }
        return places.contains(place)
      }
      // NumPy takes whatever has keys for the state, and its places as they are.
      if depth > 0, key == "state" { return isGeneratorState(value, depth: depth - 1) }
      if depth > 0, kind(of: value) == .dict { return isGeneratorState(value, depth: depth - 1) }
      // NumPy fills its words with whatever an array can be made of.
      return isAtom(value) || isNumbers(value)
    }
  }

  /// An array without objects, or a tuple or a list of integers.
  private func isNumbers(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .array(let index):
      guard let type = arrays[index].type else { return false }
      return arrays[index].isComplete && !arrays[index].isMasked && !arrayTypes[type].holdsObjects
    case .collection:
      return isIntegers(symbol) || kind(of: symbol) == .list && holdsIntegers(symbol)
    default: return isUnknown(symbol)
    }
  }

  private func holdsIntegers(_ symbol: PickleSymbol) -> Bool {
    guard case .collection(let index) = symbol, !collections[index].isCut else { return false }
    return collections[index].elements.allSatisfy(isAtom)
  }

  /// Whether a tuple holds texts, numbers, arrays and tuples of such only: the state of a seed.
  func holdsOnlyData(_ symbol: PickleSymbol) -> Bool {
    tuple(symbol)?.allSatisfy { part in
      switch part {
      case .none, .truth, .integer, .number, .text, .array: return true
      case .collection(let index):
        judgements.check(collections[index].elements.count)
        return collections[index].kind != .dict && collections[index].elements.allSatisfy(isAtom)
      default: return false
      }
    } ?? false
  }
}
