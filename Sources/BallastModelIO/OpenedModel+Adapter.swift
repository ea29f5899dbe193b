package import BallastBytes
package import BallastCheckpoint
import BallastGPT2

extension OpenedModel {
  /// The same model with an adapter added to its weights, which are computed as they are read.
  ///
  /// Sums are in double precision, and rounded to the type that the weight has; where all are to be cast to `dtype`, that
  /// is left to whoever writes them. Throws `AdapterFault` where the adapter does not fit the model.
  package func adapted(
    by adapter: PEFTAdapter,
    dtype: DType? = nil
  ) throws(FormatError) -> OpenedModel {
    var sums: [TensorView] = []
    for (name, product) in try adapter.products(for: configuration) {
      guard let base = weights[name] else { continue }
      let own: DType = base.dtype.block == nil ? base.dtype : .f32
      let elements = AdaptedElements(
        base: base,
        product: product,
        dtype: dtype.map { $0 == .f64 ? .f64 : .f32 } ?? own
      )
      sums.append(
        try TensorView(
          name: base.name,
          dtype: elements.dtype,
          shape: base.shape,
          storage: TensorStorage(computing: elements, file: base.storage.file)
        )
      )
    }
    var model = self
    model.weights = weights.replacing(sums)
    return model
  }
}

/// The elements of a weight with what an adapter adds to them.
private struct AdaptedElements: ComputedElements {
  let base: TensorView
  let product: LoRAProduct
  let dtype: DType

  var count: Int { base.shape.elementCount }
  var sourceByteCount: Int { max(base.byteCount, dtype.byteCount(of: count)) }

  func bytes(of elements: Range<Int>) throws(FormatError) -> [UInt8] {
    var sums: [Double] = []
    sums.reserveCapacity(elements.count)
    try base.forEachNumericPiece(
      of: elements,
      doubles: { sums += $0 },
      floats: { sums += $0.map(Double.init) }
    )
    product.add(elements, to: &sums)
    // A cast goes through float32.
    if dtype == .f64 { return sums.withUnsafeBytes { Array($0) } }
    var bytes = [UInt8](repeating: 0, count: dtype.byteCount(of: elements.count))
    let losses = bytes.withUnsafeMutableBytes { output in
      sums.withUnsafeBytes { Cast.convert(output, dtype, from: $0, .f64, count: elements.count) }
    }
    guard losses != nil else {
      throw FormatError(
        CheckpointFault.notNumeric(tensor: base.name, dtype),
        at: base.fileOffset,
        in: base.storage.file
      )
    }
    return bytes
  }
}
