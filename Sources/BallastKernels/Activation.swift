import BallastParallel
import CBallastKernels

/// The activation functions that a GPT-2 configuration can name.
///
/// One case a function: several names of transformers' `ACT2FN` stand for the same mathematics and
/// differ in rounding only. `prelu` and `xielu` carry trained parameters of their own, for which
/// GPT-2 has no tensors, and are not among them.
package enum Activation: Sendable, Hashable, CaseIterable {
  /// x · Φ(x), with the error function.
  case gelu
  /// GELU limited to [-10, 10].
  case clippedGELU
  /// 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))), GPT-2's own.
  case tanhGELU
  /// x · sigmoid(1.702 x).
  case quickGELU
  case hardSwish
  /// Φ((x - 0.707107) / 0.282095), of MEGA.
  case laplace
  /// x, or 0.01 x where negative.
  case leakyReLU
  case linear
  /// x · tanh(softplus(x)).
  case mish
  case relu
  case squaredReLU
  case relu6
  case sigmoid
  /// x · sigmoid(x), also called swish.
  case silu
  /// √softplus(x).
  case sqrtSoftplus
  case tanh

  /// The function that `activation_function` of a configuration names; nil where unknown.
  package init?(name: String) {
    guard let activation = Self.names[name] else { return nil }
    self = activation
  }

  /// Every name of transformers' `ACT2FN` whose function has no parameters.
  package static let names: [String: Activation] = [
    "gelu": .gelu, "gelu_python": .gelu, "gelu_10": .clippedGELU, "gelu_new": .tanhGELU,
    "gelu_fast": .tanhGELU, "gelu_pytorch_tanh": .tanhGELU, "gelu_python_tanh": .tanhGELU,
    "gelu_accurate": .tanhGELU, "quick_gelu": .quickGELU, "hardswish": .hardSwish,
    "laplace": .laplace, "leaky_relu": .leakyReLU, "linear": .linear, "mish": .mish,
    "relu": .relu, "relu2": .squaredReLU, "relu6": .relu6, "sigmoid": .sigmoid, "silu": .silu,
    "swish": .silu, "sqrtsoftplus": .sqrtSoftplus, "tanh": .tanh,
  ]

  /// output = f(input), element by element; output may be the input.
  package func forward(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    count: Int
  ) {
    Profile.measure(.activation, bytes: Profile.floats(2 * count)) {
      let kernel = kernels.forward
      Parallel.forEachRange(count, grain: Self.grain) { range in
        kernel(output + range.lowerBound, input + range.lowerBound, range.count)
      }
    }
  }

  /// values += bias, then output = f(values), while they are in the cache.
  ///
  /// - `output`, `values`: [rows, width].
  /// - `bias`: [width].
  package func forward(
    output: UnsafeMutablePointer<Float>,
    adding bias: UnsafePointer<Float>,
    to values: UnsafeMutablePointer<Float>,
    rows: Int,
    width: Int
  ) {
    Profile.measure(.activation, bytes: Profile.floats(3 * rows * width)) {
      let kernel = kernels.forward
      let grain = max(1, Self.grain / max(1, width))
      Elementwise.forEachBlock(rows: rows, width: width, grain: grain) { first, rows in
        bk_add_bias(values + first, bias, rows, width, width)
        kernel(output + first, values + first, rows * width)
      }
    }
  }

  /// inputGradient = outputGradient · f'(input); it may be the output gradient's own buffer.
  package func backward(
    inputGradient: UnsafeMutablePointer<Float>,
    outputGradient: UnsafePointer<Float>,
    input: UnsafePointer<Float>,
    count: Int
  ) {
    Profile.measure(.activation, bytes: Profile.floats(3 * count)) {
      let kernel = kernels.backward
      Parallel.forEachRange(count, grain: Self.grain) { range in
        let first = range.lowerBound
        kernel(inputGradient + first, outputGradient + first, input + first, range.count)
      }
    }
  }

  /// Elements worth a thread: an activation costs more than an addition.
  private static let grain = 1 << 12

  private typealias Forward = (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void
  private typealias Backward = (
    UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int
  ) -> Void

  private var kernels: (forward: Forward, backward: Backward) {
    switch self {
    case .gelu: (bk_gelu, bk_gelu_gradient)
    case .clippedGELU: (bk_gelu_clipped, bk_gelu_clipped_gradient)
    case .tanhGELU: (bk_gelu_tanh, bk_gelu_tanh_gradient)
    case .quickGELU: (bk_gelu_quick, bk_gelu_quick_gradient)
    case .hardSwish: (bk_hard_swish, bk_hard_swish_gradient)
    case .laplace: (bk_laplace, bk_laplace_gradient)
    case .leakyReLU: (bk_leaky_relu, bk_leaky_relu_gradient)
    case .linear: (bk_linear, bk_linear_gradient)
    case .mish: (bk_mish, bk_mish_gradient)
    case .relu: (bk_relu, bk_relu_gradient)
    case .squaredReLU: (bk_relu_squared, bk_relu_squared_gradient)
    case .relu6: (bk_relu6, bk_relu6_gradient)
    case .sigmoid: (bk_sigmoid, bk_sigmoid_gradient)
    case .silu: (bk_silu, bk_silu_gradient)
    case .sqrtSoftplus: (bk_sqrt_softplus, bk_sqrt_softplus_gradient)
    case .tanh: (bk_tanh, bk_tanh_gradient)
    }
  }
}
