import BallastKernels
import Testing

extension Kernels {
  struct LinearTests {
    /// Rows on both sides of the switch to matrix products, widths that no vector divides.
    @Test(arguments: [
      (1, 7, 5), (1, 768, 130), (2, 33, 65), (3, 16, 64), (4, 50, 3), (5, 17, 200), (8, 31, 129),
      (9, 40, 33), (16, 30, 70), (17, 30, 70), (70, 19, 41), (257, 64, 96), (64, 1, 1),
    ])
    func forwardIsTheAffineMap(rows: Int, inputs: Int, outputs: Int) {
      var random = SeededGenerator(UInt64(rows * inputs + outputs))
      let input = random.floats(rows * inputs)
      let weight = random.floats(outputs * inputs)
      let bias = random.floats(outputs)
      for bias in [bias, nil] {
        let expected = affineMap(
          input.doubles,
          weight.doubles,
          bias?.doubles,
          rows: rows,
          inputs: inputs,
          outputs: outputs
        )
        onEveryMachine { machine in
          var output = [Float](repeating: .nan, count: rows * outputs)
          Linear.forward(
            output: &output,
            input: input,
            weight: weight,
            bias: bias,
            rows: rows,
            inFeatures: inputs,
            outFeatures: outputs
          )
          expectClose(output, expected, machine)
        }
      }
    }

    @Test func aRowDoesNotDependOnItsFewCompanions() {
      var random = SeededGenerator(1)
      let input = random.floats(16 * 45)
      let weight = random.floats(10 * 45)
      func outputs(rows: Int) -> [Float] {
        var output = [Float](repeating: 0, count: rows * 10)
        Linear.forward(
          output: &output,
          input: input,
          weight: weight,
          bias: nil,
          rows: rows,
          inFeatures: 45,
          outFeatures: 10
        )
        return output
      }
      for rows in 1..<16 {
        #expect(outputs(rows: rows)[...] == outputs(rows: 16).prefix(rows * 10))
      }
    }

    @Test(arguments: [(3, 5, 7), (1, 4, 2), (20, 33, 6), (65, 17, 18)])
    func backwardIsTheDerivative(rows: Int, inputs: Int, outputs: Int) {
      var random = SeededGenerator(UInt64(rows))
      let input = random.floats(rows * inputs)
      let weight = random.floats(outputs * inputs)
      let bias = random.floats(outputs)
      let outputGradient = random.floats(rows * outputs)
      let start = random.floats(max(rows, outputs) * max(inputs, 1))
      func loss(_ input: [Double], _ weight: [Double], _ bias: [Double]) -> Double {
        dot(
          outputGradient.doubles,
          affineMap(input, weight, bias, rows: rows, inputs: inputs, outputs: outputs)
        )
      }
      // The map is linear in each argument, so that differences are exact but for rounding.
      let byInput = numericGradient(at: input.doubles) { loss($0, weight.doubles, bias.doubles) }
      let byWeight = numericGradient(at: weight.doubles) { loss(input.doubles, $0, bias.doubles) }
      let byBias = numericGradient(at: bias.doubles) { loss(input.doubles, weight.doubles, $0) }
      func added(_ gradient: [Double]) -> [Double] {
        zip(gradient, start).map { $0 + Double($1) }
      }
      onEveryMachine { machine in
        for accumulates in [false, true] {
          var inputGradient = Array(start.prefix(input.count))
          var weightGradient = Array(start.prefix(weight.count))
          var biasGradient = Array(start.prefix(bias.count))
          Linear.backward(
            inputGradient: &inputGradient,
            weightGradient: &weightGradient,
            biasGradient: &biasGradient,
            outputGradient: outputGradient,
            input: input,
            weight: weight,
            rows: rows,
            inFeatures: inputs,
            outFeatures: outputs,
            accumulates: accumulates
          )
          expectClose(inputGradient, byInput, machine)
          expectClose(weightGradient, accumulates ? added(byWeight) : byWeight, machine)
          expectClose(biasGradient, added(byBias), machine)
        }
      }
    }

    /// A weight of more rows than are packed at once, and an input gradient in the input's place.
    @Test func backwardTakesTallWeightsAndOneBuffer() {
      let (rows, inputs, outputs) = (5, 3, 17_001)
      var random = SeededGenerator(3)
      let input = random.floats(rows * inputs)
      let weight = random.floats(outputs * inputs)
      let outputGradient = random.floats(rows * outputs)
      let byInput = (0..<rows * inputs).map { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: inputs)
        return (0..<outputs).reduce(0.0) {
          $0 + Double(outputGradient[row * outputs + $1]) * Double(weight[$1 * inputs + column])
        }
      }
      let byWeight = (0..<outputs * inputs).map { index in
        let (output, column) = index.quotientAndRemainder(dividingBy: inputs)
        return (0..<rows).reduce(0.0) {
          $0 + Double(outputGradient[$1 * outputs + output]) * Double(input[$1 * inputs + column])
        }
      }
      onEveryMachine { machine in
        var shared = input
        var weightGradient = [Float](repeating: .nan, count: weight.count)
        shared.withUnsafeMutableBufferPointer { buffer in
          guard let place = buffer.baseAddress else { return }
          Linear.backward(
            inputGradient: place,
            weightGradient: &weightGradient,
            biasGradient: nil,
            outputGradient: outputGradient,
            input: place,
            weight: weight,
            rows: rows,
            inFeatures: inputs,
            outFeatures: outputs,
            accumulates: false
          )
        }
        expectClose(shared, byInput, tolerance: 1e-4, machine)
        expectClose(weightGradient, byWeight, machine)
      }
    }
  }
}

/// input · weightᵀ + bias, in double.
func affineMap(
  _ input: [Double],
  _ weight: [Double],
  _ bias: [Double]?,
  rows: Int,
  inputs: Int,
  outputs: Int
) -> [Double] {
  (0..<rows * outputs).map { index in
    let (row, output) = index.quotientAndRemainder(dividingBy: outputs)
    return (0..<inputs).reduce(bias?[output] ?? 0) {
      $0 + input[row * inputs + $1] * weight[output * inputs + $1]
    }
  }
}
