import BallastKernels
import Testing

extension Kernels {
  /// Products against their definition, in double.
  struct MatrixTests {
    /// Sizes on both sides of a tile's, of a block's 768 rows and 768 terms, and of what is cut among threads.
    static let sizes = [
      (1, 1, 1), (2, 3, 1), (7, 15, 5), (8, 48, 16), (9, 49, 17), (13, 33, 31), (31, 100, 64),
      (1, 97, 769), (17, 16, 1537), (775, 20, 33), (50, 200, 90), (200, 50, 90),
    ]

    @Test(arguments: sizes, [(false, false), (false, true), (true, false), (true, true)])
    func isTheProduct(size: (Int, Int, Int), isTransposed: (Bool, Bool)) {
      let product = Product(
        size,
        leftIsTransposed: isTransposed.0,
        rightIsTransposed: isTransposed.1
      )
      onEveryMachine { machine in
        expectClose(product.multiplied(into: .nan), product.expected(), machine)
        expectClose(
          product.multiplied(into: 3, scale: 0.5, outputScale: -2),
          product.expected(scale: 0.5, added: -6),
          machine
        )
      }
    }

    /// More rows than are packed at once, and more terms than are added in one run.
    @Test func blocksFollowOneAnother() {
      let product = Product((780, 3, 800), leftIsTransposed: true, rightIsTransposed: false)
      let expected = product.expected()
      onEveryMachine { expectClose(product.multiplied(into: .nan), expected, $0) }
    }

    /// What is between the rows of factors is not read.
    @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
    func rowsOfFactorsLieApart(isTransposed: (Bool, Bool)) {
      let product = Product(
        (19, 50, 33),
        leftIsTransposed: isTransposed.0,
        rightIsTransposed: isTransposed.1,
        padding: 3
      )
      onEveryMachine { expectClose(product.multiplied(into: 0), product.expected(), $0) }
    }

    /// Rows of the output lie apart, and what is between them stays.
    @Test func whatLiesBetweenRowsStays() {
      let product = Product((11, 52, 20), leftIsTransposed: false, rightIsTransposed: true)
      onEveryMachine { machine in
        let output = product.multiplied(into: 7, outputStride: 60)
        for row in 0..<11 {
          #expect(output[row * 60 + 52..<row * 60 + 60].allSatisfy { $0 == 7 }, "\(machine)")
        }
        let dense = (0..<11).flatMap { output[$0 * 60..<$0 * 60 + 52] }
        #expect(dense == product.multiplied(into: 0), "\(machine)")
      }
    }

    /// To the bit: no element depends on the number of threads, nor on its place.
    @Test(
      arguments: [(130, 70, 900), (70, 130, 900)],
      [(false, false), (false, true), (true, false)]
    )
    func anElementDoesNotDependOnItsPlace(size: (Int, Int, Int), isTransposed: (Bool, Bool)) {
      let product = Product(
        size,
        leftIsTransposed: isTransposed.0,
        rightIsTransposed: isTransposed.1
      )
      let (rows, columns, _) = size
      var outputs: [String: [Float]] = [:]
      onEveryMachine { machine in
        let output = product.multiplied(into: 1, scale: 0.3, outputScale: 0.7)
        let set = String(machine.prefix { $0 != "," })
        #expect(outputs[set, default: output] == output, "\(machine)")
        outputs[set] = output
        // One row and one column from the middle, alone.
        let row = product.multiplied(into: 1, rows: 61..<62, scale: 0.3, outputScale: 0.7)
        #expect(row[...] == output[61 * columns..<62 * columns], "\(machine)")
        let column = product.multiplied(into: 1, columns: 59..<60, scale: 0.3, outputScale: 0.7)
        #expect(column == (0..<rows).map { output[$0 * columns + 59] }, "\(machine)")
      }
    }

    /// Without terms there is nothing to add.
    @Test func anEmptySumIsZero() {
      onEveryMachine { machine in
        let product = Product((3, 50, 0), leftIsTransposed: false, rightIsTransposed: false)
        #expect(product.multiplied(into: .nan) == [Float](repeating: 0, count: 150), "\(machine)")
        #expect(product.multiplied(into: 2, outputScale: 1).allSatisfy { $0 == 2 }, "\(machine)")
      }
    }
  }
}

/// Two factors of seeded values, whose rows lie `padding` elements apart that are not numbers.
private struct Product {
  let rows: Int
  let columns: Int
  let inner: Int
  let left: Factor
  let right: Factor

  init(
    _ size: (Int, Int, Int),
    leftIsTransposed: Bool,
    rightIsTransposed: Bool,
    padding: Int = 0
  ) {
    (rows, columns, inner) = size
    var random = SeededGenerator(UInt64(rows * columns + inner))
    left = Factor(rows, inner, isTransposed: leftIsTransposed, padding, &random)
    right = Factor(inner, columns, isTransposed: rightIsTransposed, padding, &random)
  }

  /// scale · left · right + added, term by term.
  func expected(scale: Double = 1, added: Double = 0) -> [Double] {
    (0..<rows * columns).map { index in
      let (row, column) = index.quotientAndRemainder(dividingBy: columns)
      let sum = (0..<inner).reduce(0.0) { sum, k in
        sum + Double(left.values[left.place(row, k)]) * Double(right.values[right.place(k, column)])
      }
      return scale * sum + added
    }
  }

  /// The product, or some rows and columns of it, into an output that is filled with a value.
  func multiplied(
    into value: Float,
    rows range: Range<Int>? = nil,
    columns columnRange: Range<Int>? = nil,
    outputStride: Int? = nil,
    scale: Float = 1,
    outputScale: Float = 0
  ) -> [Float] {
    let rows = range ?? 0..<rows
    let columns = columnRange ?? 0..<columns
    let stride = outputStride ?? columns.count
    var output = [Float](repeating: value, count: rows.count * stride)
    left.withOperand(from: left.place(rows.lowerBound, 0)) { left in
      right.withOperand(from: right.place(0, columns.lowerBound)) { right in
        Matrix.multiply(
          output: &output,
          outputStride: stride,
          left: left,
          right: right,
          rows: rows.count,
          columns: columns.count,
          inner: inner,
          scale: scale,
          outputScale: outputScale
        )
      }
    }
    return output
  }
}

private struct Factor {
  let values: [Float]
  let stride: Int
  let isTransposed: Bool

  init(
    _ rows: Int,
    _ columns: Int,
    isTransposed: Bool,
    _ padding: Int,
    _ random: inout SeededGenerator
  ) {
    self.isTransposed = isTransposed
    let (count, length) = isTransposed ? (columns, rows) : (rows, columns)
    stride = length + padding
    values = (0..<count).flatMap { _ in
      random.floats(length) + [Float](repeating: .nan, count: padding)
    }
  }

  /// Where an element stands.
  func place(_ row: Int, _ column: Int) -> Int {
    isTransposed ? column * stride + row : row * stride + column
  }

  func withOperand(from place: Int, _ body: (Matrix.Operand) -> Void) {
    values.withUnsafeBufferPointer { values in
      // Without elements there may be no address.
      withUnsafePointer(to: Float.nan) { nothing in
        let start = values.baseAddress.map { $0 + place } ?? nothing
        body(Matrix.Operand(start, rowStride: stride, isTransposed: isTransposed))
      }
    }
  }
}
