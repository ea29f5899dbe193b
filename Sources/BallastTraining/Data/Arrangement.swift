import BallastGPT2

/// The order in which an epoch lays documents one after the other, and where it begins.
///
/// Rows are cut at fixed places. If the documents lay the same way in each epoch, every one of them would be seen at the
/// same positions always, and a model that has learned it there would not know it elsewhere, such as at the start of
/// what it is asked for. So an epoch takes the documents in an order of its own and begins some tokens within the first,
/// whose beginning then comes last: behind the end of another document, as all beginnings do.
package struct Arrangement: Sendable {
  /// Places of tokens in the order of the epoch, and the number of tokens before each.
  private let spans: [Range<Int>]
  private let starts: [Int]

  /// An order of documents, begun after the first `offset` tokens.
  package init(_ documents: [Range<Int>], order: [Int], offset: Int) {
    var spans = order.map { documents[$0] }.filter { !$0.isEmpty }
    var left = offset
    while left > 0, let first = spans.first {
      let taken = min(left, first.count)
      spans.append(first.lowerBound..<first.lowerBound + taken)
      spans[0] = first.lowerBound + taken..<first.upperBound
      if spans[0].isEmpty { spans.removeFirst() }
      left -= taken
    }
    self.spans = spans
    var starts: [Int] = []
    var total = 0
    for span in spans {
      starts.append(total)
      total += span.count
    }
    self.starts = starts
  }

  /// The order of an epoch, which the seed determines, begun somewhere in the first `context` tokens.
  package init(_ documents: [Range<Int>], context: Int, seed: UInt64) {
    var generator = SplitMix64(state: seed)
    let order = Array(documents.indices).shuffled(using: &generator)
    let total = documents.reduce(0) { $0 + $1.count }
    let offset = Int.random(in: 0..<max(1, min(context, total)), using: &generator)
    self.init(documents, order: order, offset: offset)
  }

  /// Calls `body` with the places of the tokens from one position in the epoch to another, in order.
  package func forEachSpan(of range: Range<Int>, _ body: (Range<Int>) -> Void) {
    // The last span that starts at or before the range: at least the first one.
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= range.lowerBound { low = middle } else { high = middle }
    }
    var position = range.lowerBound
    while position < range.upperBound, low < spans.count {
      let skipped = position - starts[low]
      let count = min(spans[low].count - skipped, range.upperBound - position)
      let first = spans[low].lowerBound + skipped
      body(first..<first + count)
      position += count
      low += 1
    }
  }
}
