import BallastKernels
import Testing

extension Kernels {
  struct LayerNormTests {
    /// What was put out comes again from the statistics, bit for bit.
    @Test(arguments: [(1, 1), (5, 17), (33, 768)])
    func theOutputComesAgain(rows: Int, width: Int) {
      var random = SeededGenerator(UInt64(width))
      let input = random.floats(rows * width)
      let weight = random.floats(width)
      let bias = random.floats(width)
      onEveryMachine { machine in
        var output = [Float](repeating: 0, count: rows * width)
        var again = output
        var mean = [Float](repeating: 0, count: rows)
        var reciprocalStd = mean
        LayerNorm.forward(
          output: &output,
          mean: &mean,
          reciprocalStd: &reciprocalStd,
          input: input,
          weight: weight,
          bias: bias,
          rows: rows,
          width: width,
          epsilon: 1e-5
        )
        LayerNorm.forwardAgain(
          output: &again,
          mean: mean,
          reciprocalStd: reciprocalStd,
          input: input,
          weight: weight,
          bias: bias,
          rows: rows,
          width: width
        )
        #expect(output == again, "\(machine)")
      }
    }

    @Test(arguments: [(1, 1), (3, 5), (2, 768), (37, 65), (300, 33)])
    func forwardNormalisesRows(rows: Int, width: Int) {
      var random = SeededGenerator(UInt64(width))
      // A mean far from zero: sums in float would lose the deviations.
      let input = random.floats(rows * width).map { $0 + 100 }
      let weight = random.floats(width)
      for bias in [random.floats(width), nil] {
        let expected = normalized(
          input.doubles,
          weight.doubles,
          bias?.doubles,
          rows: rows,
          width: width
        )
        onEveryMachine { machine in
          var output = input
          output.withUnsafeMutableBufferPointer { inPlace in
            guard let values = inPlace.baseAddress else { return }
            LayerNorm.forward(
              output: values,
              mean: nil,
              reciprocalStd: nil,
              input: values,
              weight: weight,
              bias: bias,
              rows: rows,
              width: width,
              epsilon: 1e-5
            )
          }
          // The mean is rounded to float: an error of 4e-6 at 100.
          expectClose(output, expected, tolerance: 2e-5, machine)
        }
      }
    }

    @Test(arguments: [(3, 5), (4, 37), (20, 9)])
    func backwardIsTheDerivative(rows: Int, width: Int) {
      var random = SeededGenerator(UInt64(rows))
      let input = random.floats(rows * width)
      let weight = random.floats(width)
      let bias = random.floats(width)
      let outputGradient = random.floats(rows * width)
      let start = random.floats(rows * width)
      func loss(_ input: [Double], _ weight: [Double], _ bias: [Double]) -> Double {
        dot(
          outputGradient.doubles,
          normalized(input, weight, bias, rows: rows, width: width)
        )
      }
      func added(_ gradient: [Double]) -> [Double] {
        zip(gradient, start).map { $0 + Double($1) }
      }
      let byInput = added(
        numericGradient(at: input.doubles) { loss($0, weight.doubles, bias.doubles) }
      )
      let byWeight = added(
        numericGradient(at: weight.doubles) { loss(input.doubles, $0, bias.doubles) }
      )
      let byBias = added(
        numericGradient(at: bias.doubles) { loss(input.doubles, weight.doubles, $0) }
      )
      onEveryMachine { machine in
        var output = [Float](repeating: 0, count: rows * width)
        var mean = [Float](repeating: 0, count: rows)
        var reciprocalStd = mean
        LayerNorm.forward(
          output: &output,
          mean: &mean,
          reciprocalStd: &reciprocalStd,
          input: input,
          weight: weight,
          bias: bias,
          rows: rows,
          width: width,
          epsilon: 1e-5
        )
        var inputGradient = start
        var weightGradient = Array(start.prefix(width))
        var biasGradient = Array(start.prefix(width))
        LayerNorm.backward(
          inputGradient: &inputGradient,
          weightGradient: &weightGradient,
          biasGradient: &biasGradient,
          outputGradient: outputGradient,
          input: input,
          weight: weight,
          mean: mean,
          reciprocalStd: reciprocalStd,
          rows: rows,
          width: width
        )
        expectClose(inputGradient, byInput, machine)
        expectClose(weightGradient, byWeight, machine)
        expectClose(biasGradient, byBias, machine)
        LayerNorm.backward(
          inputGradient: &inputGradient,
          weightGradient: nil,
          biasGradient: nil,
          outputGradient: outputGradient,
          input: input,
          weight: weight,
          mean: mean,
          reciprocalStd: reciprocalStd,
          rows: rows,
          width: width
        )
        expectClose(
          inputGradient,
          zip(byInput, start).map { 2 * $0 - Double($1) },
          machine
        )
      }
    }
  }
}

private func normalized(
  _ input: [Double],
  _ weight: [Double],
  _ bias: [Double]?,
  rows: Int,
  width: Int
) -> [Double] {
  (0..<rows).flatMap { row in
    let values = input[row * width..<(row + 1) * width]
    let mean = values.reduce(0, +) / Double(width)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
    return values.enumerated().map { column, value in
      (value - mean) / (variance + 1e-5).squareRoot() * weight[column] + (bias?[column] ?? 0)
    }
  }
}
