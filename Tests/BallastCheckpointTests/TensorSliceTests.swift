import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// Slices as Python's, against picking elements one by one.
@Suite struct TensorSliceTests {
  private static let all = TensorSlice.range(from: nil, to: nil, step: 1)

  /// A view of 4 × 5 × 3 numbers that count up, with its dimensions exchanged.
  private func view() throws -> TensorView {
    let values = (0..<60).map { Float($0) }
    return try tensor(.f32, [4, 5, 3], littleEndian(values)).transposed
  }

  @Test func indicesAndRangesTakeWhatTheySay() throws {
    let slices: [TensorSlice] = [
      .range(from: -3, to: nil, step: 2), .index(-1), .range(from: 1, to: 100, step: 1),
    ]
    let part = try view().sliced(slices)
    #expect(part.shape.dimensions == [2, 4])
    // Rows 1 and 3, of the transposed the last of three, columns 1 to 4.
    let expected: [Float] = [20, 23, 26, 29, 50, 53, 56, 59]
    #expect(try part.floats() == expected)
  }

  @Test func whatIsNotNamedIsWhole() throws {
    let view = try view()
    #expect(try view.sliced([]).shape == view.shape)
    #expect(try view.sliced([.index(2)]).floats() == view.element(2).floats())
    #expect(try view.sliced([Self.all, Self.all, Self.all]).floats() == view.floats())
  }

  @Test(arguments: [
    (TensorSlice.range(from: 3, to: 1, step: 1), 0), (.range(from: 9, to: nil, step: 1), 0),
    (.range(from: -99, to: -99, step: 1), 0), (.range(from: nil, to: nil, step: 3), 2),
    (.range(from: 1, to: nil, step: 1 << 62), 1), (.range(from: nil, to: .max, step: .max), 1),
  ])
  func rangesAreCutAtTheEnds(slice: TensorSlice, count: Int) throws {
    let part = try view().sliced([slice])
    #expect(part.shape.dimensions == [count, 3, 5])
    #expect(try part.floats().count == count * 15)
  }

  @Test(arguments: [
    [TensorSlice.index(4)], [.index(-5)], [.index(.min)], [.index(.max)],
    [all, all, all, .index(0)],
  ])
  func whatIsNotThereIsRefused(slices: [TensorSlice]) throws {
    let view = try view()
    let error = failure { try view.sliced(slices) }
    #expect(error?.fault as? CheckpointFault == .badSlice(tensor: "t", [4, 3, 5]))
  }

  @Test func blocksAreDecodedFirst() throws {
    let values = (0..<64).map { Float($0) }
    let blocks = try tensor(.f32, [2, 32], littleEndian(values)).output(as: .q80).contents()
    let quantized = try tensor(.q80, [2, 32], blocks)
    let part = try quantized.sliced([Self.all, .index(3)])
    #expect(part.dtype == .f32 && part.shape.dimensions == [2])
    #expect(try part.floats() == [quantized.floats()[3], quantized.floats()[35]])
  }

  @Test func scalarsAreWhatTheirTypeSays() throws {
    func scalars(_ dtype: DType, _ bytes: [UInt8], _ count: Int = 1) throws -> [Scalar] {
      try tensor(dtype, [count], bytes).scalars()
    }
    #expect(try scalars(.bool, [0, 7], 2) == [.bool(false), .bool(true)])
    #expect(try scalars(.i8, [0xFF]) == [.integer(-1)])
    #expect(try scalars(.u16, [1, 2]) == [.integer(513)])
    #expect(try scalars(.u64, littleEndian([UInt64.max])) == [.large(.max)])
    #expect(try scalars(.i64, littleEndian([Int64.min])) == [.integer(.min)])
    #expect(try scalars(.f64, littleEndian([0.1])) == [.double(0.1)])
    #expect(try scalars(.bf16, [0x80, 0x3F]) == [.single(1)])
    #expect(try scalars(.f16, [0, 0x3C]) == [.single(1)])
    #expect(try scalars(.f8e4m3, [0x38]) == [.single(1)])
    #expect(try scalars(.f8e5m2, [0x3C]) == [.single(1)])
    #expect(try scalars(.f4, [0x21], 2) == [.single(0.5), .single(1)])
    let parts: [Float] = [1, -2]
    #expect(try scalars(.c64, littleEndian(parts)) == [.complex(1, -2)])
  }
}
