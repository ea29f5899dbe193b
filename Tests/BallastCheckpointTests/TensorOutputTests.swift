import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// Writing tensors in another type: rounding to the nearest, ties to even.
@Suite struct TensorOutputTests {
  private func cast(_ floats: [Float], to dtype: DType) throws -> [UInt16] {
    let output = try tensor(.f32, [floats.count], littleEndian(floats)).output(as: dtype)
    return try words(of: output)
  }

  private func words(of output: TensorOutput) throws -> [UInt16] {
    let bytes = try output.contents()
    #expect(bytes.count == output.byteCount)
    return stride(from: 0, to: bytes.count, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
  }

  /// Numbers on, halfway between and beside all the finite values of a type of 16 bits.
  private func neighbourhood(_ value: (UInt16) -> Float) -> [Float] {
    var floats: [Float] = []
    for word in UInt16(0)..<0x7FFF {
      let (low, high) = (value(word), value(word + 1))
      guard low.isFinite else { break }
      let middle = high.isFinite ? low + (high - low) / 2 : low.nextUp
      for number in [low, low.nextUp, middle.nextDown, middle, middle.nextUp] {
        floats += [number, -number]
      }
    }
    return floats + [.greatestFiniteMagnitude, .infinity, -.infinity, .leastNonzeroMagnitude]
  }

  @Test func float16RoundsAsSwiftDoes() throws {
    let floats = neighbourhood { Float(Float16(bitPattern: $0)) } + [65519.996, 65520, 1e10]
    let expected = floats.map { Float16($0).bitPattern }
    #expect(try cast(floats, to: .f16) == expected)
    #expect(try cast([65519.996, 65520, -65520], to: .f16) == [0x7BFF, 0x7C00, 0xFC00])
  }

  /// Half the unit of the last place is added, and a tie's last bit cleared.
  private func bfloat16(_ float: Float) -> UInt16 {
    let bits = float.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }

  @Test func bfloat16RoundsTiesToEven() throws {
    let floats = neighbourhood { Float(bitPattern: UInt32($0) << 16) }
    #expect(try cast(floats, to: .bf16) == floats.map(bfloat16))
    // 1 + 2⁻⁸ and 1 + 3 · 2⁻⁸ are ties; the greatest float32 rounds to infinity.
    #expect(
      try cast([1.00390625, 1.01171875, .greatestFiniteMagnitude], to: .bf16)
        == [0x3F80, 0x3F82, 0x7F80]
    )
  }

  @Test(arguments: [DType.f16, .bf16])
  func notANumberStaysOne(dtype: DType) throws {
    // Payloads whose upper bits are zero must not become infinite.
    let patterns: [UInt32] = [0x7FC0_0000, 0xFFC0_0000, 0x7F80_0001, 0xFF80_0001, 0x7FFF_FFFF]
    let infinity: UInt16 = dtype == .f16 ? 0x7C00 : 0x7F80
    for word in try cast(patterns.map { Float(bitPattern: $0) }, to: dtype) {
      #expect(word & 0x7FFF > infinity)
    }
  }

  @Test(arguments: [DType.f16, .bf16])
  func everyValueSurvivesTheWayThroughFloat32(dtype: DType) throws {
    let values = (0...UInt16.max).map { $0 }
    let floats = try tensor(dtype, [values.count], littleEndian(values)).floats()
    let back = try cast(floats, to: dtype)
    let infinity: UInt16 = dtype == .f16 ? 0x7C00 : 0x7F80
    let difference = zip(values, back).first { value, found in
      value & 0x7FFF > infinity ? found & 0x7FFF <= infinity : found != value
    }
    #expect(difference == nil)
  }

  @Test func float64IsExactAndNarrowsThroughFloat32() throws {
    let doubles: [Double] = [1, -.pi, 1e300, .leastNonzeroMagnitude, .infinity]
    let view = try tensor(.f64, [5], littleEndian(doubles))
    #expect(try view.output(as: .f32).contents() == littleEndian(doubles.map { Float($0) }))
    #expect(try words(of: view.output(as: .f16)) == doubles.map { Float16(Float($0)).bitPattern })
    let halves: [Float16] = [1, 65504, 6e-8, -0.0]
    let half = try tensor(.f16, [4], littleEndian(halves.map(\.bitPattern)))
    #expect(try half.output(as: .f64).contents() == littleEndian(halves.map { Double($0) }))
    #expect(try half.output(as: .f32).contents() == littleEndian(halves.map { Float($0) }))
    #expect(
      try words(of: half.output(as: .bf16)) == halves.map { bfloat16(Float($0)) }
    )
  }

  @Test func onlyFloatsAreCast() throws {
    let integers = try tensor(.i64, [1], littleEndian([7] as [Int64])).output(as: .f16)
    #expect(integers.dtype == .i64)
    #expect(try integers.contents() == littleEndian([7] as [Int64]))
    let mask = try tensor(.bool, [2], [1, 0]).output(as: .f32)
    #expect(mask.dtype == .bool)
    let complex = try tensor(.c64, [1], [UInt8](0..<8)).output(as: .f32)
    #expect(try complex.contents() == [UInt8](0..<8))
    let packed = try tensor(.f4, [2], [0x21]).output(as: .f32)
    #expect(packed.dtype == .f4)
    let scale = try tensor(.f8e8m0, [1], [0x7F]).output(as: .f32)
    #expect(
      Failure { try scale.contents() }
        == Failure(CheckpointFault.notNumeric(tensor: "t", .f8e8m0), at: 100)
    )
  }

  @Test func stridesAndNamesAreLeftBehind() throws {
    let view = try tensor(.f32, [2, 3], littleEndian([1, 2, 3, 4, 5, 6] as [Float])).transposed
    let output = view.output(as: .f16, name: "other")
    #expect(output.name == "other")
    #expect(output.shape.dimensions == [3, 2])
    #expect(try words(of: output).map { Float16(bitPattern: $0) } == [1, 4, 2, 5, 3, 6])
    #expect(view.output().name == "t")
    #expect(view.output().dtype == .f32)
  }

  @Test func tensorsLargerThanAPieceAreCastPieceByPiece() throws {
    let count = TensorView.pieceBytes / 4 / 4 * 2 + 3
    let floats = (0..<count).map { Float($0 % 2048) }
    let output = try tensor(.f32, [count], littleEndian(floats)).output(as: .f16)
    var sizes: [Int] = []
    var sum: Float = 0
    try output.write { (piece) throws(FormatError) in
      sizes.append(piece.byteCount)
      let bytes = [UInt8](copying: piece)
      for start in stride(from: 0, to: bytes.count, by: 2) {
        let word = UInt16(bytes[start]) | UInt16(bytes[start + 1]) << 8
        sum = max(sum, Float(Float16(bitPattern: word)))
      }
    }
    #expect(sizes == [TensorView.pieceBytes / 8, TensorView.pieceBytes / 8, 6])
    #expect(sum == 2047)
  }

  @Test func sizesFitInTheWidestType() throws {
    // 2⁵⁵ elements of two bytes, all of them the same; as complex128 they are 2⁵⁹ bytes.
    let view = try tensor(.f16, [1 << 55], [0, 0], strides: [0])
    #expect(view.output(as: .f64).byteCount == 1 << 58)
    #expect(
      Failure { try tensor(.f16, [1 << 57], [0, 0], strides: [0]) }
        == Failure(ByteFault.overflow, at: 100)
    )
  }
}
