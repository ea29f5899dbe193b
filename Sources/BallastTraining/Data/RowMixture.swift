package import BallastBytes
package import BallastGPT2

/// What a run is trained on: rows of one source, or of several that are drawn from by weight.
package struct RowMixture: Sendable {
  /// The rows of each source, all of one context.
  package let sources: [TokenRows]
  /// How much is drawn from each, where there is a choice.
  private let weights: [Double]
  /// For each source the probability that a row is of it or of one before it.
  private let shares: [Double]

  /// Rows that an epoch goes through as a whole.
  package init(_ rows: TokenRows) {
    sources = [rows]
    weights = []
    shares = [1]
  }

  /// Sources, one at least, that are drawn from with probabilities in proportion to their weights; these are positive.
  package init(weighted sources: [(rows: TokenRows, weight: Double)]) {
    self.sources = sources.map(\.rows)
    weights = sources.map(\.weight)
    // The largest one is divided by, so that no sum of large weights overflows.
    let largest = weights.max() ?? 1
    let total = weights.reduce(0) { $0 + $1 / largest }
    var sum = 0.0
    shares = weights.map { weight in
      sum += weight / largest
      return sum / total
    }
  }

  /// The number of tokens in a row.
  package var context: Int { sources[0].context }

  /// The number of rows in an epoch: those of all sources together.
  package var count: Int { sources.reduce(0) { $0 + $1.count } }

  /// The number of targets that count, in all sources.
  package var targetCount: Int { sources.reduce(0) { $0 + $1.targetCount } }

  /// What tells these sources, and their weights, from others.
  package var fingerprint: String {
    guard !weights.isEmpty else { return sources[0].fingerprint }
    return zip(sources, weights).map { "\($0.fingerprint), weight \($1)" }.joined(separator: "; ")
  }

  /// The source of a row of the run: a function of the seed and the row's number alone.
  func source(ofRow row: Int, seed: UInt64) -> Int {
    guard sources.count > 1 else { return 0 }
    // Not the numbers that epochs are arranged by.
    var mixer = SplitMix64(state: ~seed)
    let start = mixer.next()
    var generator = SplitMix64(state: start &+ UInt64(row) &* 0x9E37_79B9_7F4A_7C15)
    let number = Double(generator.next() >> 11) * 0x1p-53
    return shares.firstIndex { number < $0 } ?? sources.count - 1
  }
}

extension Trainer {
  /// A run on the rows of one source.
  package convenience init(
    _ model: GPT2Model,
    options: TrainingOptions,
    training: TokenRows,
    validation: TokenRows?,
    checkpoint: RunCheckpoint? = nil
  ) throws(FormatError) {
    try self.init(
      model,
      options: options,
      training: RowMixture(training),
      validation: validation,
      checkpoint: checkpoint
    )
  }
}
