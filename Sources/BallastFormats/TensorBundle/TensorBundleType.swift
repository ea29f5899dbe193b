import BallastCheckpoint

/// The types of tensors under the numbers of TensorFlow's types.proto.
enum TensorBundleType {
  static let dtypes: [Int: DType] = [
    1: .f32, 2: .f64, 3: .i32, 4: .u8, 5: .i16, 6: .i8, 8: .c64, 9: .i64, 10: .bool, 14: .bf16,
    17: .u16, 18: .c128, 19: .f16, 22: .u32, 23: .u64, 24: .f8e5m2, 25: .f8e4m3,
  ]

  static let numbers = Dictionary(uniqueKeysWithValues: dtypes.map { ($0.value, $0.key) })

  /// Types that exist and are not read.
  static let unsupported: [Int: String] = [
    0: "DT_INVALID", 7: "DT_STRING", 11: "DT_QINT8", 12: "DT_QUINT8", 13: "DT_QINT32",
    15: "DT_QINT16", 16: "DT_QUINT16", 20: "DT_RESOURCE", 21: "DT_VARIANT", 29: "DT_INT4",
    30: "DT_UINT4",
  ]
}
