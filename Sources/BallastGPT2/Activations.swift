package import BallastBytes

/// The buffers of one block in one pass over N = B · T tokens.
package struct BlockActivations {
  package let attentionNorm: NormActivations
  package let queriesKeysValues: UnsafeMutablePointer<Float>  // [N, 3C]
  /// What attention put out: [N, C], unless it is kept shared by all blocks, in the place of `activated`, which comes later.
  package let attended: UnsafeMutablePointer<Float>
  package let logSumExp: UnsafeMutablePointer<Float>  // [B, H, T]
  package let afterAttention: UnsafeMutablePointer<Float>  // [N, C]
  package let mlpNorm: NormActivations
  package let hidden: UnsafeMutablePointer<Float>  // [N, I], before the activation
  /// After the activation: [N, I], shared by all blocks; then its gradient, and that of `hidden`.
  package let activated: UnsafeMutablePointer<Float>
  package fileprivate(set) var output: UnsafeMutablePointer<Float>  // [N, C]
}

/// The output of a LayerNorm and the statistics that its gradient needs.
package struct NormActivations {
  /// [N, C], shared by the LayerNorms of all blocks; then its gradient.
  package let output: UnsafeMutablePointer<Float>
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

/// The gradients that flow through all blocks, beside those that take the place of activations.
struct GradientBuffers {
  let stream: UnsafeMutablePointer<Float>  // [N, C], of the residual stream
  let branch: UnsafeMutablePointer<Float>  // [N, C], of the stream, through a projection's dropout
  let queriesKeysValues: UnsafeMutablePointer<Float>  // [N, 3C]
}

/// All buffers of a pass, forward and backward, planned once in one arena.
///
/// For training every block has its own buffers, which the backward pass reads, but for what it soon
/// computes again: what LayerNorms, attention and activations put out, seven of sixteen widths for each token; with
/// bfloat16 attention's is kept. For
/// inference all blocks share one set, and the residual stream is updated in place.
///
/// Logits exist between the two passes over the blocks alone. They share their memory with what exists within
/// these: what LayerNorms and activations put out, and `gradients`.
package final class Activations {
  package let batch: Int
  package let length: Int
  package let keeping: Retention
  package let embedded: UnsafeMutablePointer<Float>  // [N, C]
  package let blocks: [BlockActivations]
  package let finalNorm: NormActivations
  /// Nil where nothing is kept for them.
  let gradients: GradientBuffers?
  /// Whether each block has its own `attended`.
  let keepsAttention: Bool
  /// The rows whose logits exist at a time: B · T × V of them never do.
  package let logitRows: Int
  let logits: UnsafeMutablePointer<Float>  // [logit rows, V]
  private let storage: Storage

  /// The number of tokens, N.
  package var rows: Int { batch * length }

  /// Buffers for `batch` sequences of `length` tokens; `precision` is that of the model.
  package init(
    _ configuration: GPT2Configuration,
    batch: Int,
    length: Int,
    keeping: Retention,
    precision: Precision = .float32
  ) throws(FormatError) {
    let plan = ActivationPlan(
      configuration,
      batch: batch,
      length: length,
      keeping: keeping,
      precision: precision
    )
    let storage = try Storage(count: plan.total)
    var arena = Arena(storage)
    let rows = batch * length
    let stream = rows * configuration.width
    let inner = rows * configuration.innerWidth

    logits = arena.take(plan.shared)
    var shared = Arena(logits, count: plan.shared)
    let normed = shared.take(stream)
    let activated = shared.take(max(inner, stream))
    gradients =
      keeping == .nothing
      ? nil
      : GradientBuffers(
        stream: shared.take(stream),
        branch: shared.take(stream),
        queriesKeysValues: shared.take(3 * stream)
      )

    let embedded = arena.take(stream)
    func takeNorm(_ output: UnsafeMutablePointer<Float>) -> NormActivations {
      NormActivations(output: output, mean: arena.take(rows), reciprocalStd: arena.take(rows))
    }
    let sets = (0..<plan.sets).map { _ in
      BlockActivations(
        attentionNorm: takeNorm(normed),
        queriesKeysValues: arena.take(3 * stream),
        attended: plan.keepsAttention ? arena.take(stream) : activated,
        logSumExp: arena.take(rows * configuration.heads),
        afterAttention: arena.take(stream),
        mlpNorm: takeNorm(normed),
        hidden: arena.take(inner),
        activated: activated,
        output: embedded
      )
    }
    blocks = (0..<configuration.layers).map { layer in
      var block = sets[min(layer, plan.sets - 1)]
      if keeping != .nothing { block.output = arena.take(stream) }
      return block
    }
    finalNorm = takeNorm(arena.take(stream))
    logitRows = plan.logitRows
    keepsAttention = plan.keepsAttention
    self.storage = storage
    self.keeping = keeping
    self.embedded = embedded
    self.batch = batch
    self.length = length
  }
}
