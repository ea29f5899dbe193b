import BallastParallel
import CBallastKernels

extension Attention {
  /// The gradients of `forward`, which are overwritten; probabilities are computed again.
  ///
  /// - `outputGradient`: [B, T, C].
  /// - `output`: [B, T, C], as `forward` gave it.
  /// - `logSumExp`: [B, H, T], as `forward` saved it.
  package static func backward(
    inputGradients: AttentionGradients,
    outputGradient: UnsafePointer<Float>,
    output: UnsafePointer<Float>,
    logSumExp: UnsafePointer<Float>,
    inputs: AttentionInputs,
    shape: AttentionShape,
    dropout: Dropout?
  ) {
    Profile.measure(
      .attentionGradient,
      operations: shape.operations(products: 5),
      bytes: shape.bytes(tensors: 8)
    ) {
      precondition(shape.offset == 0 && shape.queries == shape.keys, "no gradients through a cache")
      let blockSize = shape.scratchBlockSize
      forEachHead(shape, scratchBlocks: 3) { item, scratch in
        let head = HeadPointers(inputs, shape, item: item)
        let gradients = HeadGradients(inputGradients, shape, item: item)
        gradients.clear(shape)
        for first in stride(from: 0, to: shape.queries, by: queryBlock) {
          backward(
            QueryBlock(shape, first: first, item: item),
            head,
            gradients,
            shape,
            outputGradient: outputGradient + head.outputOffset + first * shape.width,
            output: output + head.outputOffset + first * shape.width,
            logSumExp: logSumExp + item * shape.queries + first,
            dropout: dropout,
            probabilities: scratch,
            dropped: scratch + blockSize,
            gradient: scratch + 2 * blockSize
          )
        }
      }
    }
  }

  /// What one block of queries adds to the gradients of its head.
  ///
  ///     dV += P̃ᵀ dO,  dP = drop(dO Vᵀ),  dS = P (dP − Σ dO · O),  dQ = dS K,  dK += dSᵀ Q
  ///
  /// P̃ is P after dropout. With dropout, too, Σ dP · P is Σ dO · O, since O = P̃ V.
  private static func backward(
    _ block: QueryBlock,
    _ head: HeadPointers,
    _ gradients: HeadGradients,
    _ shape: AttentionShape,
    outputGradient: UnsafePointer<Float>,
    output: UnsafePointer<Float>,
    logSumExp: UnsafePointer<Float>,
    dropout: Dropout?,
    probabilities: UnsafeMutablePointer<Float>,
    dropped: UnsafeMutablePointer<Float>,
    gradient: UnsafeMutablePointer<Float>
  ) {
    let seen = block.seen
    score(probabilities, head, shape, block)
    bk_causal_probabilities(
      probabilities,
      logSumExp,
      block.count,
      seen,
      seen,
      block.visible
    )
    dropped.update(from: probabilities, count: block.count * seen)
    block.drop(dropped, dropout, shape)
    Matrix.multiplySerially(  // dV
      output: gradients.values,
      outputStride: gradients.stride,
      left: .init(dropped, rowStride: seen, isTransposed: true),
      right: .init(outputGradient, rowStride: shape.width),
      rows: seen,
      columns: shape.headSize,
      inner: block.count,
      outputScale: 1
    )
    Matrix.multiplySerially(  // dP
      output: gradient,
      outputStride: seen,
      left: .init(outputGradient, rowStride: shape.width),
      right: .init(head.values, rowStride: head.keyStride, isTransposed: true),
      rows: block.count,
      columns: seen,
      inner: shape.headSize
    )
    block.drop(gradient, dropout, shape)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block.count) { dots in
      bk_row_dots(
        dots.baseAddress,
        outputGradient,
        shape.width,
        output,
        shape.width,
        block.count,
        shape.headSize
      )
      bk_softmax_gradient(gradient, probabilities, dots.baseAddress, block.count, seen, seen)
    }
    Matrix.multiplySerially(  // dQ
      output: gradients.queries + block.first * gradients.stride,
      outputStride: gradients.stride,
      left: .init(gradient, rowStride: seen),
      right: .init(head.keys, rowStride: head.keyStride),
      rows: block.count,
      columns: shape.headSize,
      inner: seen,
      scale: shape.scale
    )
    Matrix.multiplySerially(  // dK
      output: gradients.keys,
      outputStride: gradients.stride,
      left: .init(gradient, rowStride: seen, isTransposed: true),
      right: .init(head.queries + block.first * head.queryStride, rowStride: head.queryStride),
      rows: seen,
      columns: shape.headSize,
      inner: block.count,
      scale: shape.scale,
      outputScale: 1
    )
  }
}

/// Where the gradients of one head of one sequence go.
private struct HeadGradients {
  let queries: UnsafeMutablePointer<Float>
  let keys: UnsafeMutablePointer<Float>
  let values: UnsafeMutablePointer<Float>
  let stride: Int

  init(_ gradients: AttentionGradients, _ shape: AttentionShape, item: Int) {
    let offset =
      item / shape.heads * gradients.batchStride + item % shape.heads * shape.headSize
    queries = gradients.queries + offset
    keys = gradients.keys + offset
    values = gradients.values + offset
    stride = gradients.tokenStride
  }

  /// Keys and values gather from every block of queries, so they start at zero.
  func clear(_ shape: AttentionShape) {
    for token in 0..<shape.keys {
      (keys + token * stride).update(repeating: 0, count: shape.headSize)
      (values + token * stride).update(repeating: 0, count: shape.headSize)
    }
  }
}
