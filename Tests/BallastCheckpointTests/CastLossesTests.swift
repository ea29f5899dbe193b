import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// What is said of values that a narrower type does not hold.
@Suite struct CastLossesTests {
  /// The number of losses, and what becomes of the values.
  private func cast(_ values: [Double], to dtype: DType) throws -> (lost: Int, floats: [Float]) {
    let bytes = values.flatMap { value in
      (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
    func view(_ dtype: DType, _ bytes: [UInt8]) throws -> TensorView {
      let storage = TensorStorage(ByteRegion(try SharedBytes.copying(bytes)), fileOffset: 0)
      let shape = try Shape([values.count])
      return try TensorView(name: "t", dtype: dtype, shape: shape, storage: storage)
    }
    let losses = CastLosses()
    let output = try view(.f64, bytes).output(as: dtype, losses: losses)
    var written: [UInt8] = []
    try output.write { (piece) throws(FormatError) in written += [UInt8](copying: piece) }
    #expect(losses.entries.allSatisfy { $0.tensor == "t" && $0.dtype == dtype })
    let lost = losses.entries.reduce(0) { $0 + $1.beyond }
    return (lost, try view(dtype, written).floats())
  }

  /// The largest values that are kept, and the least that are not.
  private static let borders: [(dtype: DType, kept: Double, lost: Double)] = [
    (.f32, 0x1.FFFFFEFFFFFFFp127, 0x1.FFFFFFp127),
    (.f16, 65_519.99, 65_520),
    (.bf16, 0x1.FEFFFEp127, 0x1.FFp127),
    (.f8e5m2, 61_439.99, 61_440),
    (.f8e4m3, 464, 464.0001),
  ]

  @Test(arguments: borders)
  func theBorderIsWhereValuesBecomeInfinite(dtype: DType, kept: Double, lost: Double) throws {
    let some = [0, 1, -1, kept, -kept, .nan]
    let (none, floats) = try cast(some, to: dtype)
    #expect(none == 0)
    #expect(floats[3].isFinite && floats[4] == -floats[3])
    let (two, lostFloats) = try cast(some + [lost, -lost], to: dtype)
    #expect(two == 2)
    #expect(lostFloats[6] == (dtype == .f8e4m3 ? 448 : .infinity))
  }

  @Test func wideningLosesNothing() throws {
    let values: [Float] = [.greatestFiniteMagnitude, .leastNonzeroMagnitude, .infinity, 0]
    let losses = CastLosses()
    let output = try tensor(.f32, [4], littleEndian(values)).output(as: .f64, losses: losses)
    #expect(output.castFrom == .f32)
    #expect(try output.contents() == littleEndian(values.map { Double($0) }))
    #expect(losses.entries.isEmpty)
  }

  /// Half of each type's least number, and the next one up.
  @Test(arguments: [
    (DType.f32, 0x1p-150), (.f16, 0x1p-25), (.bf16, 0x1p-134), (.f8e5m2, 0x1p-17),
    (.f8e4m3, 0x1p-10),
  ])
  func whatIsZeroAndWasNotIsCounted(dtype: DType, half: Double) throws {
    // The next one up that float32 holds, through which all narrower types go.
    let above = dtype == .f32 ? half.nextUp : Double(Float(half).nextUp)
    let values = [0, -0.0, half, -half, above, -above, 1]
    let losses = CastLosses()
    let output = try tensor(.f64, [7], littleEndian(values)).output(as: dtype, losses: losses)
    let zeros = try tensor(dtype, [7], output.contents()).floats().map { $0 == 0 }
    #expect(zeros == [true, true, true, true, false, false, false])
    #expect(losses.entries.map(\.zeroed) == [2] && losses.entries.map(\.beyond) == [0])
  }

  @Test func infinityIsLostWhereThereIsNone() throws {
    #expect(try cast([.infinity, -.infinity, .nan, 1], to: .f8e4m3).lost == 2)
  }

  @Test func aBlockWithoutAScaleIsLostWhole() throws {
    let ones = [Double](repeating: 1, count: 32)
    #expect(try cast(ones + ones, to: .q80).lost == 0)
    let large = [65_519.9 * 127] + ones.dropFirst()
    #expect(try cast(ones + large, to: .q80).lost == 0)
    let (lost, floats) = try cast(ones + [65_520 * 127] + ones.dropFirst(), to: .q80)
    #expect(lost == 32)
    #expect(floats[32].isInfinite || floats[32].isNaN)
    // The infinite value itself was not finite before.
    #expect(try cast([.infinity] + ones.dropFirst(), to: .q80).lost == 31)
  }

  /// The scale of a block is float16: what is too small for it makes all of the block zero.
  @Test func aBlockWhoseScaleIsZeroIsToldWhole() throws {
    let values = [Float](repeating: 1e-7, count: 31) + [0]
    let losses = CastLosses()
    let output = try tensor(.f32, [32], littleEndian(values)).output(as: .q80, losses: losses)
    #expect(try tensor(.q80, [32], output.contents()).floats().allSatisfy { $0 == 0 })
    #expect(losses.entries.map(\.zeroed) == [31] && losses.entries.map(\.beyond) == [0])
  }
}
