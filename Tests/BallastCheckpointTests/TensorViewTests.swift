import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// Views within their storage, whatever the strides, and reading through them.
@Suite struct TensorViewTests {
  /// 0, 1, …, 11 as bytes.
  private static let dozen = [UInt8](0..<12)

  @Test func anOffsetMovesTheFirstElement() throws {
    let view = try tensor(.u16, [2], Self.dozen, offset: 3)
    #expect(try view.contents() == [6, 7, 8, 9])
    #expect(view.fileOffset == 106)
    #expect(view.byteCount == 4)
    #expect(view.isContiguous)
  }

  @Test func aTransposedViewIsReadRowByRow() throws {
    let view = try tensor(.u8, [3, 4], Self.dozen)
    let transposed = try view.transposed
    #expect(transposed.shape.dimensions == [4, 3])
    #expect(transposed.strides == [1, 4])
    #expect(!transposed.isContiguous)
    #expect(try transposed.contents() == [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
    #expect(try transposed.transposed.isTied(to: view))
    let row = try tensor(.u8, [4], Self.dozen)
    #expect(try row.transposed.isTied(to: row))
    let deep = try tensor(.u8, [2, 2, 3], Self.dozen).transposed
    #expect(try deep.contents() == [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
  }

  /// A slow twin: each element by its index.
  private func slowly(_ view: TensorView, _ source: [UInt8], width: Int) -> [UInt8] {
    (0..<view.shape.elementCount).flatMap { position in
      var rest = position
      var element = view.elementOffset
      for axis in view.shape.dimensions.indices.reversed() {
        element += rest % view.shape.dimensions[axis] * view.strides[axis]
        rest /= view.shape.dimensions[axis]
      }
      return source[element * width..<(element + 1) * width]
    }
  }

  @Test(arguments: [(DType.u8, 1), (.f16, 2), (.i32, 4), (.f64, 8), (.c128, 16)])
  func randomViewsAgreeWithTheSlowTwin(dtype: DType, width: Int) throws {
    var random = SeededGenerator(seed: UInt64(width))
    let source = (0..<4096).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
    for _ in 0..<200 {
      let rank = Int.random(in: 0...4, using: &random)
      let sizes = (0..<rank).map { _ in Int.random(in: 0...4, using: &random) }
      let strides = (0..<rank).map { _ in Int.random(in: 0...15, using: &random) }
      let offset = Int.random(in: 0...7, using: &random)
      let view = try tensor(dtype, sizes, source, strides: strides, offset: offset)
      let expected = slowly(view, source, width: width)
      #expect(try view.contents() == expected)
      // Pieces smaller than a row, of one element, and not even of one.
      for pieceBytes in [3 * width, width, 1] {
        #expect(try view.contents(pieceBytes: pieceBytes) == expected)
      }
    }
  }

  @Test func rangesOfElementsAreReadAlone() throws {
    let view = try tensor(.u8, [3, 4], Self.dozen).transposed
    var pieces: [Range<Int>] = []
    var bytes: [UInt8] = []
    try view.forEachPiece(of: 2..<9, pieceBytes: 3) { (piece, range) throws(FormatError) in
      pieces.append(range)
      bytes += [UInt8](copying: piece)
    }
    #expect(pieces == [2..<5, 5..<8, 8..<9])
    #expect(bytes == [8, 1, 5, 9, 2, 6, 10])
    #expect(try view.floats(in: 2..<5) == [8, 1, 5])
  }

  @Test func bigEndianScalarsAreTurnedAround() throws {
    #expect(
      try tensor(.i32, [2], Self.dozen, byteOrder: .big).contents() == [3, 2, 1, 0, 7, 6, 5, 4]
    )
    // A complex number is two scalars, each turned on its own.
    #expect(
      try tensor(.c64, [1], Self.dozen, byteOrder: .big).contents() == [3, 2, 1, 0, 7, 6, 5, 4]
    )
    #expect(try tensor(.u8, [3], Self.dozen, byteOrder: .big).contents() == [0, 1, 2])
    let strided = try tensor(.u16, [2], Self.dozen, strides: [2], offset: 1, byteOrder: .big)
    #expect(try strided.contents() == [3, 2, 7, 6])
    #expect(try tensor(.f32, [1], [0x3F, 0x80, 0, 0], byteOrder: .big).floats() == [1])
  }

  @Test(
    arguments: [
      ([13], nil, 0), ([12], nil, 1), ([], nil, 12), ([3, 4], [4, 2], 0), ([2], [12], 0),
      ([1], nil, 12),
    ] as [([Int], [Int]?, Int)]
  )
  func everyElementMustLieInTheStorage(sizes: [Int], strides: [Int]?, offset: Int) {
    #expect(
      Failure { try tensor(.u8, sizes, Self.dozen, strides: strides, offset: offset) }
        == Failure(CheckpointFault.outOfBounds(tensor: "t"), at: 100)
    )
  }

  @Test(
    arguments: [
      ([2], [.max], 2), ([2, 2], [.max, .max], 0), ([2], [1], .max), ([0], [1], .max),
      ([1 << 58], [0], 0),
    ] as [([Int], [Int], Int)]
  )
  func placesAndSizesMustNotOverflow(sizes: [Int], strides: [Int], offset: Int) {
    #expect(
      Failure { try tensor(.u16, sizes, Self.dozen, strides: strides, offset: offset) }
        == Failure(ByteFault.overflow, at: 100)
    )
  }

  @Test func stridesAndOffsetsAreNotNegativeAndOneForEachDimension() {
    let negative = Failure(CheckpointFault.negativeStride(tensor: "t"), at: 100)
    #expect(Failure { try tensor(.u8, [2], Self.dozen, strides: [-1], offset: 5) } == negative)
    #expect(Failure { try tensor(.u8, [2], Self.dozen, offset: -1) } == negative)
    #expect(Failure { try tensor(.u8, [0], Self.dozen, offset: .min) } == negative)
    let rank = Failure(CheckpointFault.rankMismatch(tensor: "t"), at: 100)
    #expect(Failure { try tensor(.u8, [2], Self.dozen, strides: []) } == rank)
    #expect(Failure { try tensor(.u8, [2], Self.dozen, strides: [1, 1]) } == rank)
  }

  @Test func nothingIsReadOfATensorWithoutElements() throws {
    let view = try tensor(.f32, [3, 0], [], strides: [7, 9], offset: 5)
    #expect(view.isContiguous)
    #expect(try view.contents().isEmpty)
    #expect(try view.floats().isEmpty)
    #expect(view.fileOffset == 120)
  }

  @Test func theStrideAlongASingleElementMayBeAnything() throws {
    let view = try tensor(.u16, [3, 1], Self.dozen, strides: [2, .max])
    #expect(try view.contents() == [0, 1, 4, 5, 8, 9])
    let contiguous = try tensor(.u8, [1, 3, 1], Self.dozen, strides: [.max, 1, .max])
    #expect(contiguous.isContiguous)
    #expect(try contiguous.contents() == [0, 1, 2])
  }

  @Test func expandedViewsRepeatTheirElements() throws {
    let view = try tensor(.u8, [2, 3], Self.dozen, strides: [1, 0], offset: 4)
    #expect(try view.contents() == [4, 4, 4, 5, 5, 5])
    let windows = try tensor(.u8, [3, 3], Self.dozen, strides: [1, 1])
    #expect(try windows.contents() == [0, 1, 2, 1, 2, 3, 2, 3, 4])
  }

  /// A stride of zero, and rows that overlap by all but one element.
  @Test(arguments: [([1 << 16, 1 << 15], [0, 0]), ([1 << 16, 1 << 16], [1, 1])])
  func expandedViewsHaveALimit(sizes: [Int], strides: [Int]) throws {
    let view = try tensor(.u8, sizes, [UInt8](repeating: 0, count: 1 << 17), strides: strides)
    let bytes = sizes[0] * sizes[1]
    #expect(view.byteCount == bytes)
    let limit = TensorStorage.maximumUnfoldedBytes
    #expect(
      Failure { try view.contents() }
        == Failure(
          CheckpointFault.expandedTooFar(tensor: "t", bytes: bytes, limit: limit),
          at: 100
        )
    )
  }

  @Test func packedElementsAreWholeOrNotAtAll() throws {
    #expect(try tensor(.f4, [3], [0x12, 0x03]).contents() == [0x12, 0x03])
    #expect(try tensor(.f6e2m3, [4], [1, 2, 3]).byteCount == 3)
    let strided = Failure(CheckpointFault.stridedPackedElements(tensor: "t", .f4), at: 100)
    #expect(Failure { try tensor(.f4, [2, 2], Self.dozen, strides: [1, 2]) } == strided)
    #expect(Failure { try tensor(.f4, [2], Self.dozen, offset: 2) }?.fault == strided.fault)
  }
}
