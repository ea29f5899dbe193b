/// Encodes one word: its bytes are tokens first, and the earliest merge is applied while there is one.
///
/// The tokens are a linked list, and the possible merges a heap, so that a word of n bytes takes
/// n log n steps however long it is. Of merges of the same rank, the leftmost comes first.
struct WordMerger: Sendable {
  private struct Symbol {
    var id: Int32
    var previous: Int
    var next: Int
  }

  /// A pair that may be merged: the order is that of rank, then of position.
  private struct Candidate: Comparable {
    let rank: Int32
    let id: Int32
    let position: Int

    static func < (a: Candidate, b: Candidate) -> Bool {
      a.rank != b.rank ? a.rank < b.rank : a.position < b.position
    }
  }

  /// The mark of a symbol that was merged into the one before it.
  private static let gone: Int32 = -1

  private var symbols: [Symbol] = []
  private var candidates = MinimumHeap<Candidate>()

  /// Appends the tokens of `text[word]` to `ids`; `byteIDs` are the tokens of the 256 bytes.
  mutating func encode(
    _ word: Range<Int>,
    of text: Span<UInt8>,
    byteIDs: [Int32],
    merges: MergeTable,
    into ids: inout [Int32]
  ) {
    symbols.removeAll(keepingCapacity: true)
    for position in word {
      let index = position - word.lowerBound
      symbols.append(
        Symbol(id: byteIDs[Int(text[position])], previous: index - 1, next: index + 1)
      )
    }
    for index in symbols.indices.dropLast() { consider(index, merges) }
    while let candidate = candidates.popFirst() { apply(candidate, merges) }
    var index = 0
    while index < symbols.count {
      ids.append(symbols[index].id)
      index = symbols[index].next
    }
  }

  /// Notes the pair of the symbol at `index` and its successor, if it can be merged.
  private mutating func consider(_ index: Int, _ merges: MergeTable) {
    let symbol = symbols[index]
    guard let merge = merges[symbol.id, symbols[symbol.next].id] else { return }
    candidates.insert(Candidate(rank: merge.rank, id: merge.id, position: index))
  }

  private mutating func apply(_ candidate: Candidate, _ merges: MergeTable) {
    let left = symbols[candidate.position]
    guard left.id != Self.gone, left.next < symbols.count else { return }
    let right = symbols[left.next]
    // The pair may have changed since it was noted. As in the reference, what counts is what the
    // pair becomes now: another pair that yields the same token is merged at the noted rank.
    guard let merge = merges[left.id, right.id], merge.id == candidate.id else { return }
    symbols[left.next].id = Self.gone
    symbols[candidate.position].id = merge.id
    symbols[candidate.position].next = right.next
    if right.next < symbols.count {
      symbols[right.next].previous = candidate.position
      consider(candidate.position, merges)
    }
    if left.previous >= 0 { consider(left.previous, merges) }
  }

  /// Gives back the memory that an uncommonly long word took.
  mutating func shrink() {
    if symbols.capacity > 1 << 16 { self = WordMerger() }
  }
}
