import BallastBytes

/// The names given out so far: each once, and all together within a limit.
struct TorchNames {
  private var taken: Set<ExactString> = []
  private var byteCount = 0
  /// How often a name was taken that tells no two places apart even as Python would index.
  private var counts: [ExactString: Int] = [:]
  private let limit: Int

  init(limit: Int) {
    self.limit = limit
  }

  /// The dotted name of a place; written as Python would index where that name is taken, and counted
  /// where that is taken too.
  ///
  /// Throws `TorchFault.namesTooLong`.
  mutating func name(of path: TorchPath) throws(FormatError) -> (name: String, isTaken: Bool) {
    var name = path.dotted
    let isTaken = taken.contains(ExactString(name))
    if isTaken {
      let subscripted = path.subscripted
      name = subscripted
      while taken.contains(ExactString(name)) {
        let count = counts[ExactString(subscripted), default: 1] + 1
        counts[ExactString(subscripted)] = count
        name = "\(subscripted) (\(count))"
      }
    }
    byteCount += name.utf8.count
    guard byteCount <= limit else {
      throw FormatError(TorchFault.namesTooLong(limit: limit))
    }
    taken.insert(ExactString(name))
    return (name, isTaken)
  }
}
