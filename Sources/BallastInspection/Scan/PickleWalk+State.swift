import BallastBytes
import BallastFormats

/// BUILD: what gives objects their attributes; `PickleWalk+NumPy` has what it gives arrays.
extension PickleWalk {
  /// Notes a state that no pickler gives the target.
  mutating func build(_ target: PickleSymbol, from state: PickleSymbol) {
    keep(state)
    switch target {
    case .result(nil): return  // it is a finding already
    case .result(.some(let index)):
      guard let form = names[index].form else { return }
      switch form.result {
      case .object, .mapping:
        if !isAttributes(state) || changesCode(of: names[index], state) { note(.oddState) }
      case .generator: if !isGenerator(state) { note(.oddState) }
      case .seed: if kind(of: state) != .tuple || holdsOnlyData(state) == false { note(.oddState) }
      default: note(.changesClass)
      }
    case .array(let index): build(arrayAt: index, from: state)
    case .arrayType(let index): build(arrayTypeAt: index, from: state)
    case .opaque where !isClean: return
    default: note(.changesClass)
    }
  }

  /// A dictionary of attributes, or a tuple of two of them, or of none: none of them is one that
  /// Python calls.
  func isAttributes(_ state: PickleSymbol) -> Bool {
    holdsAttributes(state) { !collections[$0].hasSpecialKeys }
  }

  /// Attributes of a tensor, which `setattr` sets: where torch has code for one, that could change
  /// the elements of others, and bytes over which they lie.
  func isTensorState(_ state: PickleSymbol) -> Bool {
    holdsAttributes(state) { index in
      let collection = collections[index]
      guard !collection.hasSpecialKeys, !collection.isCut,
        collection.traits.isDisjoint(with: [.holdsArrayTypes, .holdsObjects])
      else { return false }
      judgements.check(8 * collection.elements.count)
      return stride(from: 0, to: collection.elements.count, by: 2).allSatisfy { place in
        guard case .text(let key) = collection.elements[place],
          key.range.count <= Self.maximumNameBytes
        else { return false }
        return !PickleDataNames.tensorAttributes.contains(ExactString(plain(key)))
      }
    }
  }

  /// Whether each dictionary of a state, by its index, is as it should be.
  private func holdsAttributes(_ state: PickleSymbol, _ isFitting: (Int) -> Bool) -> Bool {
    switch state {
    case .none: return true
    case .collection(let index):
      switch collections[index].kind {
      case .dict: return isFitting(index)
      case .tuple:
        guard let parts = tuple(state), parts.count == 2 else { return false }
        return parts.allSatisfy { part in
          guard case .collection(let index) = part else { return isNone(part) }
          return collections[index].kind == .dict && isFitting(index)
        }
      case .list, .set: return false
      }
    default: return false
    }
  }
}
