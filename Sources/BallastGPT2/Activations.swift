package import BallastBytes

/// The buffers of one block in one pass over N = B · T tokens.
package struct BlockActivations {
  package let attentionNorm: NormActivations
  package let queriesKeysValues: UnsafeMutablePointer<Float>  // [N, 3C]
  package let attended: UnsafeMutablePointer<Float>  // [N, C]
  package let logSumExp: UnsafeMutablePointer<Float>  // [B, H, T]
  package let afterAttention: UnsafeMutablePointer<Float>  // [N, C]
  package let mlpNorm: NormActivations
  package let hidden: UnsafeMutablePointer<Float>  // [N, I], before the activation
  package let activated: UnsafeMutablePointer<Float>  // [N, I], shared by all blocks
  package fileprivate(set) var output: UnsafeMutablePointer<Float>  // [N, C]
}

/// The output of a LayerNorm and the statistics that its gradient needs.
package struct NormActivations {
  package let output: UnsafeMutablePointer<Float>  // [N, C], shared by the LayerNorms of all blocks
  package let mean: UnsafeMutablePointer<Float>  // [N]
  package let reciprocalStd: UnsafeMutablePointer<Float>  // [N]
}

/// What of a forward pass is kept for its gradients.
package enum Retention: Sendable {
  /// Nothing: inference.
  case nothing
  /// What the backward pass reads of each block.
  case everything
  /// The residual stream after each block, from which the backward pass runs the block again
  /// (Chen and others 2016): a fifth of the memory for a third more work.
  case streams
}

/// All buffers of a forward pass, planned once in one arena.
///
/// For training every block has its own buffers, which the backward pass reads, but for what it soon
/// computes again: what LayerNorms and activations put out, six of sixteen widths for each token. For
/// inference all blocks share one set, and the residual stream is updated in place.
package final class Activations {
  package let batch: Int
  package let length: Int
  package let keeping: Retention
  package let embedded: UnsafeMutablePointer<Float>  // [N, C]
  package let blocks: [BlockActivations]
  package let finalNorm: NormActivations
  /// The rows whose logits exist at a time: B · T × V of them never do.
  package let logitRows: Int
  let logits: UnsafeMutablePointer<Float>  // [logit rows, V]
  private let storage: Storage

  /// The number of tokens, N.
  package var rows: Int { batch * length }

  /// Buffers for `batch` sequences of `length` tokens.
  package init(
    _ configuration: GPT2Configuration,
    batch: Int,
    length: Int,
    keeping: Retention
  ) throws(FormatError) {
    let sets = keeping == .everything ? configuration.layers : 1
    let rows = batch * length
    var arena = Arena(
      try Storage(
        count: Self.floatCount(
          configuration,
          batch: batch,
          length: length,
          keeping: keeping
        )
      )
    )
    let stream = rows * configuration.width
    let embedded = arena.take(stream)
    let normed = arena.take(stream)
    let activated = arena.take(rows * configuration.innerWidth)
    func takeNorm(_ output: UnsafeMutablePointer<Float>) -> NormActivations {
      NormActivations(output: output, mean: arena.take(rows), reciprocalStd: arena.take(rows))
    }
    let sharedBlocks = (0..<sets).map { _ in
      BlockActivations(
        attentionNorm: takeNorm(normed),
        queriesKeysValues: arena.take(3 * stream),
        attended: arena.take(stream),
        logSumExp: arena.take(rows * configuration.heads),
        afterAttention: arena.take(stream),
        mlpNorm: takeNorm(normed),
        hidden: arena.take(rows * configuration.innerWidth),
        activated: activated,
        output: embedded
      )
    }
    blocks = (0..<configuration.layers).map { layer in
      var block = sharedBlocks[min(layer, sets - 1)]
      if keeping != .nothing { block.output = arena.take(stream) }
      return block
    }
    finalNorm = takeNorm(arena.take(stream))
    logitRows = Plan.logitRows(configuration, rows: rows)
    logits = arena.take(logitRows * configuration.vocabularySize)
    storage = arena.storage
    self.keeping = keeping
    self.embedded = embedded
    self.batch = batch
    self.length = length
  }

  /// The number of floats that a pass takes.
  package static func floatCount(
    _ configuration: GPT2Configuration,
    batch: Int,
    length: Int,
    keeping: Retention
  ) -> Int {
    let plan = Plan(configuration, batch: batch, length: length)
    let sets = keeping == .everything ? configuration.layers : 1
    let streams = keeping == .nothing ? 0 : configuration.layers
    return plan.shared + plan.logits + sets * plan.block + streams * plan.stream
  }
}

/// The sizes of the buffers, each rounded up to whole cache lines.
private struct Plan {
  let stream: Int
  /// What there is once: the embedding sum, and what LayerNorms and activations put out.
  let shared: Int
  let block: Int
  let logits: Int

  /// The most bytes of logits: each chunk reads the whole head, and with gradients writes as much, so that
  /// chunks of few rows wait for memory.
  private static let logitBytes = 64 << 20

  /// The rows of the logits' chunks: all of them, or equal parts.
  static func logitRows(_ configuration: GPT2Configuration, rows: Int) -> Int {
    let most = max(1, logitBytes / (configuration.vocabularySize * MemoryLayout<Float>.stride))
    let chunks = (rows + most - 1) / most
    return chunks == 0 ? 0 : (rows + chunks - 1) / chunks
  }

  init(_ configuration: GPT2Configuration, batch: Int, length: Int) {
    let rows = batch * length
    stream = Arena.padded(rows * configuration.width)
    let statistics = 2 * Arena.padded(rows)
    let inner = Arena.padded(rows * configuration.innerWidth)
    shared = 3 * stream + inner + statistics
    logits = Arena.padded(
      Self.logitRows(configuration, rows: rows) * configuration.vocabularySize
    )
    block =
      2 * statistics + Arena.padded(3 * rows * configuration.width) + 2 * stream
      + Arena.padded(rows * configuration.heads) + inner
  }
}

/// Hands out pieces of a storage, one after the other, each at a cache line.
package struct Arena {
  package let storage: Storage
  private var used = 0

  package init(_ storage: Storage) {
    self.storage = storage
  }

  package static func padded(_ count: Int) -> Int {
    (count + Storage.alignment - 1) / Storage.alignment * Storage.alignment
  }

  package mutating func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    defer { used += Self.padded(count) }
    precondition(used + Self.padded(count) <= storage.count, "the arena was planned too small")
    return storage.base + used
  }
}
