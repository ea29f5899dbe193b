package import BallastBytes
package import BallastGPT2
import BallastKernels

/// The constants of AdamW.
public struct AdamWOptions: Hashable, Sendable {
  /// The decay rate of the first moments.
  public var beta1 = 0.9
  /// The decay rate of the second moments.
  public var beta2 = 0.95
  /// Added to the root of the second moment.
  public var epsilon = 1e-8
  /// Decoupled weight decay; it applies to matrices only.
  public var weightDecay = 0.1
  /// The gradient's global norm is clipped to this; 0 leaves it as it is.
  public var clip = 1.0

  /// nanoGPT's constants.
  public init() {}
}

/// AdamW (Loshchilov and Hutter 2019), with clipping at a global norm.
package struct Optimizer {
  private let options: AdamWOptions
  private let firstMoments: GPT2Parameters
  private let secondMoments: GPT2Parameters
  private var step = 0

  /// Moments of zero for a model.
  package init(
    _ options: AdamWOptions,
    for configuration: GPT2Configuration
  ) throws(FormatError) {
    self.options = options
    firstMoments = try .zeros(configuration)
    secondMoments = try .zeros(configuration)
  }

  /// Changes a model's parameters by their gradients, and returns the gradients' norm before clipping.
  package mutating func update(
    _ model: GPT2Model,
    gradients: GPT2Parameters,
    learningRate: Double
  ) -> Double {
    let norm = gradients.all.reduce(0.0) {
      $0 + Elementwise.sumOfSquares($1.pointer, count: $1.count)
    }.squareRoot()
    step += 1
    let isClipped = options.clip > 0 && norm > options.clip
    for (index, parameter) in model.parameters.all.enumerated() {
      AdamW.update(
        parameters: parameter.pointer,
        gradients: gradients.all[index].pointer,
        firstMoments: firstMoments.all[index].pointer,
        secondMoments: secondMoments.all[index].pointer,
        bfloat16: model.bfloat16?[parameter],
        count: parameter.count,
        step: AdamWStep(
          learningRate: learningRate,
          beta1: options.beta1,
          beta2: options.beta2,
          epsilon: options.epsilon,
          weightDecay: parameter.isMatrix ? options.weightDecay : 0,
          step: step,
          gradientScale: isClipped ? options.clip / (norm + 1e-6) : 1
        )
      )
    }
    return norm
  }
}
