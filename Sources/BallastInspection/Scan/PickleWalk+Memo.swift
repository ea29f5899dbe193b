/// What a pickle remembers, and asks for again.
extension PickleWalk {
  mutating func remember(_ index: PickleNumber.Index) {
    switch index {
    case .plain(let index): remember(index)
    case .odd(let index):
      remember(index)
      note(.oddMemoIndex)
    case .unknown, .word:
      _ = peek()
      hasUnknownMemos = true
      note(.oddMemoIndex)
    }
  }

  mutating func remember(_ index: Int) {
    let symbol = peek()
    if !memo.set(symbol, at: index) { forget() }
  }

  mutating func recall(_ index: PickleNumber.Index) {
    switch index {
    case .plain(let index), .odd(let index): recall(index)
    case .unknown:
      note(.oddMemoIndex)
      push(.opaque)
    case .word:
      if !hasUnknownMemos { stumble() }
      push(.opaque)
    }
  }

  mutating func recall(_ index: Int) {
    guard let symbol = memo[index] else {
      noteRecall(isMissing: true)
      if !isForgetful && !hasUnknownMemos { stumble() }
      push(.opaque)
      return
    }
    noteRecall(isMissing: false)
    push(symbol)
  }
}
