/// A metadata value of a GGUF file, with the type that it has in the file.
package enum GGUFValue: Hashable, Sendable {
  case u8(UInt8)
  case i8(Int8)
  case u16(UInt16)
  case i16(Int16)
  case u32(UInt32)
  case i32(Int32)
  case f32(Float)
  case bool(Bool)
  case string(String)
  /// Values of one type, which an empty array has too.
  indirect case array(Kind, [GGUFValue])
  case u64(UInt64)
  case i64(Int64)
  case f64(Double)

  /// The types, under the numbers that they have in files.
  package enum Kind: UInt32, CaseIterable, Sendable {
    case u8 = 0
    case i8
    case u16
    case i16
    case u32
    case i32
    case f32
    case bool
    case string
    case array
    case u64
    case i64
    case f64
  }

  /// An array of texts.
  package static func strings(_ texts: some Sequence<String>) -> GGUFValue {
    .array(.string, texts.map { .string($0) })
  }

  /// The type of this value.
  package var kind: Kind {
    switch self {
    case .u8: .u8
    case .i8: .i8
    case .u16: .u16
    case .i16: .i16
    case .u32: .u32
    case .i32: .i32
    case .f32: .f32
    case .bool: .bool
    case .string: .string
    case .array: .array
    case .u64: .u64
    case .i64: .i64
    case .f64: .f64
    }
  }
}
