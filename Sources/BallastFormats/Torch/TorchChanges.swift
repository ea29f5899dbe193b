import BallastBytes

/// Where in a pickle the values that a call takes are changed last, found once for each.
final class TorchChanges {
  private struct Place: Hashable {
    let tuple: PickleValue
    let depth: Int
  }

  /// How long a tuple is that is not worth remembering.
  private static let shortCount = 4

  private let graph: PickleGraph
  private var known: [Place: Int] = [:]

  /// The changes of `graph`.
  init(in graph: PickleGraph) {
    self.graph = graph
  }

  /// Refuses values that were changed after a call at `offset`: lists, dictionaries, objects, and tuples
  /// of them.
  ///
  /// Throws `TorchFault.changedAfterUse`.
  func checkUnchanged(
    _ values: some Sequence<PickleValue>,
    since offset: Int
  ) throws(FormatError) {
    for value in values {
      let change = lastChange(value, depth: 2)
      guard change <= offset else { throw FormatError(TorchFault.changedAfterUse, at: change) }
    }
  }

  private func lastChange(_ value: PickleValue, depth: Int) -> Int {
    guard case .tuple = value, depth > 0, let elements = graph.elements(value) else {
      return graph.lastChange(value) ?? 0
    }
    let place = Place(tuple: value, depth: depth)
    let isShort = elements.count <= Self.shortCount
    if !isShort, let change = known[place] { return change }
    let change = elements.reduce(0) { max($0, lastChange($1, depth: depth - 1)) }
    if !isShort { known[place] = change }
    return change
  }
}
