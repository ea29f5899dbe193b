import BallastKernels
import Testing

extension Kernels {
  struct ElementwiseTests {
    @Test(arguments: [0, 1, 5, 33, 1000, 70_001])
    func operationsAreElementwise(count: Int) {
      var random = SeededGenerator(UInt64(count))
      let left = random.floats(count)
      let right = random.floats(count)
      onEveryMachine { machine in
        var output = [Float](repeating: .nan, count: count)
        Elementwise.add(output: &output, left: left, right: right, count: count)
        #expect(output == zip(left, right).map { $0 + $1 }, "\(machine)")
        Elementwise.scale(output: &output, input: left, by: -3, count: count)
        #expect(output == left.map { $0 * -3 }, "\(machine)")
        Elementwise.add(to: &output, from: right, factor: 2, count: count)
        expectClose(output, zip(left, right).map { Double($0) * -3 + Double($1) * 2 }, machine)
        Elementwise.fill(&output, with: 7, count: count)
        #expect(output.allSatisfy { $0 == 7 }, "\(machine)")
      }
    }

    @Test(arguments: [0, 1, 9, 70_001, 200_000])
    func sumsOfSquaresDoNotDependOnTheThreads(count: Int) {
      var random = SeededGenerator(UInt64(count))
      let values = random.floats(count)
      let expected = values.reduce(0.0) { $0 + Double($1) * Double($1) }
      var seen: [String: Double] = [:]
      onEveryMachine { machine in
        let sum = Elementwise.sumOfSquares(values, count: count)
        #expect((sum - expected).magnitude <= 1e-12 * expected, "\(machine)")
        let level = String(machine.prefix { $0 != "," })
        #expect(seen[level, default: sum] == sum, "\(machine)")
        seen[level] = sum
      }
    }

    @Test(arguments: [(1, 1), (9, 5), (130, 257), (3, 20_000)])
    func columnSumsAreAdded(rows: Int, columns: Int) {
      var random = SeededGenerator(UInt64(columns))
      let values = random.floats(rows * columns)
      let start = random.floats(columns)
      let expected = (0..<columns).map { column in
        (0..<rows).reduce(Double(start[column])) { $0 + Double(values[$1 * columns + column]) }
      }
      onEveryMachine { machine in
        var sums = start
        Elementwise.addColumnSums(to: &sums, of: values, rows: rows, columns: columns)
        expectClose(sums, expected, tolerance: 2e-7, machine)
      }
    }

    /// To the bit what the three operations give one after the other.
    @Test(arguments: [(1, 768), (17, 33), (100, 768), (3, 40_000)], [nil, 0.25 as Float])
    func aBranchIsAdded(size: (rows: Int, width: Int), probability: Float?) {
      let count = size.rows * size.width
      var random = SeededGenerator(4)
      let branch = random.floats(count)
      let bias = random.floats(size.width)
      let residual = random.floats(count)
      let dropout = probability.map { Dropout(probability: $0, seed: 2, stream: 3) }
      var expected = (0..<count).map { branch[$0] + bias[$0 % size.width] }
      dropout?.apply(&expected, count: count)
      for index in 0..<count { expected[index] += residual[index] }
      onEveryMachine { machine in
        var output = branch
        Elementwise.addBranch(
          &output,
          bias: bias,
          dropout: dropout,
          to: residual,
          rows: size.rows,
          width: size.width
        )
        #expect(output == expected, "\(machine)")
      }
    }
  }
}
