import BallastCheckpoint

/// The types of tensors under the numbers that ggml gives them.
enum GGUFTensorType {
  static let dtypes: [UInt32: DType] = [
    0: .f32, 1: .f16, 2: .q40, 3: .q41, 6: .q50, 7: .q51, 8: .q80, 10: .q2k, 11: .q3k, 12: .q4k,
    13: .q5k, 14: .q6k, 15: .q8k, 24: .i8, 25: .i16, 26: .i32, 27: .i64, 28: .f64, 30: .bf16,
  ]

  /// Types that exist and are not read; the numbers missing from both tables have been withdrawn.
  static let unsupported: [UInt32: String] = [
    9: "Q8_1", 16: "IQ2_XXS", 17: "IQ2_XS", 18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S",
    22: "IQ2_S", 23: "IQ4_XS", 29: "IQ1_M", 34: "TQ1_0", 35: "TQ2_0", 39: "MXFP4", 40: "NVFP4",
    41: "Q1_0",
  ]

  static let numbers = Dictionary(uniqueKeysWithValues: dtypes.map { ($0.value, $0.key) })
}
