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
      let scratchSize = 3 * shape.scoreBlockSize + 2 * shape.panelSize
      forEachHead(shape, scratch: scratchSize) { item, floats in
        let head = HeadPointers(inputs, shape, item: item)
        let gradients = HeadGradients(inputGradients, shape, item: item)
        let scratch = BackwardScratch(floats, shape)
        gradients.clear(shape)
        if shape.queries > 1 {
          pack(head.keys, head.keyStride, into: scratch.keyPanels, shape)
          pack(head.values, head.keyStride, into: scratch.valuePanels, shape)
        }
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
            scratch
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
    _ scratch: BackwardScratch
  ) {
    let probabilities = scratch.probabilities
    let gradient = scratch.gradient
    score(probabilities, head, scratch.keyPanels, shape, block)
    bk_causal_probabilities(
      probabilities,
      logSumExp,
      block.count,
      block.seen,
      shape.scoreStride,
      block.visible
    )
    if let dropout { block.drop(scratch.dropped, from: probabilities, dropout, shape) }
    gather(  // dV
      gradients.values,
      gradients.stride,
      weights: dropout == nil ? probabilities : scratch.dropped,
      rows: outputGradient,
      rowStride: shape.width,
      scale: 1,
      shape,
      block
    )
    multiply(  // dP
      gradient,
      left: outputGradient,
      leftStride: shape.width,
      right: head.values,
      rightStride: head.keyStride,
      panels: scratch.valuePanels,
      scale: 1,
      shape,
      block
    )
    if let dropout { block.drop(gradient, from: gradient, dropout, shape) }
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
      bk_softmax_gradient(
        gradient,
        probabilities,
        dots.baseAddress,
        block.count,
        block.seen,
        shape.scoreStride,
        block.visible
      )
    }
    bk_attention_block_mix(  // dQ
      gradients.queries + block.first * gradients.stride,
      gradients.stride,
      gradient,
      shape.scoreStride,
      head.keys,
      head.keyStride,
      block.count,
      block.seen,
      shape.headSize,
      block.visible,
      shape.scale
    )
    gather(  // dK
      gradients.keys,
      gradients.stride,
      weights: gradient,
      rows: head.queries + block.first * head.queryStride,
      rowStride: head.queryStride,
      scale: shape.scale,
      shape,
      block
    )
  }

  /// output [keys seen, head size] += scale · weightsᵀ · rows, with weights and rows of the block's queries.
  private static func gather(
    _ output: UnsafeMutablePointer<Float>,
    _ outputStride: Int,
    weights: UnsafePointer<Float>,
    rows: UnsafePointer<Float>,
    rowStride: Int,
    scale: Float,
    _ shape: AttentionShape,
    _ block: QueryBlock
  ) {
    bk_attention_block_gather(
      output,
      outputStride,
      weights,
      shape.scoreStride,
      rows,
      rowStride,
      block.seen,
      block.count,
      shape.headSize,
      block.visible,
      scale
    )
  }
}

/// What the gradients of one head need besides: blocks of scores, and packed keys and values.
private struct BackwardScratch {
  let probabilities: UnsafeMutablePointer<Float>
  /// Probabilities after dropout.
  let dropped: UnsafeMutablePointer<Float>
  let gradient: UnsafeMutablePointer<Float>
  let keyPanels: UnsafeMutablePointer<Float>
  let valuePanels: UnsafeMutablePointer<Float>

  init(_ floats: UnsafeMutablePointer<Float>, _ shape: AttentionShape) {
    probabilities = floats
    dropped = probabilities + shape.scoreBlockSize
    gradient = dropped + shape.scoreBlockSize
    keyPanels = gradient + shape.scoreBlockSize
    valuePanels = keyPanels + shape.panelSize
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
