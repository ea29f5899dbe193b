import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastTestSupport
import Testing

/// The figures, against a plain computation of each by its definition.
@Suite struct DifferenceFiguresTests {
  private func compare(_ a: TensorView, _ b: TensorView) throws -> TensorDifference {
    let difference = try CheckpointDifference(from: try checkpoint(a), to: try checkpoint(b))
    return try #require(difference.tensors.first)
  }

  private func expect(
    _ found: DifferenceFigures?,
    _ a: [Double],
    _ b: [Double],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try #require(found, sourceLocation: sourceLocation)
    let gaps = zip(a, b).map { ($0 - $1).magnitude }
    let relative = zip(a, b).map { x, y in
      x == y ? 0 : (x - y).magnitude / max(x.magnitude, y.magnitude)
    }
    func norm(_ values: [Double]) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    func agree(_ x: Double, _ y: Double) -> Bool { abs(x - y) <= 1e-12 * max(abs(x), abs(y)) }
    #expect(found.count == a.count, sourceLocation: sourceLocation)
    #expect(found.maximumAbsolute == gaps.max() ?? 0, sourceLocation: sourceLocation)
    #expect(found.maximumRelative == relative.max() ?? 0, sourceLocation: sourceLocation)
    #expect(found.changed == gaps.count { $0 > 0 }, sourceLocation: sourceLocation)
    #expect(agree(found.relativeL2, norm(gaps) / norm(a)), sourceLocation: sourceLocation)
    let cosine = try #require(found.cosine, sourceLocation: sourceLocation)
    #expect(abs(cosine - dot / norm(a) / norm(b)) <= 1e-12, sourceLocation: sourceLocation)
  }

  /// Sizes around the pieces and their blocks.
  @Test(arguments: [1, 2, 7, 1025, (1 << 18) - 1, (1 << 18) + 1, 3 << 18])
  func randomNumbers(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let a = (0..<count).map { _ in Float.random(in: 1...2, using: &random) }
    let b = a.map { $0 + Float.random(in: -0.5...0.5, using: &random) }
    let (left, right) = (
      try tensor(.f32, [count], littleEndian(a)), try tensor(.f32, [count], littleEndian(b))
    )
    try expect(try compare(left, right).figures, a.map { Double($0) }, b.map { Double($0) })
    let doubles = b.map { Double($0) * 1.000001 }
    let wide = try tensor(.f64, [count], littleEndian(doubles))
    let retyped = try compare(left, wide)
    #expect(retyped.status == .retyped)
    try expect(retyped.figures, a.map { Double($0) }, doubles)
  }

  @Test func withoutElements() throws {
    let (a, b) = (try tensor(.f32, [0, 3], []), try tensor(.f32, [0, 3], []))
    #expect(try compare(a, b).status == .identical)
    #expect(try compare(a, try tensor(.f16, [0, 3], [])).status == .recast)
    #expect(try compare(a, try tensor(.f32, [3, 0], [])).status == .reshaped)
    #expect(
      try compare(a, try tensor(.f32, [1, 3], littleEndian([1, 2, 3] as [Float]))).status
        == .resized
    )
  }

  @Test func zeros() throws {
    let zeros = try tensor(.f32, [2], littleEndian([0, 0] as [Float]))
    let negative = try tensor(.f32, [2], littleEndian([-0.0, 0] as [Float]))
    let ones = try tensor(.f32, [2], littleEndian([1, 1] as [Float]))
    #expect(try compare(zeros, negative).status == .equal)
    let fromNothing = try compare(zeros, ones)
    #expect(fromNothing.figures?.relativeL2 == .infinity && fromNothing.figures?.cosine == nil)
    #expect(try compare(ones, zeros).figures?.relativeL2 == 1)
  }

  /// Values whose squares float64 does not hold have the figures of their multiples.
  @Test(arguments: [-1000, -600, -520, 520, 700, 1000], [DType.f64, .c128])
  func squaresBeyondFloat64(exponent: Int, dtype: DType) throws {
    let factor = Double(sign: .plus, exponent: exponent, significand: 1)
    let (a, b) = ([3, 4, -1, 12] as [Double], [-3, 4, 1.5, 0] as [Double])
    func figures(_ a: [Double], _ b: [Double]) throws -> DifferenceFigures {
      let sizes = [dtype == .f64 ? 4 : 2]
      let sides = try [a, b].map { try tensor(dtype, sizes, littleEndian($0)) }
      return try #require(try compare(sides[0], sides[1]).figures)
    }
    func cosine(_ a: [Double], _ b: [Double]) throws -> Double {
      try #require(try figures(a, b).cosine)
    }
    let plain = try figures(a, b)
    for (scaleA, scaleB) in [(factor, factor), (factor, 1), (1, factor)] {
      let found = try cosine(a.map { $0 * scaleA }, b.map { $0 * scaleB })
      #expect(abs(found - (plain.cosine ?? .nan)) <= 1e-15, "\(scaleA) \(scaleB)")
    }
    let found = try figures(a.map { $0 * factor }, b.map { $0 * factor })
    #expect(found.relativeL2 == plain.relativeL2 && found.cosine == plain.cosine)
    // A difference that is nothing beside what did not change.
    let near = try figures([1, 0, 0, factor], [1, 0, 0, 2 * factor])
    let expected = exponent < 0 ? factor : 1
    #expect(abs(near.relativeL2 / expected - 1) <= 1e-15)
    let opposite = ([factor, 0, 0, factor] as [Double], [-factor, 0, 0, -factor] as [Double])
    #expect(try figures(opposite.0, opposite.1).relativeL2 == 2)
    let angle = try cosine(opposite.0, opposite.1)
    #expect(abs(angle + 1) <= 1e-15)
  }

  @Test func differencesBeyondFloat64() throws {
    let largest = Double.greatestFiniteMagnitude
    let a = try tensor(.f64, [3], littleEndian([largest, 1, largest]))
    let b = try tensor(.f64, [3], littleEndian([-largest, 2, -largest]))
    let figures = try #require(try compare(a, b).figures)
    #expect(figures.maximumAbsolute == .infinity && figures.maximumRelative == 2)
    #expect(figures.relativeL2 == 2 && abs((figures.cosine ?? 0) + 1) <= 1e-15)
    let whole = try tensor(.i64, [3], littleEndian([1, 0, 0] as [Int64]))
    let mixed = try #require(try compare(whole, a).figures?.cosine)
    #expect(abs(mixed - 0.5.squareRoot()) <= 1e-15)
  }

  @Test func layersBeyondFloat64() throws {
    func layers(_ a: [Double], _ b: [Double]) throws -> [Double] {
      func side(_ values: [Double]) throws -> Checkpoint {
        let tensors = try values.enumerated().map { index, value in
          try tensor(.f64, [1], littleEndian([value]), named: "h.0.w\(index)")
        }
        return try Checkpoint(format: "memory", files: [], tensors: tensors)
      }
      return try CheckpointDifference(from: try side(a), to: try side(b)).layers.map(\.relativeL2)
    }
    #expect(try layers([3e200, 4e200, 1], [0, 0, 1]) == [1])
    #expect(try abs(layers([3e-200, 4e-200], [3e-200, 9e-200])[0] - 1) <= 1e-15)
    let largest = Double.greatestFiniteMagnitude
    #expect(try layers([largest, largest], [-largest, -largest])[0].isNaN)
  }

  @Test func whatIsNotFiniteIsCountedApart() throws {
    let a: [Float] = [.nan, .nan, 1, .infinity, .infinity, .infinity, -.infinity, 2, 3]
    let b: [Float] = [.nan, 5, .nan, .infinity, -.infinity, 7, .nan, 2, 4]
    let found = try compare(
      try tensor(.f32, [9], littleEndian(a)),
      try tensor(.f32, [9], littleEndian(b))
    ).figures
    #expect(found?.notNumberMismatches == 3 && found?.infinityMismatches == 2)
    #expect(found?.changed == 6 && found?.beyondTolerance == 6)
    #expect(found?.maximumAbsolute == 1 && found?.maximumRelative == 0.25)
  }

  @Test func stridesAndOrdersOfBytesDoNotMatter() throws {
    let values = (0..<60).map { Float($0) - 7 }
    func row(of place: Int) -> Int { place % 6 * 10 + place / 6 }
    let plain = try tensor(.f32, [6, 10], littleEndian(values))
    let turned = try tensor(
      .f32,
      [10, 6],
      littleEndian((0..<60).map { values[row(of: $0)] })
    )
    #expect(try compare(plain, try turned.transposed).status == .identical)
    #expect(try compare(try plain.transposed, try plain.transposed).status == .identical)
    let big = try tensor(
      .f32,
      [6, 10],
      values.flatMap { littleEndian([$0]).reversed() },
      byteOrder: .big
    )
    #expect(try compare(plain, big).status == .identical)
    var changed = values
    changed[13] = 99
    let other = try tensor(.f32, [6, 10], littleEndian(changed))
    let (a, b) = (values.map { Double($0) }, changed.map { Double($0) })
    try expect(try compare(big, other).figures, a, b)
    try expect(try compare(try turned.transposed, other).figures, a, b)
    try expect(try compare(try plain.transposed, try other.transposed).figures, a, b)
    let repeated = try tensor(.f32, [2, 3], littleEndian(values), strides: [10, 0], offset: 1)
    let spelled = try tensor(.f32, [2, 3], littleEndian([-6, -6, -6, 4, 4, 4] as [Float]))
    #expect(try compare(repeated, spelled).status == .identical)
  }

  @Test func wholeNumbersAreSubtractedExactly() throws {
    let a: [Int64] = [.max, .min, 1 << 60, -5]
    let b: [Int64] = [.max - 1, .min, -(1 << 60), -5]
    let figures = try compare(
      try tensor(.i64, [4], littleEndian(a)),
      try tensor(.i64, [4], littleEndian(b))
    ).figures
    #expect(figures?.changed == 2 && figures?.maximumAbsolute == 0x1p61)
    let near = try compare(
      try tensor(.i64, [2], littleEndian([Int64.max, 7])),
      try tensor(.i64, [2], littleEndian([Int64.max - 1, 7]))
    )
    #expect(near.figures?.maximumAbsolute == 1 && near.status == .changed)
    let unsigned = try tensor(.u64, [1], littleEndian([UInt64.max]))
    #expect(
      try compare(unsigned, try tensor(.i64, [1], littleEndian([-1 as Int64]))).status == .retyped
    )
    let narrow = try tensor(.i32, [2], littleEndian([7, -9] as [Int32]))
    let wide = try tensor(.i64, [2], littleEndian([7, -9] as [Int64]))
    let recast = try compare(narrow, wide)
    #expect(recast.status == .recast && recast.recast == .exact)
    // Float64 does not hold 2⁵³ + 1, so these are not the same values.
    let odd = try tensor(.i64, [1], littleEndian([(1 << 53) + 1] as [Int64]))
    let even = try tensor(.f64, [1], littleEndian([0x1p53]))
    #expect(try compare(odd, even).figures?.maximumAbsolute == 1)
    let bools = try tensor(.bool, [3], [0, 1, 1])
    try expect(
      try compare(bools, try tensor(.bool, [3], [1, 1, 0])).figures,
      [0, 1, 1],
      [1, 1, 0]
    )
  }

  @Test func complexNumbers() throws {
    let a = try tensor(.c64, [2], littleEndian([3, 4, 1, 0] as [Float]))
    let b = try tensor(.c64, [2], littleEndian([0, 0, 1, 0] as [Float]))
    #expect(try compare(a, a).status == .identical)
    let figures = try compare(a, b).figures
    #expect(figures?.maximumAbsolute == 5 && figures?.maximumRelative == 1)
    #expect(figures?.changed == 1 && figures?.count == 2)
    #expect(figures?.relativeL2 == 5 / 26.0.squareRoot())
    let doubles = try tensor(.c128, [2], littleEndian([3, 4, 1, 0] as [Double]))
    #expect(try compare(a, doubles).recast == .exact)
    let real = try compare(a, try tensor(.f32, [2], littleEndian([3, 1] as [Float])))
    #expect(real.status == .retyped && real.figures == nil)
  }

  @Test(arguments: [DType.f4, .f6e2m3, .f8e8m0, .f8e4m3fnuz])
  func typesWithoutNumbersAreOnlyTheSameOrNot(dtype: DType) throws {
    let bytes = (0..<8).map { UInt8($0) }
    let a = try tensor(dtype, [8], Array(bytes.prefix(dtype.byteCount(of: 8))))
    let b = try tensor(dtype, [8], Array(bytes.reversed().prefix(dtype.byteCount(of: 8))))
    #expect(try compare(a, a).status == .identical)
    let changed = try compare(a, b)
    #expect(changed.status == .changed && changed.figures == nil)
  }

  /// Q8_0 is the rounding of float32 that the writer makes, and float32 of it is the same.
  @Test func blocks() throws {
    var random = SeededGenerator(seed: 8)
    let values = (0..<1024).map { _ in Float.random(in: -1...1, using: &random) }
    let floats = try tensor(.f32, [8, 128], littleEndian(values))
    let blocks = try tensor(.q80, [8, 128], try floats.output(as: .q80).contents())
    let rounded = try compare(floats, blocks)
    #expect(rounded.status == .recast && rounded.recast == .rounded)
    let decoded = try blocks.floats()
    try expect(rounded.figures, values.map { Double($0) }, decoded.map { Double($0) })
    let back = try compare(blocks, try tensor(.f32, [8, 128], littleEndian(decoded)))
    #expect(back.status == .recast && back.recast == .exact)
    var bytes = try blocks.contents()
    bytes[2] ^= 1
    let changed = try compare(blocks, try tensor(.q80, [8, 128], bytes))
    #expect(changed.status == .changed && changed.figures?.changed == 1)
    let square = try tensor(.q80, [32, 32], try blocks.contents())
    #expect(try compare(try square.transposed, try square.transposed).status == .identical)
    #expect(try compare(square, try square.transposed).status == .transposed)
  }

  @Test func everyValueOfFloat8() throws {
    let all = (0...255).map { UInt8($0) }
    for dtype in [DType.f8e4m3, .f8e5m2] {
      let narrow = try tensor(dtype, [256], all)
      let wide = try tensor(.f32, [256], littleEndian(try narrow.floats()))
      #expect(try compare(narrow, wide).recast == .exact)
      #expect(try compare(wide, narrow).recast == .exact)
    }
  }

  // MARK: - What is made to be hard

  @Test func viewsThatUnfoldToTerabytes() throws {
    let one = littleEndian([1] as [Float])
    let huge = try tensor(.f32, [1 << 20, 1 << 20], one, strides: [0, 0])
    let other = try checkpoint(try tensor(.f32, [1], one, named: "other"))
    // Where nothing has to be compared with it, it need not be read.
    #expect(
      try CheckpointDifference(from: try checkpoint(huge), to: other).said == [
        "removed t", "added other",
      ]
    )
    let renamed = try checkpoint(huge.renamed("u"))
    #expect(
      try CheckpointDifference(from: try checkpoint(huge), to: renamed).said == [
        "removed t", "added u",
      ]
    )
    let error = #expect(throws: DifferenceError.self) { try compare(huge, huge) }
    #expect(
      error?.error.fault as? CheckpointFault
        == .expandedTooFar(tensor: "t", bytes: 1 << 42, limit: 1 << 30)
    )
  }

  @Test func theSideOfAnErrorIsKnown() throws {
    let bytes = littleEndian([Float](repeating: 1, count: 8))
    let large = try tensor(.f32, [1 << 16, 1 << 15], bytes, strides: [0, 0])
    let turned = try tensor(.f16, [1 << 16, 1 << 15], bytes, strides: [0, 0])
    let error = #expect(throws: DifferenceError.self) { try compare(turned, large) }
    #expect(error?.side == .a)
    let short = try tensor(.u8, [1 << 15, 1 << 15], bytes, strides: [0, 0])
    let wide = try tensor(.f64, [1 << 15, 1 << 15], bytes, strides: [0, 0])
    let second = #expect(throws: DifferenceError.self) { try compare(short, wide) }
    #expect(second?.side == .b)
  }

  @Test func hugeRanks() throws {
    let sizes = [Int](repeating: 1, count: 5000)
    let a = try tensor(.f32, sizes, littleEndian([1] as [Float]))
    let b = try tensor(.f32, sizes, littleEndian([2] as [Float]))
    #expect(try compare(a, b).figures?.maximumAbsolute == 1)
    #expect(try compare(a, try tensor(.f32, [1], littleEndian([1] as [Float]))).status == .reshaped)
  }

  @Test func workCanBeGivenUp() throws {
    let a = try tensor(.f32, [4], littleEndian([1, 2, 3, 4] as [Float]))
    let error = #expect(throws: DifferenceError.self) {
      try CheckpointDifference(from: try checkpoint(a), to: try checkpoint(a)) {
        (_) throws(FormatError) in
        throw FormatError(CheckpointFault.noSuchTensor("stop"))
      }
    }
    #expect(error?.error.fault as? CheckpointFault == .noSuchTensor("stop"))
  }
}
