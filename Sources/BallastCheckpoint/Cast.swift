import BallastBytes
import CBallastKernels

/// Conversions between element types, through the kernels in C.
package enum Cast {
  /// Converts `count` elements at any address to float32; false where the type has no such reading.
  package static func toFloat32(
    _ output: UnsafeMutablePointer<Float>,
    _ input: UnsafeRawPointer,
    _ dtype: DType,
    count: Int
  ) -> Bool {
    // Safe: the caller's buffers hold `count` elements of their types.
    switch dtype {
    case .f32: unsafe UnsafeMutableRawPointer(output).copyMemory(from: input, byteCount: count * 4)
    case .f64: unsafe bk_f64_to_f32(output, input, count)
    case .f16: unsafe bk_f16_to_f32(output, input, count)
    case .bf16: unsafe bk_bf16_to_f32(output, input, count)
    case .f8e4m3: unsafe bk_f8e4m3_to_f32(output, input, count)
    case .f8e5m2: unsafe bk_f8e5m2_to_f32(output, input, count)
    case .bool, .u8: unsafe integers(output, input, UInt8.self, count)
    case .i8: unsafe integers(output, input, Int8.self, count)
    case .i16: unsafe integers(output, input, Int16.self, count)
    case .u16: unsafe integers(output, input, UInt16.self, count)
    case .i32: unsafe integers(output, input, Int32.self, count)
    case .u32: unsafe integers(output, input, UInt32.self, count)
    case .i64: unsafe integers(output, input, Int64.self, count)
    case .u64: unsafe integers(output, input, UInt64.self, count)
    case .q40, .q41, .q50, .q51, .q80, .q2k, .q3k, .q4k, .q5k, .q6k, .q8k:
      let blocks = unsafe Span<UInt8>(
        _unsafeStart: input.assumingMemoryBound(to: UInt8.self),
        count: dtype.byteCount(of: count)
      )
      var floats = unsafe MutableSpan(_unsafeStart: output, count: count)
      Dequantize.blocks(blocks, dtype, into: &floats)
    case .f4, .f6e2m3, .f6e3m2, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz, .c32, .c64, .c128: return false
    }
    return true
  }

  /// Converts elements that float32 does not hold exactly; false where the type has no such reading.
  package static func toFloat64(
    _ output: UnsafeMutablePointer<Double>,
    _ input: UnsafeRawPointer,
    _ dtype: DType,
    count: Int
  ) -> Bool {
    // Safe: the caller's buffers hold `count` elements of their types.
    switch dtype {
    case .f64:
      unsafe UnsafeMutableRawPointer(output).copyMemory(from: input, byteCount: count * 8)
    case .i32: unsafe integers(output, input, Int32.self, count)
    case .u32: unsafe integers(output, input, UInt32.self, count)
    case .i64: unsafe integers(output, input, Int64.self, count)
    case .u64: unsafe integers(output, input, UInt64.self, count)
    default: return false
    }
    return true
  }

  private static func integers<Value: FixedWidthInteger & BitwiseCopyable>(
    _ output: UnsafeMutablePointer<some BinaryFloatingPoint>,
    _ input: UnsafeRawPointer,
    _ type: Value.Type,
    _ count: Int
  ) {
    for index in 0..<count {
      let offset = index * MemoryLayout<Value>.size
      unsafe output[index] = .init(input.loadUnaligned(fromByteOffset: offset, as: type))
    }
  }

  /// Converts a piece of floating-point elements to another floating-point type; returns how many
  /// values it does not hold, or nil where there is no such cast.
  ///
  /// Everything but float64 goes through float32, as torch does; only to float64 is exact.
  package static func convert(
    _ output: UnsafeMutableRawBufferPointer,
    _ target: DType,
    from input: UnsafeRawBufferPointer,
    _ dtype: DType,
    count: Int
  ) -> CastLosses.Count? {
    guard count > 0, let to = output.baseAddress, let from = input.baseAddress else {
      return CastLosses.Count()
    }
    var floats = [Float](repeating: 0, count: count)
    // Safe: `floats` and the caller's buffers hold `count` elements.
    return unsafe floats.withUnsafeMutableBufferPointer { buffer in
      guard let middle = buffer.baseAddress else { return CastLosses.Count() }
      guard unsafe toFloat32(middle, from, dtype, count: count) else { return nil }
      let values = unsafe Span(_unsafeStart: middle, count: count)
      var lost = CastLosses.count(in: values, as: target)
      if dtype == .f64, target != .f64 {
        lost += unsafe CastLosses.count(in: values, ofFloat64: from)
      }
      switch target {
      case .f32: unsafe to.copyMemory(from: middle, byteCount: count * 4)
      case .f64: unsafe bk_f32_to_f64(to.assumingMemoryBound(to: Double.self), middle, count)
      case .f16: unsafe bk_f32_to_f16(to, middle, count)
      case .bf16: unsafe bk_f32_to_bf16(to, middle, count)
      case .f8e4m3: unsafe bk_f32_to_f8e4m3(to, middle, count)
      case .f8e5m2: unsafe bk_f32_to_f8e5m2(to, middle, count)
      case .q80:
        var blocks = unsafe MutableSpan(
          _unsafeStart: to.assumingMemoryBound(to: UInt8.self),
          count: target.byteCount(of: count)
        )
        Quantize.q80(values, into: &blocks)
      default: return nil
      }
      return lost
    }
  }

  /// One element as an integer; nil where the type is not integral.
  static func integer(_ piece: borrowing RawSpan, _ dtype: DType, at index: Int) -> Int? {
    guard let width = dtype.byteWidth else { return nil }
    let offset = index * width
    // Safe: the caller's index lies within the piece, and every bit pattern is a valid integer.
    switch dtype {
    case .bool, .u8:
      return unsafe Int(piece.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt8.self))
    case .i8: return unsafe Int(piece.unsafeLoadUnaligned(fromByteOffset: offset, as: Int8.self))
    case .i16: return unsafe Int(piece.unsafeLoadUnaligned(fromByteOffset: offset, as: Int16.self))
    case .u16: return unsafe Int(piece.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    case .i32: return unsafe Int(piece.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self))
    case .u32: return unsafe Int(piece.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    case .i64: return unsafe Int(piece.unsafeLoadUnaligned(fromByteOffset: offset, as: Int64.self))
    case .u64:
      return unsafe Int(
        clamping: piece.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
      )
    default: return nil
    }
  }
}
