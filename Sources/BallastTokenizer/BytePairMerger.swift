/// Merges the bytes of one piece of text into tokens: always the leftmost pair of the lowest rank.
struct BytePairMerger {
  /// Words up to this length are searched from end to end for each merge, which for so few beats
  /// any clever structure; longer ones go through a heap.
  private static let shortLength = 32

  private let byteTokens: [Int32]
  private let merges: MergeTable

  /// Merges with these tokens of the 256 bytes and these merges.
  init(byteTokens: [Int32], merges: MergeTable) {
    self.byteTokens = byteTokens
    self.merges = merges
  }

  /// Appends the tokens of the bytes in `range`, which is not empty.
  func append(_ range: Range<Int>, of bytes: Span<UInt8>, to tokens: inout [Int32]) {
    if range.count == 1 {
      tokens.append(byteTokens[Int(bytes[range.lowerBound])])
    } else if range.count <= Self.shortLength {
      appendShort(range, of: bytes, to: &tokens)
    } else {
      appendLong(range, of: bytes, to: &tokens)
    }
  }

  private func appendShort(_ range: Range<Int>, of bytes: Span<UInt8>, to tokens: inout [Int32]) {
    var symbols = InlineArray<32, Int32>(repeating: 0)
    // pairs[i]: the merge of symbols i and i + 1
    var pairs = InlineArray<32, MergeTable.Merge>(repeating: MergeTable.none)
    var count = range.count
    symbols[0] = byteTokens[Int(bytes[range.lowerBound])]
    for index in 1..<count {
      symbols[index] = byteTokens[Int(bytes[range.lowerBound + index])]
      pairs[index - 1] = merges.merge(symbols[index - 1], symbols[index])
    }
    while count > 1 {
      var best = MergeTable.none
      var place = 0
      for index in 0..<count - 1 where pairs[index] < best {
        best = pairs[index]
        place = index
      }
      guard best != MergeTable.none else { break }
      count -= 1
      symbols[place] = MergeTable.result(of: best)
      for index in place + 1..<max(place + 1, count) {
        symbols[index] = symbols[index + 1]
        pairs[index] = pairs[index + 1]
      }
      if place > 0 { pairs[place - 1] = merges.merge(symbols[place - 1], symbols[place]) }
      if place + 1 < count { pairs[place] = merges.merge(symbols[place], symbols[place + 1]) }
    }
    for index in 0..<count { tokens.append(symbols[index]) }
  }

  /// A linked list of symbols and a heap of merges: n log n for a word of n bytes.
  private func appendLong(_ range: Range<Int>, of bytes: Span<UInt8>, to tokens: inout [Int32]) {
    let end = range.count
    var symbols = range.map { byteTokens[Int(bytes[$0])] }
    var next = Array(1...end)
    var previous = Array(-1..<end - 1)
    var heap = MergeHeap()
    for place in 0..<end - 1 {
      heap.push(merges.merge(symbols[place], symbols[place + 1]), at: place)
    }
    while let (merge, place) = heap.pop() {
      // A candidate is stale when either symbol has become part of another.
      let right = next[place]
      guard symbols[place] >= 0, right < end,
        merges.merge(symbols[place], symbols[right]) == merge
      else { continue }
      symbols[place] = MergeTable.result(of: merge)
      symbols[right] = -1
      next[place] = next[right]
      if next[place] < end {
        previous[next[place]] = place
        heap.push(merges.merge(symbols[place], symbols[next[place]]), at: place)
      }
      if place > 0 {
        heap.push(merges.merge(symbols[previous[place]], symbols[place]), at: previous[place])
      }
    }
    for symbol in symbols where symbol >= 0 { tokens.append(symbol) }
  }
}
