import BallastCheckpoint

/// A type of elements as NumPy describes it, such as "<f4": byte order, kind and size.
struct NumPyType: Equatable {
  let dtype: DType
  let byteOrder: TensorStorage.ByteOrder

  /// The type of a description; nil where checkpoints have no such type.
  ///
  /// Without a byte order, or with "=", the machine's own is meant; that is taken for little-endian,
  /// as it is wherever NumPy runs today.
  init?(_ description: String) {
    var rest = description[...]
    var byteOrder = TensorStorage.ByteOrder.little
    if let first = rest.first, "<>=|".contains(first) {
      if first == ">" { byteOrder = .big }
      rest = rest.dropFirst()
    }
    guard let dtype = Self.types[String(rest)] else { return nil }
    self.dtype = dtype
    self.byteOrder = byteOrder
  }

  /// The description of a type in little-endian order; nil where NumPy does not have the type.
  static func description(of dtype: DType) -> String? {
    guard let code = codes[dtype] else { return nil }
    return (dtype.bitWidth == 8 ? "|" : "<") + code
  }

  private static let codes: [DType: String] = [
    .bool: "b1", .i8: "i1", .i16: "i2", .i32: "i4", .i64: "i8", .u8: "u1", .u16: "u2", .u32: "u4",
    .u64: "u8", .f16: "f2", .f32: "f4", .f64: "f8", .c64: "c8", .c128: "c16",
  ]

  private static let types = Dictionary(uniqueKeysWithValues: codes.map { ($1, $0) })
}
