public import BallastBytes
import BallastGPT2

/// A stream of tokens cut into rows of one context each; nothing is dropped.
///
/// Row r holds the tokens r·T ..< (r+1)·T, and its targets are the same tokens shifted by one. The
/// last row may be shorter: the rest of it is filled up and not counted.
public struct TokenRows: Sendable {
  /// The tokens.
  public let tokens: [Int32]
  /// The number of tokens in a row, T.
  public let context: Int

  /// Marks a target that is not counted, as in PyTorch.
  package static let ignored: Int32 = -100

  /// Rows of a stream of at least two tokens; throws where one is not in the vocabulary.
  public init(
    _ tokens: [Int32],
    context: Int,
    vocabularySize: Int
  ) throws(FormatError) {
    guard tokens.count >= 2 else { throw FormatError(TrainingDataFault.noText) }
    if let bad = tokens.first(where: { $0 < 0 || $0 >= vocabularySize }) {
      throw FormatError(
        TrainingDataFault.tokenOutOfRange(Int(bad), vocabularySize: vocabularySize)
      )
    }
    self.tokens = tokens
    self.context = context
  }

  /// The number of rows.
  public var count: Int { (targetCount + context - 1) / context }

  /// The number of targets in all rows: every token but the first.
  public var targetCount: Int { tokens.count - 1 }

  /// What tells these tokens from others: their number and their CRC-32C.
  package var fingerprint: String {
    let checksum = crc32c(of: tokens.span.bytes)
    return "\(tokens.count) tokens, CRC-32C \(String(checksum, radix: 16))"
  }

  /// A micro-batch: inputs and targets, [B, T], and how many targets count.
  package struct Batch {
    package var inputs: [Int32] = []
    package var targets: [Int32] = []
    package var counted = 0
  }

  /// The number of targets of these rows that count.
  package func counted(_ rows: some Sequence<Int>) -> Int {
    rows.reduce(0) { $0 + min(context, targetCount - $1 * context) }
  }

  /// The micro-batch of these rows.
  package func batch(_ rows: some Sequence<Int>) -> Batch {
    var batch = Batch()
    for row in rows {
      let start = row * context
      let length = min(context, targetCount - start)
      let filling = context - length
      batch.inputs += tokens[start..<start + length]
      batch.inputs += repeatElement(tokens[start], count: filling)
      batch.targets += tokens[start + 1..<start + 1 + length]
      batch.targets += repeatElement(Self.ignored, count: filling)
      batch.counted += length
    }
    return batch
  }
}

/// The order in which rows are trained on.
package struct RowOrder {
  /// How an epoch goes through the rows.
  package let isShuffled: Bool
  private let count: Int
  private let seed: UInt64
  private var epoch = 0
  private var order: [Int]
  private var position = 0

  package init(count: Int, isShuffled: Bool, seed: UInt64) {
    self.count = count
    self.isShuffled = isShuffled
    self.seed = seed
    order = []
    order = epochOrder()
  }

  /// The next row; after the last one the next epoch begins, in an order of its own.
  package mutating func next() -> Int {
    if position == count {
      epoch += 1
      position = 0
      order = epochOrder()
    }
    defer { position += 1 }
    return order[position]
  }

  /// Goes to the place where so many rows have been taken from the start.
  package mutating func move(to taken: Int) {
    epoch = taken / count
    position = taken % count
    order = epochOrder()
  }

  private func epochOrder() -> [Int] {
    guard isShuffled else { return Array(0..<count) }
    // The seed is mixed first, so that the epochs of neighbouring seeds differ.
    var generator = SplitMix64(state: seed)
    return Permutation.shuffled(count, seed: generator.next() &+ UInt64(epoch))
  }
}

/// Permutations that a seed determines.
enum Permutation {
  static func shuffled(_ count: Int, seed: UInt64) -> [Int] {
    var generator = SplitMix64(state: seed)
    return Array(0..<count).shuffled(using: &generator)
  }
}
