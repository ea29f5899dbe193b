public import BallastBytes
public import BallastGPT2
import Glibc

/// A loss over many tokens.
public struct Evaluation: Hashable, Sendable {
  /// The mean cross entropy, in nats a token.
  public let loss: Double
  /// The number of tokens that were predicted.
  public let tokens: Int

  /// e to the loss.
  public var perplexity: Double { exp(loss) }

  /// Runs a model over all rows, without dropout.
  ///
  /// `progress` gets the number of tokens done; where it returns false the result is nil.
  public init?(
    of model: GPT2Model,
    on rows: TokenRows,
    batchSize: Int = 4,
    progress: (Int) -> Bool = { _ in true }
  ) throws(FormatError) {
    var sum = 0.0
    var counted = 0
    var activations: Activations?
    for first in stride(from: 0, to: rows.count, by: batchSize) {
      let batch = rows.batch(first..<min(first + batchSize, rows.count))
      try batch.check(vocabularySize: model.configuration.vocabularySize)
      let count = batch.inputs.count / rows.context
      if activations?.batch != count {
        activations = try Activations(
          model.configuration,
          batch: count,
          length: rows.context,
          keeping: .nothing,
          precision: model.precision
        )
      }
      guard let activations else { continue }
      model.forward(batch.inputs, into: activations)
      sum += model.lossSum(activations, targets: batch.targets)
      counted += batch.counted
      if !progress(counted) { return nil }
    }
    tokens = counted
    loss = counted > 0 ? sum / Double(counted) : 0
  }
}
