import BallastKernels

extension GPT2Model {
  /// Where a block's queries from the token `first` on, keys and values lie: side by side for each token, or in the cache.
  func attentionInputs(
    _ buffers: BlockActivations,
    length: Int,
    from first: Int = 0,
    layer: Int,
    cache: KeyValueCache?
  ) -> AttentionInputs {
    let width = configuration.width
    let tokens = UnsafePointer(buffers.queriesKeysValues)
    let queries = tokens + first * 3 * width
    guard let cache else {
      return AttentionInputs(
        queries: queries,
        keys: tokens + width,
        values: tokens + 2 * width,
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

  /// The sizes of a block's attention after `past` tokens, for queries from the token `first` on.
  func attentionShape(
    _ activations: Activations,
    from first: Int = 0,
    layer: Int,
    past: Int
  ) -> AttentionShape {
    AttentionShape(
      batch: activations.batch,
      queries: activations.length - first,
      keys: past + activations.length,
      offset: past + first,
      heads: configuration.heads,
      headSize: configuration.headSize,
      scale: configuration.attentionScale(layer: layer)
    )
  }
}
