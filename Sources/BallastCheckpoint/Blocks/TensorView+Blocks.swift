import BallastBytes

extension TensorView {
  /// `forEachPiece` for blocks: pieces are whole blocks, lent from the mapping, and
  /// count as many bytes as their elements take as float32.
  func forEachPieceOfBlocks(
    _ block: DType.Block,
    of elements: Range<Int>,
    pieceBytes: Int,
    _ body: (borrowing RawSpan, Range<Int>) throws(FormatError) -> Void
  ) throws(FormatError) {
    guard isContiguous else {
      throw FormatError(
        CheckpointFault.stridedPackedElements(tensor: name, dtype),
        at: fileOffset,
        in: storage.file
      )
    }
    precondition(block.divides(elements))
    let region = try storage.region
    let elementsPerPiece = max(1, pieceBytes / 4 / block.elements) * block.elements
    var start = elements.lowerBound
    while start < elements.upperBound {
      let range = start..<min(start + elementsPerPiece, elements.upperBound)
      let lower = dtype.byteCount(of: range.lowerBound)
      let upper = dtype.byteCount(of: range.upperBound)
      try body(region.bytes.extracting(lower..<upper), range)
      let base = region.range.lowerBound
      region.source.giveBack(base + lower..<base + upper)
      start = range.upperBound
    }
  }

  /// `readFloats` for blocks: those around a range are decoded, and where the view is strided, all.
  func readFloatsOfBlocks(
    _ block: DType.Block,
    of elements: Range<Int>,
    into output: UnsafeMutablePointer<Float>
  ) throws(FormatError) {
    guard isContiguous else { return unsafe try dequantized().readFloats(elements, into: output) }
    guard !elements.isEmpty else { return }
    let first = elements.lowerBound / block.elements * block.elements
    let end = (elements.upperBound + block.elements - 1) / block.elements * block.elements
    let floats = try floats(in: first..<end)
    for index in elements {
      // Safe: the caller made room for the elements of the range.
      unsafe output[index - elements.lowerBound] = floats[index - first]
    }
  }

  /// The same view over float32 in memory; types without blocks stay as they are.
  ///
  /// All the blocks that the view reaches are decoded: strides would take them apart.
  func dequantized() throws(FormatError) -> TensorView {
    guard let block = dtype.block else { return self }
    var reach = shape.elementCount > 0 ? 1 : 0
    for (size, stride) in zip(shape.dimensions, strides) where shape.elementCount > 0 {
      reach += (size - 1) * stride
    }
    let count = (reach + block.elements - 1) / block.elements * block.elements
    let all = try TensorView(name: name, dtype: dtype, shape: Shape([count]), storage: storage)
    let bytes = try product(count, MemoryLayout<Float>.size)
    let floats = try SharedBytes.filled(count: bytes) { (span) throws(FormatError) in
      // Safe: the memory holds `count` floats, and calloc aligned it.
      unsafe try span.withUnsafeMutableBytes { (buffer) throws(FormatError) in
        guard let base = buffer.baseAddress else { return }
        unsafe try all.readFloats(into: base.assumingMemoryBound(to: Float.self))
      }
    }
    return try TensorView(
      name: name,
      dtype: .f32,
      shape: shape,
      strides: strides,
      storage: TensorStorage(ByteRegion(floats), file: storage.file, fileOffset: nil)
    )
  }
}
