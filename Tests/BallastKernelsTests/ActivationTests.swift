import BallastKernels
import Glibc
import Testing

extension Kernels {
  struct ActivationTests {
    /// Every function over [-12, 12] and at the far ends, against its definition in double.
    @Test(arguments: Activation.allCases)
    func forwardIsTheFunction(activation: Activation) {
      let points = grid + [-1e4, -200, -88, -40, 40, 88, 1000].map { Float($0) }
      onEveryMachine { machine in
        var output = [Float](repeating: .nan, count: points.count)
        activation.forward(output: &output, input: points, count: points.count)
        for (x, y) in zip(points, output) {
          let expected = activation.value(Double(x))
          let error = (Double(y) - expected).magnitude
          #expect(
            error <= 4e-7 * max(1, expected.magnitude),
            "\(machine): f(\(x)) = \(y), not \(expected)"
          )
        }
      }
    }

    /// Away from the kinks of the piecewise functions.
    @Test(arguments: Activation.allCases)
    func backwardIsTheDerivative(activation: Activation) {
      let points = grid.filter { x in
        ![-3, 0, 3, 6, 10].contains { (x - $0).magnitude < 1e-3 }
      }
      var random = SeededGenerator(3)
      let outputGradient = random.floats(points.count)
      onEveryMachine { machine in
        var gradient = outputGradient
        gradient.withUnsafeMutableBufferPointer { inPlace in
          guard let values = inPlace.baseAddress else { return }
          activation.backward(
            inputGradient: values,
            outputGradient: values,
            input: points,
            count: points.count
          )
        }
        for (index, x) in points.map({ Double($0) }).enumerated() {
          let slope = (activation.value(x + 1e-5) - activation.value(x - 1e-5)) / 2e-5
          let expected = slope * Double(outputGradient[index])
          #expect(
            (Double(gradient[index]) - expected).magnitude <= 1e-6 * max(1, slope.magnitude),
            "\(machine): f'(\(x)) gave \(gradient[index]), not \(expected)"
          )
        }
      }
    }

    /// Where values are small, they are small with a small relative error.
    @Test(arguments: [Activation.gelu, .tanhGELU, .quickGELU, .silu, .sigmoid, .tanh, .mish])
    func tailsKeepTheirDigits(activation: Activation) {
      let points: [Float] =
        activation == .tanh ? [1e-6, 1e-3, 0.1, -0.4, 0.62, 0.63] : [-1e-3, -1, -2.5, -3.5]
      onEveryMachine { machine in
        var output = [Float](repeating: .nan, count: points.count)
        activation.forward(output: &output, input: points, count: points.count)
        for (x, y) in zip(points, output) {
          let expected = activation.value(Double(x))
          #expect(
            (Double(y) / expected - 1).magnitude < 2e-6,
            "\(machine): f(\(x)) = \(y), not \(expected)"
          )
        }
      }
    }

    @Test(arguments: Activation.allCases)
    func notANumberStaysOne(activation: Activation) {
      let input = [Float](repeating: .nan, count: 37)
      onEveryMachine { machine in
        var output = [Float](repeating: 0, count: 37)
        activation.forward(output: &output, input: input, count: 37)
        #expect(output.allSatisfy { $0.isNaN }, "\(machine)")
      }
    }

    /// To the bit what an addition and the function give one after the other.
    @Test(arguments: [(1, 3072), (7, 33), (100, 768), (2, 40_000)])
    func aBiasIsAddedBefore(rows: Int, width: Int) {
      var random = SeededGenerator(6)
      let input = random.floats(rows * width)
      let bias = random.floats(width)
      let sums = input.enumerated().map { $1 + bias[$0 % width] }
      onEveryMachine { machine in
        var values = input
        var output = [Float](repeating: .nan, count: input.count)
        Activation.tanhGELU.forward(
          output: &output,
          adding: bias,
          to: &values,
          rows: rows,
          width: width
        )
        var expected = output
        Activation.tanhGELU.forward(output: &expected, input: sums, count: sums.count)
        #expect(values == sums && output == expected, "\(machine)")
      }
    }

    @Test func namesAreThoseOfTransformers() {
      #expect(Activation(name: "gelu_new") == .tanhGELU)
      #expect(Activation(name: "swish") == .silu)
      #expect(Activation(name: "prelu") == nil)
    }

    private var grid: [Float] { stride(from: -12, through: 12, by: 0.0137).map { Float($0) } }
  }
}

extension Activation {
  /// The definition, in double.
  fileprivate func value(_ x: Double) -> Double {
    switch self {
    case .gelu: 0.5 * x * erfc(-x / 2.0.squareRoot())
    case .clippedGELU: min(10, max(-10, Activation.gelu.value(x)))
    case .tanhGELU: 0.5 * x * (1 + Glibc.tanh((2 / .pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .quickGELU: x / (1 + exp(-1.702 * x))
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .laplace: 0.5 * (1 + erf((x - 0.707107) / (0.282095 * 2.0.squareRoot())))
    case .leakyReLU: x > 0 ? x : 0.01 * x
    case .linear: x
    case .mish: x * Glibc.tanh(softplus(x))
    case .relu: max(x, 0)
    case .squaredReLU: max(x, 0) * max(x, 0)
    case .relu6: min(max(x, 0), 6)
    case .sigmoid: 1 / (1 + exp(-x))
    case .silu: x / (1 + exp(-x))
    case .sqrtSoftplus: softplus(x).squareRoot()
    case .tanh: Glibc.tanh(x)
    }
  }
}

private func softplus(_ x: Double) -> Double { max(x, 0) + log1p(exp(-x.magnitude)) }
