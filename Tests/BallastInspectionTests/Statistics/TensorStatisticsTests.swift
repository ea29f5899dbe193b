import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastTestSupport
import Testing

/// One pass over the values, against a twin that takes several.
@Suite struct TensorStatisticsTests {
  /// The statistics, by their definitions.
  private struct Twin {
    var minimum: Double?
    var maximum: Double?
    var mean: Double?
    var standardDeviation: Double?
    var l2: Double?

    init(_ values: [Double]) {
      let finite = values.filter(\.isFinite)
      guard !finite.isEmpty else { return }
      let count = Double(finite.count)
      let mean = finite.reduce(0, +) / count
      minimum = finite.min()
      maximum = finite.max()
      self.mean = mean
      standardDeviation =
        (finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
      l2 = finite.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
  }

  /// Whether two numbers agree up to rounding, relative to `scale` or the numbers themselves.
  private func agree(_ found: Double?, _ expected: Double?, scale: Double = 0) -> Bool {
    guard let found, let expected else { return found == nil && expected == nil }
    return abs(found - expected) <= 1e-12 * max(abs(found), abs(expected), scale)
  }

  private func check(_ view: TensorView, _ values: [Double]) throws {
    let found = try TensorStatistics(of: view)
    let twin = Twin(values)
    #expect(found.count == values.count)
    #expect(found.minimum == twin.minimum)
    #expect(found.maximum == twin.maximum)
    let scale = max(abs(twin.minimum ?? 0), abs(twin.maximum ?? 0))
    #expect(agree(found.mean, twin.mean, scale: scale), "\(found) \(twin)")
    #expect(agree(found.standardDeviation, twin.standardDeviation, scale: scale * 1e-3))
    #expect(agree(found.l2, twin.l2))
    #expect(found.zeros == values.count { $0 == 0 })
    #expect(found.notNumbers == values.count { $0.isNaN })
    #expect(found.positiveInfinities == values.count { $0 == .infinity })
    #expect(found.negativeInfinities == values.count { $0 == -.infinity })
    #expect(found.isFinite == values.allSatisfy(\.isFinite))
  }

  private func check(_ floats: [Float]) throws {
    let view = try tensor(.f32, [floats.count], littleEndian(floats))
    try check(view, floats.map { Double($0) })
  }

  private func check(_ doubles: [Double]) throws {
    try check(try tensor(.f64, [doubles.count], littleEndian(doubles)), doubles)
  }

  private static let special: [Float] = [
    0, -0.0, .nan, -.nan, .signalingNaN, .infinity, -.infinity, .leastNonzeroMagnitude,
    -.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude,
    -.greatestFiniteMagnitude, 1, -1,
  ]

  @Test func oneElement() throws {
    for value in Self.special {
      try check([value])
      try check([Double(value)])
    }
    try check([Double.leastNonzeroMagnitude])
  }

  @Test func withoutElementsNothingIsKnown() throws {
    let statistics = try TensorStatistics(of: try tensor(.f32, [0, 3], []))
    #expect(statistics.count == 0)
    #expect(statistics.minimum == nil)
    #expect(statistics.maximum == nil)
    #expect(statistics.mean == nil)
    #expect(statistics.standardDeviation == nil)
    #expect(statistics.l2 == nil)
    #expect(statistics.isFinite)
  }

  @Test func whatIsNotFiniteIsCountedAndLeftOut() throws {
    try check(Self.special)
    try check([Float](repeating: .nan, count: 5000))
    try check([Float.infinity, -.infinity, .nan])
    try check(Self.special.map { Double($0) } + [1e150, -1e-150])
  }

  /// Sizes around the block of 2,048 values, with what is not finite strewn in.
  @Test(arguments: [2, 7, 2047, 2048, 2049, 4096, 10_001])
  func randomNumbers(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let floats = (0..<count).map { _ in
      switch Int.random(in: 0..<50, using: &random) {
      case 0: Float.nan
      case 1: Float.infinity
      case 2: -Float.infinity
      case 3: Float(0)
      default: Float.random(in: -3...5, using: &random)
      }
    }
    try check(floats)
    try check(floats.map { Double($0) * 1e100 })
  }

  /// Blocks of finite numbers are read in one look; what makes one odd may stand in any lane.
  @Test func plainBlocksAndOddOnes() throws {
    var random = SeededGenerator(seed: 13)
    for range: ClosedRange<Float> in [-3...5, 1...2, -2 ... -1, 0...1e-37, -1e38...1e38] {
      var floats = (0..<4128).map { _ in Float.random(in: range, using: &random) }
      try check(floats)
      try check(floats.map { Double($0) })
      for lane in 0..<16 {
        for value in Self.special {
          floats[2048 + lane] = value
          try check(floats)
        }
      }
    }
    try check((0..<2048).map { $0 % 3 == 0 ? -0.0 : Float($0) })
    try check((0..<2048).map { $0 % 3 == 0 ? -0.0 : -Float($0) })
  }

  @Test func patternsOfAllKinds() throws {
    var random = SeededGenerator(seed: 11)
    try check((0..<5000).map { _ in Float(bitPattern: random.next() as UInt32) })
  }

  /// A mean of a million and a deviation of a hundredth: the naive formula loses it all.
  @Test func aSmallDeviationBesideALargeMeanIsKept() throws {
    var random = SeededGenerator(seed: 12)
    let doubles = (0..<100_000).map { _ in 1e6 + Double.random(in: -0.01...0.01, using: &random) }
    let view = try tensor(.f64, [doubles.count], littleEndian(doubles))
    let found = try #require(try TensorStatistics(of: view).standardDeviation)
    let expected = try #require(Twin(doubles).standardDeviation)
    #expect(abs(found - expected) < 1e-8 * expected)
    #expect(abs(expected - 0.02 / 12.0.squareRoot()) < 1e-4)
    let constant = [Float](repeating: 0.1, count: 100_000)
    let flat = try TensorStatistics(of: try tensor(.f32, [100_000], littleEndian(constant)))
    #expect(try #require(flat.standardDeviation) < 1e-12)
  }

  @Test func narrowTypesAreReadAsTheyAre() throws {
    let words = (0...UInt16.max).map { $0 }
    let bytes = littleEndian(words)
    try check(
      try tensor(.f16, [256, 256], bytes),
      words.map { Double(Float16(bitPattern: $0)) }
    )
    try check(
      try tensor(.bf16, [256, 256], bytes),
      words.map { Double(Float(bitPattern: UInt32($0) << 16)) }
    )
    try check(try tensor(.u16, [256, 256], bytes), words.map { Double($0) })
    try check(
      try tensor(.i16, [256, 256], bytes),
      words.map { Double(Int16(bitPattern: $0)) }
    )
  }

  @Test func wholeNumbersAreExactBeyondFloat32() throws {
    let wide: [Int32] = [16_777_217, -16_777_219, .max, .min, 0]
    try check(try tensor(.i32, [5], littleEndian(wide)), wide.map { Double($0) })
    let long: [Int64] = [1 << 53, -(1 << 52) - 1, 7, 0, 0]
    try check(try tensor(.i64, [5], littleEndian(long)), long.map { Double($0) })
    let unsigned: [UInt64] = [.max, 0, 1]
    try check(try tensor(.u64, [3], littleEndian(unsigned)), unsigned.map { Double($0) })
    try check(try tensor(.bool, [4], [0, 1, 1, 0]), [0, 1, 1, 0])
    try check(try tensor(.i8, [3], [0x80, 0x7F, 0]), [-128, 127, 0])
  }

  @Test func stridesDoNotMatter() throws {
    let floats = (0..<60).map { Float($0) - 7 }
    let view = try tensor(.f32, [6, 10], littleEndian(floats)).transposed
    try check(view, floats.map { Double($0) })
    let every = try tensor(.f32, [3, 4], littleEndian(floats), strides: [20, 0], offset: 1)
    try check(every, [1, 1, 1, 1, 21, 21, 21, 21, 41, 41, 41, 41].map { $0 - 7 })
  }

  @Test func complexNumbersAreTheirTwoParts() throws {
    let parts: [Float] = [1, -2, 0, .nan, 5, .infinity]
    try check(try tensor(.c64, [3], littleEndian(parts)), parts.map { Double($0) })
    let wide = parts.map { Double($0) }
    try check(try tensor(.c128, [3], littleEndian(wide)), wide)
    let halves = parts.map { Float16($0).bitPattern }
    try check(try tensor(.c32, [3], littleEndian(halves)), wide)
  }

  /// The values that the OCP's specification lists.
  @Test func floatsOfFourAndSixBits() throws {
    // Two to a byte, the lower first; the codes 0 to 15 in order.
    let fours: [UInt8] = [0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE]
    let values: [Double] = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
    try check(try tensor(.f4, [16], fours), values + values.map { -$0 })
    // Four to three bytes: 1/8, 7.5, -0.125 and -7.5; then 1/16, 28, -1/16 and -28.
    func packed(_ codes: [UInt32]) -> [UInt8] {
      let word = codes.enumerated().reduce(UInt32(0)) { $0 | $1.element << (6 * $1.offset) }
      return (0..<3).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
    }
    let codes: [UInt32] = [1, 31, 33, 63]
    try check(try tensor(.f6e2m3, [4], packed(codes)), [0.125, 7.5, -0.125, -7.5])
    try check(try tensor(.f6e3m2, [4], packed(codes)), [0.0625, 28, -0.0625, -28])
  }

  @Test func otherFloatsOfEightBits() throws {
    try check(try tensor(.f8e8m0, [4], [0, 127, 254, 255]), [0x1p-127, 1, 0x1p127, .nan])
    try check(
      try tensor(.f8e4m3fnuz, [5], [0, 0x80, 1, 0x7F, 0xFF]),
      [0, .nan, 0x1p-10, 240, -240]
    )
    try check(
      try tensor(.f8e5m2fnuz, [5], [0, 0x80, 1, 0x7F, 0xFF]),
      [0, .nan, 0x1p-17, 57344, -57344]
    )
  }

  /// Zeros, the least and the largest subnormal, the least normal, and a negative subnormal.
  @Test func subnormalsAreThoseOfTheirType() throws {
    func expectThree(_ dtype: DType, _ bytes: [UInt8]) throws {
      let view = try tensor(dtype, [5], bytes)
      #expect(try TensorStatistics(of: view).subnormals == 3)
    }
    let halves: [UInt16] = [0, 1, 0x3FF, 0x400, 0x8001]
    try expectThree(.f16, littleEndian(halves))
    let wide: [UInt16] = [0x8000, 1, 0x7F, 0x80, 0x8001]
    try expectThree(.bf16, littleEndian(wide))
    try expectThree(.f8e4m3, [0, 1, 7, 8, 0x81])
    try expectThree(.f8e5m2, [0x80, 1, 3, 4, 0x81])
    let doubles: [Double] = [0, 0x1p-1030, -0x1p-1030, .leastNonzeroMagnitude, 1]
    try expectThree(.f64, littleEndian(doubles))
  }

  @Test func anExpandedGiantIsRefusedAtOnce() throws {
    let giant = try tensor(.u8, [1 << 30, 1 << 20], [7], strides: [0, 0])
    let error = try #require(failure { try TensorStatistics(of: giant) })
    #expect(error.fault.limitName == "torch.unfolded-bytes")
    let refused = failure { try Histogram(of: giant, in: 0...7, bins: 2) }
    #expect(refused?.fault.limitName == "torch.unfolded-bytes")
  }
}
