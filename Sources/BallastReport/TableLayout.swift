/// The widths of a table's columns in the width there is.
struct TableLayout {
  /// Columns between two columns of a table.
  static let gap = 2
  /// Shortened below this, a name says nothing.
  static let narrowestText = 8

  /// The width of each column; nil if the table does not fit even with its texts shortened.
  let widths: [Int]?

  /// Takes the width that each column would like; a column that may shrink is shortened.
  ///
  /// The widest is shortened first, until others are as wide, so that short columns stay whole.
  init(natural: [Int], minimum: [Int], available: Int?) {
    let gaps = Self.gap * max(0, natural.count - 1)
    guard let available, natural.reduce(gaps, +) > available else {
      widths = natural
      return
    }
    // The largest limit for which everything fits: a column is no wider than the limit, unless
    // its minimum is.
    func limited(to limit: Int) -> [Int] {
      zip(natural, minimum).map { min($0, max($1, limit)) }
    }
    var low = 0
    guard limited(to: low).reduce(gaps, +) <= available else {
      widths = nil
      return
    }
    var high = natural.max() ?? 0
    while high - low > 1 {
      let middle = (low + high) / 2
      if limited(to: middle).reduce(gaps, +) <= available { low = middle } else { high = middle }
    }
    // What is left over goes to the columns that are still short, from the left.
    var widths = limited(to: low)
    var left = available - widths.reduce(gaps, +)
    for index in widths.indices where left > 0 && widths[index] < natural[index] {
      widths[index] += 1
      left -= 1
    }
    self.widths = widths
  }
}
