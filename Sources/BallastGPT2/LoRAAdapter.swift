import BallastKernels

/// One adapter within a pass over N tokens.
struct LoRAAdapter {
  let pair: LoRAPair
  let scale: Float
  /// The number of its map in the model, which tells its masks from others.
  let place: Int
  let options: LoRAOptions
  let reduced: UnsafeMutablePointer<Float>  // [N, r], x Aᵀ
  let reducedGradient: UnsafeMutablePointer<Float>  // [N, r]
  let wide: UnsafeMutablePointer<Float>  // [N, in], with dropout alone
  let capacity: Int

  private var rank: Int { pair.down.shape[0] }
  private var inFeatures: Int { pair.down.shape[1] }
  private var outFeatures: Int { pair.up.shape[0] }

  /// output [N, out] += scale · (drop(input) Aᵀ) Bᵀ.
  func add(
    to output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    rows: Int,
    mask: Dropout?
  ) {
    Profile.measure(.linear, operations: operations(rows), bytes: bytes(rows)) {
      reduce(input, rows: rows, mask: mask)
      Matrix.multiply(
        output: output,
        outputStride: outFeatures,
        left: .init(reduced, rowStride: rank),
        right: .init(pair.up.pointer, rowStride: rank, isTransposed: true),
        rows: rows,
        columns: outFeatures,
        inner: rank,
        scale: scale,
        outputScale: 1
      )
    }
  }

  /// The gradients of A and B, overwritten or added to; returns that of x Aᵀ, [N, r].
  func backward(
    _ gradients: LoRAPair,
    from outputGradient: UnsafePointer<Float>,
    input: UnsafePointer<Float>,
    rows: Int,
    mask: Dropout?,
    accumulates: Bool
  ) -> UnsafePointer<Float> {
    Profile.measure(.linearGradient, operations: 2 * operations(rows), bytes: bytes(rows)) {
      let input = reduce(input, rows: rows, mask: mask)
      let kept: Float = accumulates ? 1 : 0
      Matrix.multiply(
        output: gradients.up.pointer,
        outputStride: rank,
        left: .init(outputGradient, rowStride: outFeatures, isTransposed: true),
        right: .init(reduced, rowStride: rank),
        rows: outFeatures,
        columns: rank,
        inner: rows,
        scale: scale,
        outputScale: kept
      )
      Matrix.multiply(
        output: reducedGradient,
        outputStride: rank,
        left: .init(outputGradient, rowStride: outFeatures),
        right: .init(pair.up.pointer, rowStride: rank),
        rows: rows,
        columns: rank,
        inner: outFeatures,
        scale: scale
      )
      Matrix.multiply(
        output: gradients.down.pointer,
        outputStride: inFeatures,
        left: .init(reducedGradient, rowStride: rank, isTransposed: true),
        right: .init(input, rowStride: inFeatures),
        rows: rank,
        columns: inFeatures,
        inner: rows,
        outputScale: kept
      )
      return UnsafePointer(reducedGradient)
    }
  }

  /// inputGradient [N, in] += drop(reducedGradient A).
  func addInputGradient(
    _ inputGradient: UnsafeMutablePointer<Float>,
    from reducedGradient: UnsafePointer<Float>,
    rows: Int,
    mask: Dropout?
  ) {
    Profile.measure(.linearGradient, operations: operations(rows), bytes: bytes(rows)) {
      Matrix.multiply(
        output: mask == nil ? inputGradient : wide,
        outputStride: inFeatures,
        left: .init(reducedGradient, rowStride: rank),
        right: .init(pair.down.pointer, rowStride: inFeatures),
        rows: rows,
        columns: inFeatures,
        inner: rank,
        outputScale: mask == nil ? 1 : 0
      )
      guard let mask else { return }
      mask.apply(wide, count: rows * inFeatures)
      Elementwise.add(to: inputGradient, from: wide, count: rows * inFeatures)
    }
  }

  /// reduced = drop(input) Aᵀ; returns what A has read.
  @discardableResult
  private func reduce(
    _ input: UnsafePointer<Float>,
    rows: Int,
    mask: Dropout?
  ) -> UnsafePointer<Float> {
    precondition(rows <= capacity, "the adapters were made for fewer tokens")
    if let mask { mask.apply(output: wide, input: input, count: rows * inFeatures) }
    let read = mask == nil ? input : UnsafePointer(wide)
    Matrix.multiply(
      output: reduced,
      outputStride: rank,
      left: .init(read, rowStride: inFeatures),
      right: .init(pair.down.pointer, rowStride: inFeatures, isTransposed: true),
      rows: rows,
      columns: rank,
      inner: inFeatures
    )
    return read
  }

  private func bytes(_ rows: Int) -> Double {
    Profile.floats(rows * (inFeatures + outFeatures + 2 * rank), rank * (inFeatures + outFeatures))
  }

  private func operations(_ rows: Int) -> Double {
    2 * Double(rows) * Double(rank) * Double(inFeatures + outFeatures)
  }
}
