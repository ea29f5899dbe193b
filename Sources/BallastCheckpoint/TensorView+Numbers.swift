package import BallastBytes
package import CBallastKernels

extension DType {
  /// How kernels read the elements, or the two parts of complex ones; nil where they cannot.
  fileprivate var number: bk_number? {
    switch self {
    case .f32, .c64: BK_F32
    case .f64, .c128: BK_F64
    case .f16, .c32: BK_F16
    case .bf16: BK_BF16
    case .f8e4m3: BK_F8E4M3
    case .f8e5m2: BK_F8E5M2
    case .u8: BK_U8
    case .i8: BK_I8
    case .u16: BK_U16
    case .i16: BK_I16
    case .u32: BK_U32
    case .i32: BK_I32
    case .u64: BK_U64
    case .i64: BK_I64
    case .bool: BK_BOOL
    case .f4, .f6e2m3, .f6e3m2, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: nil
    case .q40, .q41, .q50, .q51, .q80, .q2k, .q3k, .q4k, .q5k, .q6k, .q8k: nil
    }
  }

  /// The numbers that make up an element: a complex one has a real and an imaginary part.
  package var numbersPerElement: Int {
    switch self {
    case .c32, .c64, .c128: 2
    default: 1
    }
  }
}

extension TensorView {
  /// Takes numbers as kernels do: their type, where they lie, and how many there are.
  package typealias NumberReader = (bk_number, UnsafeRawPointer, Int) -> Void

  /// Hands out the numbers of a range of the elements, row by row, in pieces.
  ///
  /// What kernels can read is lent as it lies in the file; blocks and the narrow floats are decoded
  /// to float32. `elements` are whole blocks, and all of them where elements share bytes. The
  /// pointer is valid during the call.
  package func forEachNumberPiece(
    of elements: Range<Int>? = nil,
    _ body: NumberReader
  ) throws(FormatError) {
    if dtype.block != nil, !isContiguous {
      return unsafe try dequantized().forEachNumberPiece(of: elements, body)
    }
    let table = NarrowFloats.values(of: dtype)
    try forEachPiece(of: elements) { (piece, range) throws(FormatError) in
      if let table {
        let width = dtype.bitWidth
        let floats = NarrowFloats.decode(piece, width: width, table, count: range.count)
        return unsafe Self.lend(floats, to: body)
      }
      // Safe: the piece holds the elements of the range, and `floats` has room for them.
      let isNumeric = unsafe piece.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return true }
        if let number = dtype.number {
          unsafe body(number, base, range.count * dtype.numbersPerElement)
          return true
        }
        var floats = [Float](repeating: 0, count: range.count)
        let isDecoded = unsafe floats.withUnsafeMutableBufferPointer { buffer in
          guard let output = buffer.baseAddress else { return true }
          return unsafe Cast.toFloat32(output, base, dtype, count: range.count)
        }
        if isDecoded { unsafe Self.lend(floats, to: body) }
        return isDecoded
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

  private static func lend(_ floats: [Float], to body: NumberReader) {
    // Safe: the array outlives the call.
    unsafe floats.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      unsafe body(BK_F32, base, floats.count)
    }
  }
}
