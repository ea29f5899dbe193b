import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// Names, ties, and equality of tensors.
@Suite struct CheckpointTests {
  private func checkpoint(_ tensors: [TensorView]) throws -> Checkpoint {
    try Checkpoint(format: "test", files: [], tensors: tensors)
  }

  private func view(
    _ name: String,
    _ storage: TensorStorage,
    _ sizes: [Int] = [2, 2],
    dtype: DType = .u8,
    strides: [Int]? = nil,
    offset: Int = 0
  ) throws -> TensorView {
    try TensorView(
      name: name,
      dtype: dtype,
      shape: Shape(sizes),
      strides: strides,
      storage: storage,
      elementOffset: offset
    )
  }

  @Test func tensorsAreFoundByTheBytesOfTheirNames() throws {
    let storage = try storage([0, 1, 2, 3])
    let composed = try view("caf\u{E9}", storage, [1])
    let decomposed = try view("cafe\u{301}", storage, [2])
    let checkpoint = try checkpoint([composed, decomposed])
    #expect(checkpoint["caf\u{E9}"]?.shape.dimensions == [1])
    #expect(checkpoint["cafe\u{301}"]?.shape.dimensions == [2])
    #expect(checkpoint["cafe"] == nil)
  }

  @Test func aNameComesOnce() throws {
    let storage = try storage([0, 1, 2, 3])
    let first = try view("a", storage)
    let second = try view("a", storage, [1], offset: 3)
    #expect(
      Failure { try checkpoint([first, second]) }
        == Failure(CheckpointFault.duplicateName("a"), at: 103)
    )
    #expect(
      Failure { try checkpoint([first]).with(tensors: [first, first.renamed("b"), second]) }
        == Failure(CheckpointFault.duplicateName("a"), at: 103)
    )
  }

  @Test func viewsOfTheSameElementsAreTied() throws {
    let bytes = try storage([0, 1, 2, 3, 4, 5, 6, 7])
    let first = try view("first", bytes)
    let all = [
      first, first.renamed("tied"), try view("transposed", bytes, strides: [1, 2]),
      try view("shifted", bytes, offset: 1), try view("flat", bytes, [4]),
      try view("typed", bytes, dtype: .i8), try view("elsewhere", try storage([0, 1, 2, 3])),
      first.renamed("also tied"),
    ]
    let checkpoint = try checkpoint(all)
    let ties = all.map { checkpoint.tie(of: $0)?.name }
    #expect(ties == [nil, "first", nil, nil, nil, nil, nil, "first"])
    #expect(all.dropFirst().map { first.isTied(to: $0) }.filter { $0 }.count == 2)
  }

  @Test func tensorsWithoutElementsAreNotTied() throws {
    let storage = try storage([])
    let checkpoint = try checkpoint([
      try view("a", storage, [0]), try view("b", storage, [0]),
    ])
    #expect(checkpoint.tie(of: checkpoint.tensors[1]) == nil)
  }

  @Test func equalElementsAreFoundBehindAnyStrides() throws {
    let rows = try tensor(.u8, [2, 3], [0, 1, 2, 3, 4, 5])
    let columns = try tensor(.u8, [2, 3], [0, 3, 1, 4, 2, 5], strides: [1, 2])
    #expect(try rows.holdsSame(as: columns))
    #expect(try columns.holdsSame(as: rows))
    #expect(try !rows.holdsSame(as: try tensor(.u8, [2, 3], [0, 1, 2, 3, 4, 6])))
    #expect(try !rows.holdsSame(as: try tensor(.i8, [2, 3], [0, 1, 2, 3, 4, 5])))
    #expect(try !rows.holdsSame(as: try tensor(.u8, [3, 2], [0, 1, 2, 3, 4, 5])))
    // Equality is that of bytes: NaN is itself, and the zeros differ.
    let numbers: [Float] = [.nan, 0]
    let others: [Float] = [.nan, -0.0]
    let first = try tensor(.f32, [2], littleEndian(numbers))
    #expect(try first.holdsSame(as: try tensor(.f32, [2], littleEndian(numbers))))
    #expect(try !first.holdsSame(as: try tensor(.f32, [2], littleEndian(others))))
  }

  @Test func elementsAreLentInPlaceOnlyWhereTheyLieAsKernelsWant() throws {
    let bytes = littleEndian([1, 2, 3, 4] as [Float])
    let view = try tensor(.f32, [2, 2], bytes, offset: 0)
    let lent = try #require(view.elementsInPlace(alignment: 4))
    withExtendedLifetime(lent.file) {
      #expect(lent.start.load(fromByteOffset: 12, as: Float.self) == 4)
    }
    #expect(try view.transposed.elementsInPlace(alignment: 4) == nil)
    #expect(try tensor(.f32, [2], bytes, byteOrder: .big).elementsInPlace(alignment: 4) == nil)
    #expect(try tensor(.f32, [0], bytes).elementsInPlace(alignment: 4) == nil)
    let odd = try ByteRegion(.copying([0] + bytes), offset: 1, count: 16)
    let unaligned = try self.view("t", TensorStorage(odd, fileOffset: 1), [4], dtype: .f32)
    #expect(unaligned.elementsInPlace(alignment: 4) == nil)
    #expect(unaligned.elementsInPlace(alignment: 1) != nil)
    #expect(try unaligned.floats() == [1, 2, 3, 4])
  }
}
