/// The stack of values and its marks.
extension PickleWalk {
  mutating func push(_ symbol: PickleSymbol) {
    stack.append(symbol)
  }

  /// Too little stands on the stack, unless there are more marks than are known of.
  mutating func underflow() {
    if !hasLooseMarks { stumble() }
  }

  /// Values are taken from `start` on, which only old Pythons did where a mark stands at it or above.
  mutating func loosenMarks(from start: Int) {
    if let mark = marks.last, mark >= start { hasLooseMarks = true }
  }

  /// Takes a value, from below a mark if need be: before 3.6 Python did not mind.
  mutating func pop() -> PickleSymbol {
    let symbol = peek()
    _ = stack.popLast()
    return symbol
  }

  mutating func peek() -> PickleSymbol {
    if marks.last == stack.count { hasLooseMarks = true }
    guard let symbol = stack.last else {
      underflow()
      return .opaque
    }
    return symbol
  }

  /// Takes the values above the last mark, and the mark; gives up to so many of them as are kept.
  mutating func popToMark() -> [PickleSymbol] {
    guard let start = openMark() else { return [] }
    let values = Array(stack[start...].prefix(PickleCollection.keptElements + 1))
    stack.removeSubrange(start...)
    return values
  }

  /// Takes the last mark; returns where the values above it start.
  mutating func openMark() -> Int? {
    guard let mark = marks.popLast() else {
      underflow()
      return nil
    }
    return min(mark, stack.count)
  }
}
