import CBallastKernels

/// The queries, keys and values of an attention: three buffers, or three parts of one.
package struct AttentionInputs {
  package let queries: UnsafePointer<Float>
  package let keys: UnsafePointer<Float>
  package let values: UnsafePointer<Float>
  /// Floats between one token's queries and the next token's.
  package let queryStride: Int
  /// Floats between one token's keys and the next token's; values alike.
  package let keyStride: Int
  /// Floats between one head's keys and the next head's; queries lie side by side.
  package let keyHeadStride: Int
  /// Floats between sequences.
  package let queryBatchStride: Int
  package let keyBatchStride: Int

  package init(
    queries: UnsafePointer<Float>,
    keys: UnsafePointer<Float>,
    values: UnsafePointer<Float>,
    queryStride: Int,
    keyStride: Int,
    keyHeadStride: Int,
    queryBatchStride: Int,
    keyBatchStride: Int
  ) {
    self.queries = queries
    self.keys = keys
    self.values = values
    self.queryStride = queryStride
    self.keyStride = keyStride
    self.keyHeadStride = keyHeadStride
    self.queryBatchStride = queryBatchStride
    self.keyBatchStride = keyBatchStride
  }
}

/// Where the gradients of queries, keys and values go.
package struct AttentionGradients {
  package let queries: UnsafeMutablePointer<Float>
  package let keys: UnsafeMutablePointer<Float>
  package let values: UnsafeMutablePointer<Float>
  /// Floats between tokens, and between sequences.
  package let tokenStride: Int
  package let batchStride: Int

  package init(
    queries: UnsafeMutablePointer<Float>,
    keys: UnsafeMutablePointer<Float>,
    values: UnsafeMutablePointer<Float>,
    tokenStride: Int,
    batchStride: Int
  ) {
    self.queries = queries
    self.keys = keys
    self.values = values
    self.tokenStride = tokenStride
    self.batchStride = batchStride
  }
}

/// The sizes of an attention.
package struct AttentionShape {
  package let batch: Int
  /// The number of queries and of keys of a sequence.
  package let queries: Int
  package let keys: Int
  /// The position of the first query among the keys: query i sees key j if j <= offset + i.
  package let offset: Int
  package let heads: Int
  package let headSize: Int
  /// The factor on the scores.
  package let scale: Float

  package init(
    batch: Int,
    queries: Int,
    keys: Int,
    offset: Int,
    heads: Int,
    headSize: Int,
    scale: Float
  ) {
    precondition(keys >= offset + queries, "every query needs its own key")
    self.batch = batch
    self.queries = queries
    self.keys = keys
    self.offset = offset
    self.heads = heads
    self.headSize = headSize
    self.scale = scale
  }

  var width: Int { heads * headSize }

  /// Additions and multiplications of some products of the pairs of queries and keys that see each other.
  func operations(products: Int) -> Double {
    let pairs = Double(batch * heads * queries) * (Double(offset) + Double(queries + 1) / 2)
    return 2 * Double(products) * pairs * Double(headSize)
  }

  /// The bytes of some tensors that are as large as the queries, or with a cache as the keys.
  func bytes(tensors: Int) -> Double {
    Profile.floats(2 * batch * queries * width, (tensors - 2) * batch * keys * width)
  }

  /// Floats between two rows of scores: whole panels of keys.
  var scoreStride: Int {
    let panel = Int(BK_ATTENTION_PANEL)
    return (keys + panel - 1) / panel * panel
  }

  /// Floats of the scores of one block of queries.
  var scoreBlockSize: Int { min(Attention.queryBlock, queries) * scoreStride }

  /// Floats of the packed keys, or values, of one head.
  var panelSize: Int { queries == 1 ? 0 : scoreStride * headSize }
}
