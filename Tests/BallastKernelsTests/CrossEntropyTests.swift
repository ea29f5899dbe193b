import BallastKernels
import Glibc
import Testing

extension Kernels {
  struct CrossEntropyTests {
    @Test(arguments: [(1, 1), (3, 5), (7, 65), (5, 50257)])
    func lossAndGradientAreThoseOfTheDefinition(rows: Int, classes: Int) {
      var random = SeededGenerator(UInt64(classes))
      // Logits near -100, as GPT-2's are.
      let logits = random.floats(rows * classes, in: -110 ... -90)
      var targets = (0..<rows).map { _ in Int32.random(in: 0..<Int32(classes), using: &random) }
      if rows > 1 { targets[1] = -100 }
      let scale = 0.25
      var loss = 0.0
      var gradient = [Double](repeating: 0, count: rows * classes)
      for row in 0..<rows where targets[row] >= 0 {
        let values = logits[row * classes..<(row + 1) * classes].map { Double($0) }
        let largest = values.max() ?? 0
        let sum = values.reduce(0) { $0 + exp($1 - largest) }
        loss += largest + log(sum) - values[Int(targets[row])]
        for column in 0..<classes {
          let isTarget = column == Int(targets[row])
          gradient[row * classes + column] =
            scale * (exp(values[column] - largest) / sum - (isTarget ? 1 : 0))
        }
      }
      onEveryMachine { machine in
        let actual = CrossEntropy.lossSum(
          logits: logits,
          targets: targets,
          rows: rows,
          classes: classes
        )
        #expect((actual - loss).magnitude <= 1e-6 * max(1, loss), "\(machine)")
        var inPlace = logits
        let same = CrossEntropy.lossSumAndGradient(
          logits: &inPlace,
          targets: targets,
          rows: rows,
          classes: classes,
          scale: Float(scale)
        )
        #expect((same - loss).magnitude <= 1e-6 * max(1, loss), "\(machine)")
        expectClose(inPlace, gradient, machine)
      }
    }

    /// What the gradient above claims to be, checked against the loss itself.
    @Test func gradientIsTheDerivative() {
      var random = SeededGenerator(4)
      let logits = random.floats(2 * 9, in: -3...3)
      let targets: [Int32] = [4, 8]
      let numeric = numericGradient(at: logits.doubles) { values in
        (0..<2).reduce(0) { sum, row in
          let values = values[row * 9..<(row + 1) * 9]
          return sum + log(values.reduce(0) { $0 + exp($1) })
            - values[values.startIndex + Int(targets[row])]
        }
      }
      var gradient = logits
      _ = CrossEntropy.lossSumAndGradient(
        logits: &gradient,
        targets: targets,
        rows: 2,
        classes: 9,
        scale: 1
      )
      expectClose(gradient, numeric)
    }

    @Test func extremeLogitsStayFinite() {
      let logits: [Float] = [1e30, -1e30, 0, -.infinity]
      let loss = CrossEntropy.lossSum(logits: logits, targets: [0], rows: 1, classes: 4)
      #expect(loss == 0)
      var gradient = logits
      _ = CrossEntropy.lossSumAndGradient(
        logits: &gradient,
        targets: [1],
        rows: 1,
        classes: 4,
        scale: 1
      )
      #expect(gradient == [1, -1, 0, 0])
    }

    @Test func notANumberIsNotHidden() {
      var logits = [Float](repeating: 0, count: 40)
      logits[33] = .nan
      onEveryMachine { machine in
        let loss = CrossEntropy.lossSum(logits: logits, targets: [0], rows: 1, classes: 40)
        #expect(loss.isNaN, "\(machine)")
      }
    }
  }
}
