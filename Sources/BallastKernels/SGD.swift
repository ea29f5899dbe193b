import BallastParallel
import CBallastKernels

/// The constants of one step of gradient descent.
package struct SGDStep: Sendable {
  package var learningRate: Double
  package var momentum: Double
  package var weightDecay: Double
  /// A factor on every gradient, from clipping.
  package var gradientScale: Double

  package init(
    learningRate: Double,
    momentum: Double,
    weightDecay: Double,
    gradientScale: Double = 1
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.gradientScale = gradientScale
  }
}

/// Gradient descent with momentum, as in PyTorch: without dampening, and with decay as a part of the gradient.
package enum SGD {
  /// One step in place, on the velocities too; `bfloat16` gets the new parameters, rounded.
  ///
  ///     v = μ v + (g + wd · p);  p −= lr · v
  package static func update(
    parameters: UnsafeMutablePointer<Float>,
    gradients: UnsafePointer<Float>,
    velocities: UnsafeMutablePointer<Float>,
    bfloat16: UnsafeMutablePointer<UInt16>? = nil,
    count: Int,
    step: SGDStep
  ) {
    Profile.measure(
      .optimizer,
      bytes: Profile.floats(5 * count) + (bfloat16 == nil ? 0 : 2 * Double(count))
    ) {
      let constants = bk_sgd_step(
        learning_rate: Float(step.learningRate),
        momentum: Float(step.momentum),
        weight_decay: Float(step.weightDecay),
        gradient_scale: Float(step.gradientScale)
      )
      Parallel.forEachRange(count, grain: Elementwise.grain) { range in
        let first = range.lowerBound
        withUnsafePointer(to: constants) {
          bk_sgd(
            parameters + first,
            gradients + first,
            velocities + first,
            bfloat16.map { $0 + first },
            range.count,
            $0
          )
        }
      }
    }
  }
}
