package import BallastBytes
package import BallastGPT2
import BallastKernels

/// How parameters follow their gradients.
public struct OptimizerOptions: Hashable, Sendable {
  /// The rule.
  public enum Rule: String, CaseIterable, Hashable, Sendable {
    case adamw
    /// Gradient descent with momentum.
    case sgd
  }

  /// The rule.
  public var rule = Rule.adamw
  /// The decay rate of AdamW's first moments.
  public var beta1 = 0.9
  /// The decay rate of AdamW's second moments.
  public var beta2 = 0.95
  /// Added to the root of AdamW's second moment.
  public var epsilon = 1e-8
  /// The decay rate of the velocities of gradient descent.
  public var momentum = 0.9
  /// Weight decay, on matrices only: decoupled for AdamW, a part of the gradient otherwise.
  public var weightDecay = 0.1
  /// The gradient's global norm is clipped to this; 0 leaves it as it is.
  public var clip = 1.0

  /// nanoGPT's constants.
  public init() {}

  /// The running averages that the rule keeps of each parameter, by PyTorch's names.
  package var averageNames: [String] {
    switch rule {
    case .adamw: ["exp_avg", "exp_avg_sq"]
    case .sgd: ["momentum_buffer"]
    }
  }
}

/// AdamW (Loshchilov and Hutter 2019) or gradient descent with momentum, with clipping at a global norm.
package struct Optimizer {
  private let options: OptimizerOptions
  private let parameters: [Parameter]
  /// The running averages, as `OptimizerOptions.averageNames` has them: one for each parameter.
  package let averages: [[Parameter]]
  /// The number of updates so far.
  package var updates = 0

  /// An optimiser of these parameters, with averages of zero.
  package init(_ options: OptimizerOptions, for parameters: [Parameter]) throws(FormatError) {
    self.options = options
    self.parameters = parameters
    var averages: [[Parameter]] = []
    for _ in options.averageNames { averages.append(try parameters.zeros()) }
    self.averages = averages
  }

  /// The norm of all gradients together.
  package static func norm(of gradients: [Parameter]) -> Double {
    gradients.reduce(0.0) { $0 + Elementwise.sumOfSquares($1.pointer, count: $1.count) }
      .squareRoot()
  }

  /// Changes the parameters by their gradients, whose norm is given; `rounded` has the copies of a model whose
  /// products are of bfloat16.
  package mutating func update(
    by gradients: [Parameter],
    norm: Double,
    learningRate: Double,
    rounded: BFloat16Weights? = nil
  ) {
    updates += 1
    let isClipped = options.clip > 0 && norm > options.clip
    // As in PyTorch, which adds 1e-6.
    let scale = isClipped ? options.clip / (norm + 1e-6) : 1
    for (index, parameter) in parameters.enumerated() {
      let decay = parameter.isMatrix ? options.weightDecay : 0
      switch options.rule {
      case .adamw:
        AdamW.update(
          parameters: parameter.pointer,
          gradients: gradients[index].pointer,
          firstMoments: averages[0][index].pointer,
          secondMoments: averages[1][index].pointer,
          bfloat16: rounded?[parameter],
          count: parameter.count,
          step: AdamWStep(
            learningRate: learningRate,
            beta1: options.beta1,
            beta2: options.beta2,
            epsilon: options.epsilon,
            weightDecay: decay,
            step: updates,
            gradientScale: scale
          )
        )
      case .sgd:
        SGD.update(
          parameters: parameter.pointer,
          gradients: gradients[index].pointer,
          velocities: averages[0][index].pointer,
          bfloat16: rounded?[parameter],
          count: parameter.count,
          step: SGDStep(
            learningRate: learningRate,
            momentum: options.momentum,
            weightDecay: decay,
            gradientScale: scale
          )
        )
      }
    }
  }
}
