import BallastBytes

/// Adds elements to others of their type, as torch does: integers wrap around, truth values join, and
/// the narrow floats are rounded after every sum.
struct Addition {
  private enum Scalar {
    case truth
    case integer(width: Int)
    case float16
    case bfloat16
    case float32
    case float64
  }

  private let scalar: Scalar
  private let elementWidth: Int

  /// The addition of a type; nil where it has none.
  init?(_ dtype: DType) {
    guard let width = dtype.byteWidth else { return nil }
    elementWidth = width
    switch dtype {
    case .bool: scalar = .truth
    case .u8, .i8, .u16, .i16, .u32, .i32, .u64, .i64: scalar = .integer(width: width)
    case .f16, .c32: scalar = .float16
    case .bf16: scalar = .bfloat16
    case .f32, .c64: scalar = .float32
    case .f64, .c128: scalar = .float64
    default: return nil
    }
  }

  /// Adds `count` elements of `source`, from the element `start` on, to those of `output` at `place`.
  func add(
    _ count: Int,
    of source: borrowing RawSpan,
    from start: Int,
    to output: inout [UInt8],
    at place: Int
  ) {
    let from = start * elementWidth
    let to = place * elementWidth
    let bytes = count * elementWidth
    switch scalar {
    case .truth: combine(UInt8.self, source, from, &output, to, bytes) { $0 | $1 }
    case .integer(1): combine(UInt8.self, source, from, &output, to, bytes) { $0 &+ $1 }
    case .integer(2): combine(UInt16.self, source, from, &output, to, bytes) { $0 &+ $1 }
    case .integer(4): combine(UInt32.self, source, from, &output, to, bytes) { $0 &+ $1 }
    case .integer: combine(UInt64.self, source, from, &output, to, bytes) { $0 &+ $1 }
    case .float16: combine(Float16.self, source, from, &output, to, bytes) { $0 + $1 }
    case .bfloat16: combine(UInt16.self, source, from, &output, to, bytes, Self.sumOfBFloat16)
    case .float32: combine(Float.self, source, from, &output, to, bytes) { $0 + $1 }
    case .float64: combine(Double.self, source, from, &output, to, bytes) { $0 + $1 }
    }
  }

  private func combine<Value: BitwiseCopyable>(
    _ type: Value.Type,
    _ source: borrowing RawSpan,
    _ from: Int,
    _ output: inout [UInt8],
    _ to: Int,
    _ bytes: Int,
    _ sum: (Value, Value) -> Value
  ) {
    precondition(from + bytes <= source.byteCount && to + bytes <= output.count)
    unsafe output.withUnsafeMutableBytes { output in
      for offset in stride(from: 0, to: bytes, by: MemoryLayout<Value>.size) {
        // Safe: both ends were checked above; loads are unaligned, and every bit pattern is a value.
        let mine = unsafe output.loadUnaligned(fromByteOffset: to + offset, as: type)
        let other = unsafe source.unsafeLoadUnaligned(fromByteOffset: from + offset, as: type)
        unsafe output.storeBytes(of: sum(mine, other), toByteOffset: to + offset, as: type)
      }
    }
  }

  /// The sum, rounded to the nearest, ties to even; NaN stays NaN.
  private static func sumOfBFloat16(_ a: UInt16, _ b: UInt16) -> UInt16 {
    let sum = Float(bitPattern: UInt32(a) << 16) + Float(bitPattern: UInt32(b) << 16)
    guard !sum.isNaN else { return 0x7FC0 }
    let bits = sum.bitPattern
    return UInt16(truncatingIfNeeded: (bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
  }
}
