import BallastKernels
import BallastParallel
import Testing

extension Kernels {
  /// Products of bfloat16, on machines that have them.
  @Suite(.enabled(if: Machine.bfloat16 == .ready))
  struct LinearBFloat16Tests {
    @Test(arguments: [(3, 5, 7), (17, 64, 48), (64, 33, 100), (130, 96, 31)])
    func productsAreThoseOfRoundedFactors(rows: Int, inputs: Int, outputs: Int) {
      var random = SeededGenerator(UInt64(rows))
      let input = random.floats(rows * inputs)
      let weight = random.floats(outputs * inputs).map(\.rounded16)
      let bias = random.floats(outputs)
      let gradient = random.floats(rows * outputs)
      let start = random.floats(outputs * inputs)
      let rounded = weight.map { UInt16($0.bitPattern >> 16) }
      let x = input.map { Double($0.rounded16) }
      let dy = gradient.map { Double($0.rounded16) }
      let expected = affineMap(
        x,
        weight.doubles,
        bias.doubles,
        rows: rows,
        inputs: inputs,
        outputs: outputs
      )
      let byInput = (0..<rows * inputs).map { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: inputs)
        return (0..<outputs).reduce(0.0) {
          $0 + dy[row * outputs + $1] * Double(weight[$1 * inputs + column])
        }
      }
      let byWeight = (0..<outputs * inputs).map { index in
        let (output, column) = index.quotientAndRemainder(dividingBy: inputs)
        return (0..<rows).reduce(0.0) {
          $0 + dy[$1 * outputs + output] * x[$1 * inputs + column]
        }
      }
      let byBias = (0..<outputs).map { output in
        (0..<rows).reduce(0.0) { $0 + Double(gradient[$1 * outputs + output]) }
      }
      defer { Parallel.setThreadCount(0) }
      for threads in 1...3 {
        Parallel.setThreadCount(threads)
        var output = [Float](repeating: .nan, count: rows * outputs)
        LinearBFloat16.forward(
          output: &output,
          input: input,
          weight: rounded,
          bias: bias,
          rows: rows,
          inFeatures: inputs,
          outFeatures: outputs
        )
        expectClose(output, expected, "\(threads) threads")
        for accumulates in [false, true] {
          var inputGradient = [Float](repeating: .nan, count: rows * inputs)
          var weightGradient = accumulates ? start : start.map { _ in Float.nan }
          var biasGradient = [Float](repeating: 0, count: outputs)
          LinearBFloat16.backward(
            inputGradient: &inputGradient,
            weightGradient: &weightGradient,
            biasGradient: &biasGradient,
            outputGradient: gradient,
            input: input,
            weight: rounded,
            rows: rows,
            inFeatures: inputs,
            outFeatures: outputs,
            accumulates: accumulates
          )
          let added = zip(byWeight, start).map { accumulates ? $0 + Double($1) : $0 }
          expectClose(inputGradient, byInput, "\(threads) threads")
          expectClose(weightGradient, added, "\(threads) threads, \(accumulates)")
          expectClose(biasGradient, byBias, "\(threads) threads")
          var shared = input
          shared.withUnsafeMutableBufferPointer { buffer in
            guard let place = buffer.baseAddress else { return }
            LinearBFloat16.backward(
              inputGradient: place,
              weightGradient: &weightGradient,
              biasGradient: nil,
              outputGradient: gradient,
              input: place,
              weight: rounded,
              rows: rows,
              inFeatures: inputs,
              outFeatures: outputs,
              accumulates: false
            )
          }
          #expect(shared == inputGradient, "one buffer, \(threads) threads")
        }
      }
    }
  }
}

extension Float {
  /// Rounded to bfloat16, to nearest, ties to even.
  fileprivate var rounded16: Float {
    let bits = bitPattern
    return Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
  }
}
