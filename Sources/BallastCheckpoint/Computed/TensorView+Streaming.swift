package import BallastBytes

extension TensorView {
  /// Whether the elements are computed from others: each range costs a look at more than itself.
  package var isComputed: Bool { storage.computed != nil }

  /// The same elements as a view whose ranges can be read one by one, in any order, at a price that
  /// does not depend on where they lie.
  ///
  /// Strided views of blocks are decoded to float32, and strided views of elements that are computed
  /// are computed, all at once; every other view stays as it is. Throws
  /// `CheckpointFault.expandedTooFar` where that would take more memory than a view may.
  package func streaming() throws(FormatError) -> TensorView {
    guard !isContiguous else { return self }
    if dtype.block != nil { return try dequantized() }
    guard storage.computed != nil else { return self }
    let limit = max(storage.sourceByteCount, storage.maximumUnfoldedBytes)
    guard storage.byteCount <= limit else {
      throw FormatError(
        CheckpointFault.expandedTooFar(tensor: name, bytes: storage.byteCount, limit: limit),
        in: storage.file
      )
    }
    return try TensorView(
      name: name,
      dtype: dtype,
      shape: shape,
      strides: strides,
      storage: TensorStorage(
        try storage.region,
        file: storage.file,
        fileOffset: nil,
        maximumUnfoldedBytes: storage.maximumUnfoldedBytes
      ),
      elementOffset: elementOffset
    )
  }

  /// The same numbers as a view whose ranges can be read: elements that share bytes are decoded to
  /// float32, all at once.
  package func unpacked() throws(FormatError) -> TensorView {
    guard dtype.byteWidth == nil, dtype.block == nil else { return self }
    let bytes = try product(shape.elementCount, MemoryLayout<Float>.size)
    let floats = try SharedBytes.filled(count: bytes) { (span) throws(FormatError) in
      unsafe try span.withUnsafeMutableBytes { (buffer) throws(FormatError) in
        // Safe: there is room for as many floats as there are elements, which come in one piece.
        unsafe try forEachNumberPiece { _, values, count in
          unsafe buffer.copyMemory(
            from: UnsafeRawBufferPointer(start: values, count: count * MemoryLayout<Float>.size)
          )
        }
      }
    }
    return try TensorView(
      name: name,
      dtype: .f32,
      shape: shape,
      storage: TensorStorage(ByteRegion(floats), file: storage.file, fileOffset: nil)
    )
  }
}
