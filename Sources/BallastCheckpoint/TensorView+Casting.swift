public import BallastBytes
import CBallastKernels

extension TensorView {
  /// The elements as float32, row by row; every numeric type is converted, complex ones are not.
  public func floats() throws(FormatError) -> [Float] {
    try floats(in: 0..<shape.elementCount)
  }

  /// A range of the elements as float32, counted row by row.
  package func floats(in elements: Range<Int>) throws(FormatError) -> [Float] {
    var failure: FormatError?
    let floats = unsafe [Float](unsafeUninitializedCapacity: elements.count) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      do throws(FormatError) {
        unsafe try readFloats(elements, into: base)
        count = elements.count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return floats
  }

  /// Writes the elements to `output`, which has room for all of them or for the given range.
  package func readFloats(
    _ elements: Range<Int>? = nil,
    into output: UnsafeMutablePointer<Float>
  ) throws(FormatError) {
    if let block = dtype.block, !isContiguous || !block.divides(elements) {
      let elements = elements ?? 0..<shape.elementCount
      return unsafe try readFloatsOfBlocks(block, of: elements, into: output)
    }
    let first = elements?.lowerBound ?? 0
    try forEachPiece(of: elements) { (piece, range) throws(FormatError) in
      // Safe: the piece holds `range.count` elements, and the caller made room for them.
      let isNumeric = unsafe piece.withUnsafeBytes { source in
        guard let base = source.baseAddress else { return true }
        return unsafe Cast.toFloat32(
          output + (range.lowerBound - first),
          base,
          dtype,
          count: range.count
        )
      }
      guard isNumeric else {
        throw FormatError(
          CheckpointFault.notNumeric(tensor: name, dtype),
          at: fileOffset,
          in: storage.file
        )
      }
    }
  }

  /// Hands the elements out as numbers, piece by piece: float64 and wide integers as `Double`, all
  /// else as `Float`, which holds it exactly.
  ///
  /// `elements` counts them row by row; nil stands for all.
  package func forEachNumericPiece(
    of elements: Range<Int>? = nil,
    doubles: (UnsafeBufferPointer<Double>) -> Void,
    floats: (UnsafeBufferPointer<Float>) -> Void
  ) throws(FormatError) {
    if dtype.block != nil, !isContiguous {
      return unsafe try dequantized().forEachNumericPiece(
        of: elements,
        doubles: doubles,
        floats: floats
      )
    }
    var floatBuffer: [Float] = []
    var doubleBuffer: [Double] = []
    try forEachPiece(of: elements, pieceBytes: Self.pieceBytes / 4) {
      (piece, range) throws(FormatError) in
      // Safe: the buffers are made to hold `range.count` elements.
      let isNumeric = unsafe piece.withUnsafeBytes { source in
        guard let base = source.baseAddress else { return true }
        if dtype.needsDouble {
          doubleBuffer = [Double](repeating: 0, count: range.count)
          return unsafe doubleBuffer.withUnsafeMutableBufferPointer { buffer in
            guard let output = buffer.baseAddress,
              unsafe Cast.toFloat64(output, base, dtype, count: range.count)
            else { return false }
            unsafe doubles(UnsafeBufferPointer(buffer))
            return true
          }
        }
        floatBuffer = [Float](repeating: 0, count: range.count)
        return unsafe floatBuffer.withUnsafeMutableBufferPointer { buffer in
          guard let output = buffer.baseAddress,
            unsafe Cast.toFloat32(output, base, dtype, count: range.count)
          else { return false }
          unsafe floats(UnsafeBufferPointer(buffer))
          return true
        }
      }
      guard isNumeric else {
        throw FormatError(
          CheckpointFault.notNumeric(tensor: name, dtype),
          at: fileOffset,
          in: storage.file
        )
      }
    }
  }

  /// The elements as integers; throws `CheckpointFault.notNumeric` for any other type.
  package func integers() throws(FormatError) -> [Int] {
    var values: [Int] = []
    values.reserveCapacity(shape.elementCount)
    try forEachPiece { (piece, range) throws(FormatError) in
      for index in 0..<range.count {
        guard let value = Cast.integer(piece, dtype, at: index) else {
          throw FormatError(
            CheckpointFault.notNumeric(tensor: name, dtype),
            at: fileOffset,
            in: storage.file
          )
        }
        values.append(value)
      }
    }
    return values
  }

  /// Where elements lie, and the file whose mapping has to outlive their use.
  package typealias Lent = (file: SharedBytes, start: UnsafeRawPointer)

  /// Where the elements lie as a kernel wants them: contiguous, little-endian, and at a multiple of
  /// `alignment` bytes.
  package func elementsInPlace(alignment: Int) -> Lent? {
    guard isContiguous, storage.byteOrder == .little, shape.elementCount > 0,
      storage.computed == nil, let region = try? storage.region
    else { return nil }
    let offset = region.range.lowerBound + dtype.byteCount(of: elementOffset)
    // Safe: the pointer is used only together with `file`, which keeps the mapping alive.
    let start = unsafe region.source.bytes.withUnsafeBytes { bytes in
      unsafe bytes.baseAddress.map { unsafe $0 + offset }
    }
    guard let start = unsafe start, Int(bitPattern: start) % alignment == 0 else { return nil }
    return unsafe (region.source, start)
  }

  /// Copies the elements to `output`, which has room for all of them, row by row and little-endian.
  package func readElements(into output: UnsafeMutableRawPointer) throws(FormatError) {
    var written = 0
    try forEachPiece { (piece, _) throws(FormatError) in
      // Safe: the pieces are the elements one after another, and the caller made room for them.
      unsafe piece.withUnsafeBytes { source in
        guard let base = source.baseAddress else { return }
        unsafe (output + written).copyMemory(from: base, byteCount: source.count)
      }
      written += piece.byteCount
    }
  }

  /// Whether the elements of both are the same: tied, or equal byte for byte.
  package func holdsSame(as other: TensorView) throws(FormatError) -> Bool {
    if isTied(to: other) { return true }
    guard dtype == other.dtype, shape == other.shape,
      dtype.byteWidth != nil || dtype.block != nil
    else { return false }
    if dtype.block != nil, !isContiguous || !other.isContiguous {
      return try dequantized().holdsSame(as: other.dequantized())
    }
    var isSame = true
    try forEachPiece { (piece, range) throws(FormatError) in
      guard isSame else { return }
      let mine = [UInt8](copying: piece)
      var position = 0
      try other.forEachPiece(of: range) { (theirs, _) throws(FormatError) in
        let length = theirs.byteCount
        isSame = isSame && [UInt8](copying: theirs) == Array(mine[position..<position + length])
        position += length
      }
      assert(position == mine.count)
    }
    return isSame
  }

  /// This tensor as it is to be written: as it is, or a floating-point one cast to `dtype`.
  ///
  /// Values are rounded to the nearest, ties to even; what is too large becomes infinite, or 448 in
  /// F8_E4M3, which has no infinity; `losses` gets to know of it when the tensor is written. Blocks
  /// are written as they are only where `dtype` asks for them, and otherwise as float32.
  package func output(
    as target: DType? = nil,
    name: String? = nil,
    losses: CastLosses? = nil
  ) -> TensorOutput {
    let name = name ?? self.name
    let target = target ?? (dtype.block == nil ? nil : .f32)
    let isCast = dtype.isFloatingPoint && (dtype.byteWidth != nil || dtype.block != nil)
    guard let target, target != dtype || dtype.block != nil && !isContiguous, isCast else {
      return TensorOutput(name: name, dtype: dtype, shape: shape) { (sink) throws(FormatError) in
        try forEachPiece { (piece, _) throws(FormatError) in try sink(piece) }
      }
    }
    return TensorOutput(name: name, dtype: target, shape: shape, castFrom: dtype) {
      (sink) throws(FormatError) in
      var buffer: [UInt8] = []
      var lostCount = CastLosses.Count()
      let source = isContiguous ? self : try dequantized()
      try source.forEachPiece(pieceBytes: Self.pieceBytes / 4) {
        (piece, range) throws(FormatError) in
        buffer = [UInt8](repeating: 0, count: target.byteCount(of: range.count))
        // Safe: both buffers hold `range.count` elements of their type.
        let lost = unsafe buffer.withUnsafeMutableBytes { output in
          unsafe piece.withUnsafeBytes { input in
            unsafe Cast.convert(output, target, from: input, source.dtype, count: range.count)
          }
        }
        guard let lost else {
          throw FormatError(
            CheckpointFault.notNumeric(tensor: self.name, dtype),
            at: fileOffset,
            in: storage.file
          )
        }
        lostCount += lost
        try sink(buffer.span.bytesOfBytes)
      }
      losses?.add(lostCount, of: name, as: target)
    }
  }
}

extension [UInt8] {
  /// A copy of borrowed bytes.
  package init(copying bytes: borrowing RawSpan) {
    // Safe: the bytes are copied before the closure returns.
    self = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
  }
}
