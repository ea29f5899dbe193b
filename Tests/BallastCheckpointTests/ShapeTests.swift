import BallastBytes
import BallastCheckpoint
import BallastTestSupport
import Testing

/// Sizes whose product fits, and the strides that follow from them.
@Suite struct ShapeTests {
  @Test(
    arguments: [
      ([], 1, []), ([5], 5, [1]), ([2, 3, 4], 24, [12, 4, 1]), ([0], 0, [1]),
      ([2, 0, 3], 0, [3, 3, 1]), ([1, 1], 1, [1, 1]), ([1 << 62], 1 << 62, [1]),
    ] as [([Int], Int, [Int])]
  )
  func elementsAndStrides(sizes: [Int], count: Int, strides: [Int]) throws {
    let shape = try Shape(sizes)
    #expect(shape.elementCount == count)
    #expect(shape.rank == sizes.count)
    #expect(shape.contiguousStrides == strides)
  }

  @Test(
    arguments: [
      ([.max, 2], ByteFault.overflow), ([1 << 32, 1 << 32], .overflow),
      ([0, .max, 2], .overflow), ([.max, 2, 0], .overflow),
    ] as [([Int], ByteFault)]
  )
  func sizesMustNotOverflowEvenBesideAZero(sizes: [Int], fault: ByteFault) {
    #expect(Failure { try Shape(sizes) } == Failure(fault))
  }

  @Test(arguments: [-1, .min])
  func negativeSizesAreRefused(size: Int) {
    #expect(Failure { try Shape([2, size]) } == Failure(CheckpointFault.negativeSize(size)))
  }

  @Test func shapesAreWrittenInBrackets() throws {
    #expect(try Shape([2, 3]).description == "[2, 3]")
    #expect(try Shape([]).description == "[]")
  }

  @Test func typesStandInTheOrderOfTheLibrary() {
    let names = DType.allCases.filter { $0.block == nil }.map(\.rawValue)
    #expect(names.prefix(6) == ["BOOL", "F4", "F6_E2M3", "F6_E3M2", "U8", "I8"])
    #expect(names.suffix(4) == ["I64", "U64", "C32", "C128"])
    #expect(DType.f4.byteWidth == nil)
    #expect(DType.f6e3m2.byteWidth == nil)
    #expect(DType.c128.byteWidth == 16)
    #expect(!DType.c64.isFloatingPoint)
    #expect(DType.bf16.isFloatingPoint)
  }
}
