import BallastParallel
import CBallastKernels
import Glibc

/// The constants of one AdamW step.
package struct AdamWStep: Sendable {
  package var learningRate: Double
  package var beta1: Double
  package var beta2: Double
  package var epsilon: Double
  package var weightDecay: Double
  /// The number of the step, from 1.
  package var step: Int
  /// A factor on every gradient, from clipping.
  package var gradientScale: Double

  package init(
    learningRate: Double,
    beta1: Double,
    beta2: Double,
    epsilon: Double,
    weightDecay: Double,
    step: Int,
    gradientScale: Double = 1
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.step = step
    self.gradientScale = gradientScale
  }
}

/// AdamW: Adam with decoupled weight decay (Loshchilov and Hutter 2019).
package enum AdamW {
  /// One step in place, on the moments too: β1 m + (1 − β1) g and β2 v + (1 − β2) g².
  ///
  /// `bfloat16` gets the new parameters, rounded.
  ///
  ///     p *= 1 − lr · wd;  p −= lr / (1 − β1ᵗ) · m / (√v / √(1 − β2ᵗ) + ε)
  package static func update(
    parameters: UnsafeMutablePointer<Float>,
    gradients: UnsafePointer<Float>,
    firstMoments: UnsafeMutablePointer<Float>,
    secondMoments: UnsafeMutablePointer<Float>,
    bfloat16: UnsafeMutablePointer<UInt16>? = nil,
    count: Int,
    step: AdamWStep
  ) {
    Profile.measure(
      .optimizer,
      bytes: Profile.floats(7 * count) + (bfloat16 == nil ? 0 : 2 * Double(count))
    ) {
      let constants = bk_adamw_step(
        decay: Float(1 - step.learningRate * step.weightDecay),
        beta1_complement: Float(1 - step.beta1),
        beta2: Float(step.beta2),
        beta2_complement: Float(1 - step.beta2),
        step_size: Float(step.learningRate / (1 - power(step.beta1, step.step))),
        second_moment_correction: Float((1 - power(step.beta2, step.step)).squareRoot()),
        epsilon: Float(step.epsilon),
        gradient_scale: Float(step.gradientScale)
      )
      Parallel.forEachRange(count, grain: Elementwise.grain) { range in
        let first = range.lowerBound
        withUnsafePointer(to: constants) {
          bk_adamw(
            parameters + first,
            gradients + first,
            firstMoments + first,
            secondMoments + first,
            bfloat16.map { $0 + first },
            range.count,
            $0
          )
        }
      }
    }
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    pow(base, Double(exponent))
  }
}
