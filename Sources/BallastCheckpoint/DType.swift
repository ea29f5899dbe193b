/// The type of a tensor's elements, under the names that safetensors gives them.
///
/// The cases stand in safetensors' own order, by which its writer sorts tensors.
public enum DType: String, CaseIterable, Hashable, Sendable {
  case bool = "BOOL"
  case f4 = "F4"
  case f6e2m3 = "F6_E2M3"
  case f6e3m2 = "F6_E3M2"
  case u8 = "U8"
  case i8 = "I8"
  case f8e5m2 = "F8_E5M2"
  case f8e4m3 = "F8_E4M3"
  case f8e8m0 = "F8_E8M0"
  case f8e4m3fnuz = "F8_E4M3FNUZ"
  case f8e5m2fnuz = "F8_E5M2FNUZ"
  case i16 = "I16"
  case u16 = "U16"
  case f16 = "F16"
  case bf16 = "BF16"
  case i32 = "I32"
  case u32 = "U32"
  case f32 = "F32"
  case c64 = "C64"
  case f64 = "F64"
  case i64 = "I64"
  case u64 = "U64"
  /// Two float16: torch's complex32, which safetensors does not have.
  case c32 = "C32"
  /// Two float64: torch's complex128, which safetensors does not have either.
  case c128 = "C128"
  // ggml's blocks, which safetensors does not have either: see `block`.
  case q40 = "Q4_0"
  case q41 = "Q4_1"
  case q50 = "Q5_0"
  case q51 = "Q5_1"
  case q80 = "Q8_0"
  case q2k = "Q2_K"
  case q3k = "Q3_K"
  case q4k = "Q4_K"
  case q5k = "Q5_K"
  case q6k = "Q6_K"
  case q8k = "Q8_K"

  /// The size of one element in bits; in blocks, the mean, rounded up.
  public var bitWidth: Int {
    switch self {
    case .q2k: 3
    case .f4, .q3k: 4
    case .q40, .q41, .q4k: 5
    case .q50, .q51, .q5k: 6
    case .q6k: 7
    case .q80: 9
    case .q8k: 10
    case .f6e2m3, .f6e3m2: 6
    case .bool, .u8, .i8, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: 8
    case .i16, .u16, .f16, .bf16: 16
    case .i32, .u32, .f32, .c32: 32
    case .c64, .f64, .i64, .u64: 64
    case .c128: 128
    }
  }

  /// The size of the widest elements in bits.
  static let widestBitWidth = 128

  /// The size of one element in bytes, or nil where elements share bytes.
  public var byteWidth: Int? { bitWidth % 8 == 0 ? bitWidth / 8 : nil }

  /// The size of so many elements in bytes; the last byte or block may be filled in part.
  package func byteCount(of elements: Int) -> Int {
    guard let block else { return (elements * bitWidth + 7) / 8 }
    return (elements + block.elements - 1) / block.elements * block.bytes
  }

  /// Whether the elements are real floating-point numbers; only these are cast.
  public var isFloatingPoint: Bool {
    switch self {
    case .f4, .f6e2m3, .f6e3m2, .f8e5m2, .f8e4m3, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz: true
    case .f16, .bf16, .f32, .f64: true
    case .q40, .q41, .q50, .q51, .q80, .q2k, .q3k, .q4k, .q5k, .q6k, .q8k: true
    case .bool, .u8, .i8, .i16, .u16, .i32, .u32, .i64, .u64, .c32, .c64, .c128: false
    }
  }

  /// Whether float32 does not hold every element exactly.
  package var needsDouble: Bool { [.f64, .i32, .u32, .i64, .u64].contains(self) }

  /// The size of the scalars that make up an element: a complex number has two.
  package var scalarByteWidth: Int? {
    switch self {
    case .c32: 2
    case .c64: 4
    case .c128: 8
    default: byteWidth
    }
  }
}
