import BallastKernels

extension GPT2Model {
  /// Where a block's queries, keys and values lie: side by side for each token, or in the cache.
  func attentionInputs(
    _ buffers: BlockActivations,
    length: Int,
    layer: Int,
    cache: KeyValueCache?
  ) -> AttentionInputs {
    let width = configuration.width
    let queries = UnsafePointer(buffers.queriesKeysValues)
    guard let cache else {
      return AttentionInputs(
        queries: queries,
        keys: queries + width,
        values: queries + 2 * width,
        queryStride: 3 * width,
        keyStride: 3 * width,
        keyHeadStride: configuration.headSize,
        queryBatchStride: 3 * width * length,
        keyBatchStride: 3 * width * length
      )
    }
    return AttentionInputs(
      queries: queries,
      keys: cache.keys(layer: layer),
      values: cache.values(layer: layer),
      queryStride: 3 * width,
      keyStride: configuration.headSize,
      keyHeadStride: configuration.headSize * cache.capacity,
      queryBatchStride: 3 * width * length,
      keyBatchStride: width * cache.capacity
    )
  }

  /// Where their gradients go: side by side for each token.
  func attentionGradients(
    _ gradients: UnsafeMutablePointer<Float>,
    length: Int
  ) -> AttentionGradients {
    let width = configuration.width
    return AttentionGradients(
      queries: gradients,
      keys: gradients + width,
      values: gradients + 2 * width,
      tokenStride: 3 * width,
      batchStride: 3 * width * length
    )
  }

  /// The sizes of a block's attention after `past` tokens.
  func attentionShape(_ activations: Activations, layer: Int, past: Int) -> AttentionShape {
    AttentionShape(
      batch: activations.batch,
      queries: activations.length,
      keys: past + activations.length,
      offset: past,
      heads: configuration.heads,
      headSize: configuration.headSize,
      scale: configuration.attentionScale(layer: layer)
    )
  }
}
