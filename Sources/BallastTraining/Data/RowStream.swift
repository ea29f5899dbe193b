import BallastGPT2

/// The rows of a run, epoch after epoch, in an order that the seed determines.
///
/// A shuffled epoch has an arrangement of its documents and a permutation of its rows of its own; otherwise both are as
/// the text is. What is taken is a function of the seed and of how much was taken before.
package struct RowStream: Sendable {
  private let rows: TokenRows
  private let isShuffled: Bool
  private let seed: UInt64
  private var epoch = 0
  private var position = 0
  private var order: [Int] = []
  private var arrangement: Arrangement?

  /// The stream from its start.
  package init(_ rows: TokenRows, isShuffled: Bool, seed: UInt64) {
    self.rows = rows
    self.isShuffled = isShuffled
    self.seed = seed
    beginEpoch()
  }

  /// Takes the next rows; after the last one of an epoch the next begins.
  package mutating func next(_ count: Int) -> TokenRows.Batch {
    var batch = TokenRows.Batch()
    for _ in 0..<count {
      if position == rows.count {
        epoch += 1
        position = 0
        beginEpoch()
      }
      rows.append(isShuffled ? order[position] : position, in: arrangement, to: &batch)
      position += 1
    }
    return batch
  }

  /// Goes to the place where so many rows have been taken from the start.
  package mutating func move(to taken: Int) {
    epoch = taken / rows.count
    position = taken % rows.count
    beginEpoch()
  }

  private mutating func beginEpoch() {
    guard isShuffled else { return }
    // The seed is mixed first, so that the epochs of neighbouring seeds differ.
    var generator = SplitMix64(state: seed)
    let mixed = generator.next() &+ UInt64(epoch)
    order = Permutation.shuffled(rows.count, seed: mixed)
    arrangement = Arrangement(rows.documents, context: rows.context, seed: ~mixed)
  }
}

/// Permutations that a seed determines.
enum Permutation {
  static func shuffled(_ count: Int, seed: UInt64) -> [Int] {
    var generator = SplitMix64(state: seed)
    return Array(0..<count).shuffled(using: &generator)
  }
}
