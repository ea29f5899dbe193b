import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// Reading every type as numbers, against twins in plain Swift.
@Suite struct CastingTests {
  private static let words = (0...UInt16.max).map { $0 }

  private func words(_ dtype: DType) throws -> [Float] {
    try tensor(dtype, [1 << 16], littleEndian(Self.words)).floats()
  }

  /// The first pattern whose value is another one, by bits but for NaN.
  private func firstDifference(_ found: [Float], _ expected: [Float]) -> Int? {
    guard found.count == expected.count else { return -1 }
    return zip(found, expected).enumerated().first { _, pair in
      pair.1.isNaN ? !pair.0.isNaN : pair.0.bitPattern != pair.1.bitPattern
    }?.offset
  }

  @Test func everyFloat16() throws {
    let expected = Self.words.map { Float(Float16(bitPattern: $0)) }
    #expect(firstDifference(try words(.f16), expected) == nil)
  }

  @Test func everyBFloat16() throws {
    let expected = Self.words.map { Float(bitPattern: UInt32($0) << 16) }
    #expect(firstDifference(try words(.bf16), expected) == nil)
  }

  /// An eight-bit float out of its parts, as "FP8 Formats for Deep Learning" (2022) has them.
  private func float8(_ byte: UInt8, exponentBits: Int) -> Float {
    let mantissaBits = 7 - exponentBits
    let sign: Float = byte & 0x80 == 0 ? 1 : -1
    let exponent = Int(byte & 0x7F) >> mantissaBits
    let mantissa = Int(byte) & (1 << mantissaBits - 1)
    let bias = 1 << (exponentBits - 1) - 1
    let highest = 1 << exponentBits - 1
    if exponentBits == 5, exponent == highest { return mantissa == 0 ? sign * .infinity : .nan }
    if exponentBits == 4, byte & 0x7F == 0x7F { return .nan }
    let one = 1 << mantissaBits
    let significand = exponent == 0 ? mantissa : mantissa + one
    let scale = Float(sign: .plus, exponent: max(exponent, 1) - bias, significand: 1)
    return sign * Float(significand) / Float(one) * scale
  }

  @Test(arguments: [(DType.f8e4m3, 4), (.f8e5m2, 5)])
  func everyFloat8(dtype: DType, exponentBits: Int) throws {
    let bytes = [UInt8](0 ... .max)
    let found = try tensor(dtype, [256], bytes).floats()
    let expected = bytes.map { float8($0, exponentBits: exponentBits) }
    #expect(firstDifference(found, expected) == nil)
    #expect(expected[exponentBits == 4 ? 0x7E : 0x7B] == (exponentBits == 4 ? 448 : 57344))
  }

  private static let doubles: [Double] = [
    0, -0.0, 1, -1.5, .pi, 1e300, -1e300, 1e-300, .leastNonzeroMagnitude, .infinity, -.infinity,
    .nan,
    3.4028234663852886e38, 3.4028235677973366e38, 1e-45, 7.006492321624085e-46, 16_777_217,
    16_777_219, 1 + 0x1p-24, 1 + 0x1.8p-23,
  ]

  @Test func float64RoundsToTheNearestTiesToEven() throws {
    let view = try tensor(.f64, [Self.doubles.count], littleEndian(Self.doubles))
    #expect(firstDifference(try view.floats(), Self.doubles.map { Float($0) }) == nil)
  }

  private func check<Value: FixedWidthInteger>(_ dtype: DType, _ type: Value.Type) throws {
    var random = SeededGenerator(seed: UInt64(Value.bitWidth))
    var values: [Value] = [0, 1, .min, .max, .max - 1, .min + 1]
    values += (0..<500).map { _ in .random(in: .min ... .max, using: &random) }
    let view = try tensor(dtype, [values.count], littleEndian(values))
    #expect(try view.floats() == values.map { Float($0) })
    #expect(try view.integers() == values.map { Int(clamping: $0) })
    var numbers: [Double] = []
    try view.forEachNumericPiece {
      numbers += Array($0)
    } floats: {
      numbers += $0.map { Double($0) }
    }
    #expect(numbers == values.map { Double($0) })
  }

  @Test func integersOfEveryWidth() throws {
    try check(.u8, UInt8.self)
    try check(.i8, Int8.self)
    try check(.u16, UInt16.self)
    try check(.i16, Int16.self)
    try check(.u32, UInt32.self)
    try check(.i32, Int32.self)
    try check(.u64, UInt64.self)
    try check(.i64, Int64.self)
    #expect(try tensor(.bool, [3], [0, 1, 1]).floats() == [0, 1, 1])
    #expect(try tensor(.bool, [3], [0, 1, 1]).integers() == [0, 1, 1])
  }

  @Test func integersAreReadThroughStridesAndByteOrders() throws {
    let bytes: [UInt8] = [0, 1, 0, 2, 0, 3, 0, 4]
    let view = try tensor(.i16, [2, 2], bytes, byteOrder: .big).transposed
    #expect(try view.integers() == [1, 3, 2, 4])
    #expect(try view.floats() == [1, 3, 2, 4])
  }

  @Test func onlyIntegersAreIntegers() throws {
    let fault = CheckpointFault.notNumeric(tensor: "t", .f32)
    #expect(
      Failure { try tensor(.f32, [1], [0, 0, 0, 0]).integers() } == Failure(fault, at: 100)
    )
    #expect(try tensor(.f32, [0], []).integers() == [])
  }

  @Test(
    arguments: [
      DType.c64, .c128, .f4, .f6e2m3, .f6e3m2, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz,
    ]
  )
  func typesWithoutAReadingSaySo(dtype: DType) throws {
    let view = try tensor(dtype, [4], [UInt8](repeating: 0, count: 64))
    let expected = Failure(CheckpointFault.notNumeric(tensor: "t", dtype), at: 100)
    #expect(Failure { try view.floats() } == expected)
    #expect(
      Failure { try view.forEachNumericPiece(doubles: { _ in }, floats: { _ in }) } == expected
    )
  }
}
