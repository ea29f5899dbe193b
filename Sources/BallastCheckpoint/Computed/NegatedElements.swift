package import BallastBytes

/// Numbers whose sign is turned as they are read: torch's conjugated and negated views.
package struct NegatedElements: ComputedElements {
  /// What is negated of each element.
  package enum Part: Sendable {
    case whole
    /// The second of the two scalars of a complex number.
    case imaginary
  }

  private let base: TensorView
  private let part: Part

  /// The elements of `base` with another sign; nil where its type has no sign to turn.
  package init?(_ base: TensorView, _ part: Part) {
    guard Self.isSigned(base.dtype) else { return nil }
    if part == .imaginary, base.dtype.scalarByteWidth == base.dtype.byteWidth { return nil }
    self.base = base
    self.part = part
  }

  private static func isSigned(_ dtype: DType) -> Bool {
    switch dtype {
    case .f16, .bf16, .f32, .f64, .f8e4m3, .f8e5m2, .c32, .c64, .c128: true
    case .i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64: true  // modulo 2 to the width
    default: false
    }
  }

  package var dtype: DType { base.dtype }
  package var count: Int { base.shape.elementCount }
  package var sourceByteCount: Int { base.storage.sourceByteCount }

  package func bytes(of elements: Range<Int>) throws(FormatError) -> [UInt8] {
    var bytes = try base.copiedBytes(of: elements)
    guard let width = dtype.scalarByteWidth else { return bytes }
    let isInteger = [.i8, .i16, .i32, .i64, .u8, .u16, .u32, .u64].contains(dtype)
    let step = part == .imaginary ? 2 * width : width
    var start = step - width
    while start < bytes.count {
      if isInteger {
        var carry: UInt8 = 1
        for index in start..<start + width {
          let (sum, overflow) = (~bytes[index]).addingReportingOverflow(carry)
          bytes[index] = sum
          carry = overflow ? 1 : 0
        }
      } else {
        bytes[start + width - 1] ^= 0x80
      }
      start += step
    }
    return bytes
  }
}
