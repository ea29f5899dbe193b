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

  @Test(arguments: [DType.c64, .f4, .f8e8m0])
  func typesWithoutNumbersSaySo(dtype: DType) throws {
    let view = try tensor(dtype, [2], [UInt8](repeating: 0, count: 16))
    #expect(
      Failure { try TensorStatistics(of: view) }
        == Failure(CheckpointFault.notNumeric(tensor: "t", dtype), at: 100)
    )
  }
}
