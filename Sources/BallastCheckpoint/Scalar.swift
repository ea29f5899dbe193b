package import BallastBytes
import CBallastKernels

/// An element as people read it.
package enum Scalar: Hashable, Sendable {
  case bool(Bool)
  case integer(Int)
  /// Beyond `Int`.
  case large(UInt64)
  /// float32, and all that it holds exactly.
  case single(Float)
  case double(Double)
  /// Two of float32, or of half of it.
  case complex(Double, Double)
}

extension TensorView {
  /// The elements of a range, row by row; all memory that they take is the caller's to bound.
  package func scalars(in elements: Range<Int>? = nil) throws(FormatError) -> [Scalar] {
    var scalars: [Scalar] = []
    let isComplex = dtype.numbersPerElement == 2
    unsafe try forEachNumberPiece(of: elements) { type, values, count in
      // Safe: `count` numbers of the type are lent; loads are unaligned.
      func load<Value: BitwiseCopyable>(_ type: Value.Type, _ index: Int) -> Value {
        unsafe values.loadUnaligned(fromByteOffset: index * MemoryLayout<Value>.size, as: type)
      }
      func real(_ index: Int) -> Double {
        switch type {
        case BK_F64: load(Double.self, index)
        case BK_F16: Double(load(Float16.self, index))
        default: Double(load(Float.self, index))
        }
      }
      if isComplex {
        for index in 0..<count / 2 {
          scalars.append(.complex(real(2 * index), real(2 * index + 1)))
        }
        return
      }
      for index in 0..<count {
        switch type {
        case BK_BOOL: scalars.append(.bool(load(UInt8.self, index) != 0))
        case BK_U8: scalars.append(.integer(Int(load(UInt8.self, index))))
        case BK_I8: scalars.append(.integer(Int(load(Int8.self, index))))
        case BK_U16: scalars.append(.integer(Int(load(UInt16.self, index))))
        case BK_I16: scalars.append(.integer(Int(load(Int16.self, index))))
        case BK_U32: scalars.append(.integer(Int(load(UInt32.self, index))))
        case BK_I32: scalars.append(.integer(Int(load(Int32.self, index))))
        case BK_I64: scalars.append(.integer(Int(load(Int64.self, index))))
        case BK_U64:
          let value = load(UInt64.self, index)
          scalars.append(Int(exactly: value).map { .integer($0) } ?? .large(value))
        case BK_F64: scalars.append(.double(load(Double.self, index)))
        case BK_F16: scalars.append(.single(Float(load(Float16.self, index))))
        case BK_BF16:
          let bits = UInt32(load(UInt16.self, index)) << 16
          scalars.append(.single(Float(bitPattern: bits)))
        case BK_F8E4M3, BK_F8E5M2:
          var value: Float = 0
          // Safe: one byte is read and one float written.
          unsafe type == BK_F8E4M3
            ? bk_f8e4m3_to_f32(&value, values + index, 1)
            : bk_f8e5m2_to_f32(&value, values + index, 1)
          scalars.append(.single(value))
        default: scalars.append(.single(load(Float.self, index)))
        }
      }
    }
    return scalars
  }
}
