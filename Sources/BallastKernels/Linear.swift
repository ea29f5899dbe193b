import BallastParallel
import CBallastKernels

/// The affine map y = x · Wᵀ + b, with the weight as [out, in].
package enum Linear {
  /// Up to this many rows it is faster to read the weight as it lies than to pack it.
  package static let fewRows = 16
  /// Outputs of a matrix–vector product that are worth a thread, at 768 inputs.
  static let fewRowsGrain = 64

  /// output [rows, out] = input [rows, in] · weightᵀ + bias.
  ///
  /// - `weight`: [out, in].
  /// - `bias`: [out], or nil.
  package static func forward(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    weight: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?,
    rows: Int,
    inFeatures: Int,
    outFeatures: Int
  ) {
    Profile.measure(
      .linear,
      operations: 2 * Double(rows) * Double(inFeatures) * Double(outFeatures),
      bytes: Profile.floats(rows * inFeatures, inFeatures * outFeatures, rows * outFeatures)
    ) {
      if rows <= fewRows {
        let bytes = outFeatures * inFeatures * MemoryLayout<Float>.stride
        forEachPiece(outFeatures: outFeatures, bytes: bytes) { range in
          let first = range.lowerBound
          bk_linear_few_rows(
            output + first,
            input,
            weight + first * inFeatures,
            bias.map { $0 + first },
            rows,
            inFeatures,
            range.count,
            outFeatures
          )
        }
        return
      }
      Matrix.multiply(
        output: output,
        outputStride: outFeatures,
        left: .init(input, rowStride: inFeatures),
        right: .init(weight, rowStride: inFeatures, isTransposed: true),
        rows: rows,
        columns: outFeatures,
        inner: inFeatures
      )
      if let bias {
        Parallel.forEachRange(rows, grain: Elementwise.rowGrain(width: outFeatures)) { range in
          bk_add_bias(
            output + range.lowerBound * outFeatures,
            bias,
            range.count,
            outFeatures,
            outFeatures
          )
        }
      }
    }
  }

  /// The gradients of `forward`; each is left out where its pointer is nil.
  ///
  /// - `inputGradient`: [rows, in], overwritten at last; it may be the input's own buffer.
  /// - `weightGradient`: [out, in], overwritten, or added to with `accumulates`.
  /// - `biasGradient`: [out], added to.
  /// - `outputGradient`: [rows, out].
  package static func backward(
    inputGradient: UnsafeMutablePointer<Float>?,
    weightGradient: UnsafeMutablePointer<Float>?,
    biasGradient: UnsafeMutablePointer<Float>?,
    outputGradient: UnsafePointer<Float>,
    input: UnsafePointer<Float>,
    weight: UnsafePointer<Float>,
    rows: Int,
    inFeatures: Int,
    outFeatures: Int,
    accumulates: Bool
  ) {
    Profile.measure(
      .linearGradient,
      operations: 4 * Double(rows) * Double(inFeatures) * Double(outFeatures),
      bytes: Profile.floats(
        3 * rows * inFeatures,
        3 * inFeatures * outFeatures,
        2 * rows * outFeatures
      )
    ) {
      if let weightGradient {
        Matrix.multiply(
          output: weightGradient,
          outputStride: inFeatures,
          left: .init(outputGradient, rowStride: outFeatures, isTransposed: true),
          right: .init(input, rowStride: inFeatures),
          rows: outFeatures,
          columns: inFeatures,
          inner: rows,
          outputScale: accumulates ? 1 : 0
        )
      }
      if let biasGradient {
        Elementwise.addColumnSums(
          to: biasGradient,
          of: outputGradient,
          rows: rows,
          columns: outFeatures
        )
      }
      if let inputGradient {
        Matrix.multiply(
          output: inputGradient,
          outputStride: inFeatures,
          left: .init(outputGradient, rowStride: outFeatures),
          right: .init(weight, rowStride: inFeatures),
          rows: rows,
          columns: inFeatures,
          inner: outFeatures
        )
      }
    }
  }
}
