import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// Blocks in views; what they hold is compared with gguf-py's reading in the tests of GGUF.
@Suite struct BlockTests {
  @Test func q8KHasAFloatScale() throws {
    let levels = (0..<256).map { Int8(truncatingIfNeeded: $0) }
    let bytes =
      littleEndian([Float(0.25)]) + littleEndian(levels) + [UInt8](repeating: 9, count: 32)
    let view = try tensor(.q8k, [256], bytes)
    #expect(view.byteCount == 292)
    #expect(try view.floats() == levels.map { Float($0) / 4 })
  }

  @Test func viewsAreMadeOfWholeBlocks() {
    let bytes = [UInt8](repeating: 0, count: 34)
    let partial = CheckpointFault.partialBlock(tensor: "t", .q80)
    #expect(Failure { try tensor(.q80, [31], bytes) } == Failure(partial, at: 100))
    let outside = CheckpointFault.outOfBounds(tensor: "t")
    #expect(Failure { try tensor(.q80, [64], bytes) } == Failure(outside, at: 100))
    let moved = CheckpointFault.stridedPackedElements(tensor: "t", .q80)
    let two = bytes + bytes
    #expect(Failure { try tensor(.q80, [32], two, offset: 32) } == Failure(moved, at: 100))
  }

  @Test func sizesAreThoseOfBlocks() throws {
    for dtype in DType.allCases {
      guard let block = dtype.block else { continue }
      #expect(dtype.byteWidth == nil)
      #expect(dtype.isFloatingPoint)
      #expect(dtype.bitWidth == (block.bytes * 8 + block.elements - 1) / block.elements)
      let view = try tensor(
        dtype,
        [2, 256],
        [UInt8](repeating: 0, count: 512 / block.elements * block.bytes)
      )
      #expect(try view.floats().allSatisfy { $0 == 0 })
      #expect(try view.integersAreRefused)
    }
  }
}

extension TensorView {
  fileprivate var integersAreRefused: Bool {
    get throws {
      Failure { try integers() }
        == Failure(CheckpointFault.notNumeric(tensor: name, dtype), at: 100)
    }
  }
}
