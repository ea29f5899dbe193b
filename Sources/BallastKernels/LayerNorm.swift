import BallastParallel
import CBallastKernels

/// Layer normalisation over the last dimension (Ba, Kiros, Hinton 2016).
package enum LayerNorm {
  private static let columnGrain = 32

  /// output = (input - mean) / √(variance + epsilon) · weight + bias, row by row.
  ///
  /// - `output`: [rows, width]; may be the input.
  /// - `mean`: [rows], saved for `backward`, or nil.
  /// - `reciprocalStd`: [rows], saved for `backward`, or nil.
  /// - `weight`: [width].
  /// - `bias`: [width], or nil.
  package static func forward(
    output: UnsafeMutablePointer<Float>,
    mean: UnsafeMutablePointer<Float>?,
    reciprocalStd: UnsafeMutablePointer<Float>?,
    input: UnsafePointer<Float>,
    weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?,
    rows: Int,
    width: Int,
    epsilon: Float
  ) {
    Profile.measure(.layerNorm, bytes: Profile.floats(2 * rows * width)) {
      Parallel.forEachRange(rows, grain: Elementwise.rowGrain(width: width)) { range in
        let row = range.lowerBound
        bk_layer_norm(
          output + row * width,
          mean.map { $0 + row },
          reciprocalStd.map { $0 + row },
          input + row * width,
          weight,
          bias,
          range.count,
          width,
          epsilon
        )
      }
    }
  }

  /// The output of `forward` again, bit for bit, from the statistics that it saved.
  package static func forwardAgain(
    output: UnsafeMutablePointer<Float>,
    mean: UnsafePointer<Float>,
    reciprocalStd: UnsafePointer<Float>,
    input: UnsafePointer<Float>,
    weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?,
    rows: Int,
    width: Int
  ) {
    Profile.measure(.layerNorm, bytes: Profile.floats(2 * rows * width)) {
      Parallel.forEachRange(rows, grain: Elementwise.rowGrain(width: width)) { range in
        let row = range.lowerBound
        bk_layer_norm_again(
          output + row * width,
          input + row * width,
          weight,
          bias,
          mean + row,
          reciprocalStd + row,
          range.count,
          width
        )
      }
    }
  }

  /// The gradients of `forward`, all of them added to; the parameters' are left out where nil.
  ///
  /// - `inputGradient`: [rows, width].
  /// - `weightGradient`: [width].
  /// - `biasGradient`: [width].
  /// - `outputGradient`: [rows, width].
  /// - `mean`: [rows], as `forward` saved it.
  /// - `reciprocalStd`: [rows], as `forward` saved it.
  package static func backward(
    inputGradient: UnsafeMutablePointer<Float>,
    weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?,
    outputGradient: UnsafePointer<Float>,
    input: UnsafePointer<Float>,
    weight: UnsafePointer<Float>,
    mean: UnsafePointer<Float>,
    reciprocalStd: UnsafePointer<Float>,
    rows: Int,
    width: Int
  ) {
    Profile.measure(.layerNorm, bytes: Profile.floats(4 * rows * width)) {
      Parallel.forEachRange(rows, grain: Elementwise.rowGrain(width: width)) { range in
        let row = range.lowerBound
        bk_layer_norm_input_gradient(
          inputGradient + row * width,
          outputGradient + row * width,
          input + row * width,
          weight,
          mean + row,
          reciprocalStd + row,
          range.count,
          width
        )
      }
      guard weightGradient != nil || biasGradient != nil else { return }
      let columnGrain = rows * width < Elementwise.grain ? max(1, width) : columnGrain
      Parallel.forEachRange(width, grain: columnGrain) { range in
        let first = range.lowerBound
        bk_layer_norm_parameter_gradients(
          weightGradient.map { $0 + first },
          biasGradient.map { $0 + first },
          outputGradient + first,
          input + first,
          mean,
          reciprocalStd,
          rows,
          range.count,
          width
        )
      }
    }
  }
}
