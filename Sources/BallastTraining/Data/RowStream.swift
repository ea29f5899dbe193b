import BallastGPT2

/// The rows of a run, epoch after epoch, in an order that the seed determines.
///
/// Of several sources each row is of the one that is drawn for it, and each source has epochs of its own. What is
/// taken is a function of the seed and of how much was taken before.
package struct RowStream: Sendable {
  private let mixture: RowMixture
  private let seed: UInt64
  private var sources: [SourceRows]
  private var taken = 0

  /// The stream from its start.
  package init(_ mixture: RowMixture, isShuffled: Bool, seed: UInt64) {
    self.mixture = mixture
    self.seed = seed
    sources = mixture.sources.enumerated().map { index, rows in
      SourceRows(rows, isShuffled: isShuffled, seed: seed &+ UInt64(index) &* 0xD1B5_4A32_D192_ED03)
    }
  }

  /// The stream of one source from its start.
  package init(_ rows: TokenRows, isShuffled: Bool, seed: UInt64) {
    self.init(RowMixture(rows), isShuffled: isShuffled, seed: seed)
  }

  /// Takes the next rows; after the last one of an epoch the next begins.
  package mutating func next(_ count: Int) -> TokenRows.Batch {
    var batch = TokenRows.Batch()
    for _ in 0..<count {
      sources[mixture.source(ofRow: taken, seed: seed)].appendNext(to: &batch)
      taken += 1
    }
    for rows in mixture.sources { rows.tokens.giveBack() }
    return batch
  }

  /// Goes to the place where so many rows have been taken from the start.
  package mutating func move(to taken: Int) {
    self.taken = taken
    guard sources.count > 1 else {
      sources[0].move(to: taken)
      return
    }
    var counts = Array(repeating: 0, count: sources.count)
    for row in 0..<taken { counts[mixture.source(ofRow: row, seed: seed)] += 1 }
    for (index, count) in counts.enumerated() { sources[index].move(to: count) }
  }
}

/// The rows of one source, epoch after epoch.
///
/// A shuffled epoch has an arrangement of its documents and a permutation of its rows of its own; otherwise both are as
/// the text is.
private struct SourceRows: Sendable {
  private let rows: TokenRows
  private let isShuffled: Bool
  private let seed: UInt64
  private var epoch = 0
  private var position = 0
  private var order: [UInt32] = []
  private var arrangement: Arrangement?

  init(_ rows: TokenRows, isShuffled: Bool, seed: UInt64) {
    self.rows = rows
    self.isShuffled = isShuffled
    self.seed = seed
    beginEpoch()
  }

  mutating func appendNext(to batch: inout TokenRows.Batch) {
    if position == rows.count {
      epoch += 1
      position = 0
      beginEpoch()
    }
    rows.append(isShuffled ? Int(order[position]) : position, in: arrangement, to: &batch)
    position += 1
  }

  mutating func move(to taken: Int) {
    let before = epoch
    epoch = taken / rows.count
    position = taken % rows.count
    if epoch != before { beginEpoch() }
  }

  private mutating func beginEpoch() {
    guard isShuffled else { return }
    // The seed is mixed first, so that the epochs of neighbouring seeds differ.
    var generator = SplitMix64(state: seed)
    let mixed = generator.next() &+ UInt64(epoch)
    order = Permutation.shuffled(rows.count, seed: mixed)
    arrangement = Arrangement(rows.tokens.places, context: rows.context, seed: ~mixed)
  }
}

/// Permutations that a seed determines.
enum Permutation {
  /// The numbers below `count`, in an order that depends on the seed alone.
  static func shuffled<Number: FixedWidthInteger>(_ count: Int, seed: UInt64) -> [Number]
  where Number.Stride: SignedInteger {
    var generator = SplitMix64(state: seed)
    return (0..<Number(count)).shuffled(using: &generator)
  }
}
