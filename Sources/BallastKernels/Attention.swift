import BallastParallel
import CBallastKernels

/// Causal attention of several heads, softmax(scale · Q Kᵀ) V (Vaswani and others 2017).
///
/// The scores of one block of queries of one head exist at a time, never T × T for all heads. A
/// head of a sequence is one piece of work, so that results do not depend on the thread count.
package enum Attention {
  /// Queries whose scores exist at a time.
  static let queryBlock = 64
  /// Multiplications of a matrix product that are worth a thread, and of a single query, which takes as long as
  /// reading the keys from memory does.
  private static let worthAThread = (product: 1 << 16, singleQuery: 1 << 13)

  /// output [B, T, C] from queries, keys and values.
  ///
  /// - `logSumExp`: [B, H, T], saved for `backward`.
  /// - `dropout`: applied to the probabilities, counted ((b · H + h) · T + i) · keys + j.
  package static func forward(
    output: UnsafeMutablePointer<Float>,
    logSumExp: UnsafeMutablePointer<Float>,
    inputs: AttentionInputs,
    shape: AttentionShape,
    dropout: Dropout?
  ) {
    Profile.measure(
      .attention,
      operations: shape.operations(products: 2),
      bytes: shape.bytes(tensors: 4)
    ) {
      forEachHead(shape, scratch: shape.scoreBlockSize + shape.panelSize) { item, scores in
        let head = HeadPointers(inputs, shape, item: item)
        let headOutput = output + head.outputOffset
        let panels = scores + shape.scoreBlockSize
        if shape.queries > 1 { pack(head.keys, head.keyStride, into: panels, shape) }
        for first in stride(from: 0, to: shape.queries, by: queryBlock) {
          let block = QueryBlock(shape, first: first, item: item)
          score(scores, head, panels, shape, block)
          bk_causal_softmax(
            scores,
            logSumExp + item * shape.queries + first,
            block.count,
            block.seen,
            shape.scoreStride,
            block.visible
          )
          if let dropout { block.drop(scores, from: scores, dropout, shape) }
          mix(headOutput + first * shape.width, probabilities: scores, head, shape, block)
        }
      }
    }
  }

  /// Runs `body` for each head of each sequence, with scratch of so many floats.
  static func forEachHead(
    _ shape: AttentionShape,
    scratch count: Int,
    _ body: (_ item: Int, _ scratch: UnsafeMutablePointer<Float>) -> Void
  ) {
    let headWork = max(1, shape.queries * shape.keys * shape.headSize)
    let worth = shape.queries == 1 ? worthAThread.singleQuery : worthAThread.product
    let grain = max(1, worth / headWork)
    Parallel.forEachRange(shape.batch * shape.heads, grain: grain) { items in
      Scratch.withFloats(count) { scratch in
        for item in items { body(item, scratch) }
      }
    }
  }

  /// Packs the keys or the values of a head for `score`.
  static func pack(
    _ rows: UnsafePointer<Float>,
    _ stride: Int,
    into panels: UnsafeMutablePointer<Float>,
    _ shape: AttentionShape
  ) {
    bk_attention_pack(panels, rows, stride, shape.keys, shape.headSize)
  }

  /// products [rows of the block, keys seen] = scale · left · rightᵀ, where right is keys or values.
  ///
  /// `panels` holds right packed, unless there is only one query.
  static func multiply(
    _ products: UnsafeMutablePointer<Float>,
    left: UnsafePointer<Float>,
    leftStride: Int,
    right: UnsafePointer<Float>,
    rightStride: Int,
    panels: UnsafePointer<Float>,
    scale: Float,
    _ shape: AttentionShape,
    _ block: QueryBlock
  ) {
    if shape.queries == 1 {
      bk_attention_scores(
        products,
        left,
        right,
        rightStride,
        block.seen,
        shape.headSize,
        scale
      )
      return
    }
    bk_attention_block_scores(
      products,
      shape.scoreStride,
      left,
      leftStride,
      panels,
      block.count,
      shape.headSize,
      block.seen,
      block.visible,
      scale
    )
  }

  /// scores [queries of the block, keys seen] = scale · Q Kᵀ.
  static func score(
    _ scores: UnsafeMutablePointer<Float>,
    _ head: HeadPointers,
    _ panels: UnsafePointer<Float>,
    _ shape: AttentionShape,
    _ block: QueryBlock
  ) {
    multiply(
      scores,
      left: head.queries + block.first * head.queryStride,
      leftStride: head.queryStride,
      right: head.keys,
      rightStride: head.keyStride,
      panels: panels,
      scale: shape.scale,
      shape,
      block
    )
  }

  /// output [queries of the block, head size] = probabilities · V.
  private static func mix(
    _ output: UnsafeMutablePointer<Float>,
    probabilities: UnsafePointer<Float>,
    _ head: HeadPointers,
    _ shape: AttentionShape,
    _ block: QueryBlock
  ) {
    if shape.queries == 1 {
      bk_attention_mix(
        output,
        probabilities,
        head.values,
        head.keyStride,
        block.seen,
        shape.headSize
      )
      return
    }
    bk_attention_block_mix(
      output,
      shape.width,
      probabilities,
      shape.scoreStride,
      head.values,
      head.keyStride,
      block.count,
      block.seen,
      shape.headSize,
      block.visible,
      1
    )
  }
}

/// Where one head of one sequence lies.
struct HeadPointers {
  let queries: UnsafePointer<Float>
  let keys: UnsafePointer<Float>
  let values: UnsafePointer<Float>
  let queryStride: Int
  let keyStride: Int
  let outputOffset: Int

  init(_ inputs: AttentionInputs, _ shape: AttentionShape, item: Int) {
    let (batch, head) = item.quotientAndRemainder(dividingBy: shape.heads)
    let column = head * shape.headSize
    let row = batch * inputs.keyBatchStride + head * inputs.keyHeadStride
    queries = inputs.queries + batch * inputs.queryBatchStride + column
    keys = inputs.keys + row
    values = inputs.values + row
    queryStride = inputs.queryStride
    keyStride = inputs.keyStride
    outputOffset = batch * shape.queries * shape.width + column
  }
}

/// Some successive queries of a head, and the keys that the last of them sees.
struct QueryBlock {
  let first: Int
  let count: Int
  /// Keys seen by the first query, and by the last.
  let visible: Int
  let seen: Int
  private let item: Int

  init(_ shape: AttentionShape, first: Int, item: Int) {
    self.first = first
    self.item = item
    count = min(Attention.queryBlock, shape.queries - first)
    visible = shape.offset + first + 1
    seen = shape.offset + first + count
  }

  /// Applies dropout to what the block's queries see: to their probabilities, or to the gradients of these.
  func drop(
    _ output: UnsafeMutablePointer<Float>,
    from input: UnsafePointer<Float>,
    _ dropout: Dropout,
    _ shape: AttentionShape
  ) {
    for row in 0..<count {
      let start = row * shape.scoreStride
      dropout.applySerially(
        output: output + start,
        input: input + start,
        count: visible + row,
        firstIndex: (item * shape.queries + first + row) * shape.keys
      )
      (output + start + visible + row).update(repeating: 0, count: seen - visible - row)
    }
  }
}
