import BallastParallel
import CBallastKernels
import COneDNN

/// `Linear` with products of bfloat16: inputs, weights and gradients are rounded to it, sums are float32.
///
/// Weights are given rounded; a training keeps them beside the float32 ones. What `Machine.bfloat16` says
/// must be asked first.
package enum LinearBFloat16 {
  /// Rows and columns are cut at multiples of this, the tile of the products.
  private static let grain = 16

  /// output [rows, out] = input [rows, in] · weightᵀ + bias.
  ///
  /// - `weight`: [out, in], bfloat16.
  /// - `bias`: [out], or nil.
  package static func forward(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    weight: UnsafePointer<UInt16>,
    bias: UnsafePointer<Float>?,
    rows: Int,
    inFeatures: Int,
    outFeatures: Int
  ) {
    Profile.measure(
      .linear,
      operations: 2 * Double(rows) * Double(inFeatures) * Double(outFeatures),
      bytes: Profile.floats(rows * inFeatures, inFeatures * outFeatures / 2, rows * outFeatures)
    ) {
      Parallel.forEachRange(rows, grain: grain) { range in
        let first = range.lowerBound
        let output = output + first * outFeatures
        withRounded(input + first * inFeatures, count: range.count * inFeatures) { input in
          multiply(
            output,
            outFeatures,
            onednn_matrix(start: input, stride: inFeatures, is_transposed: false),
            onednn_matrix(start: weight, stride: inFeatures, is_transposed: true),
            rows: range.count,
            columns: outFeatures,
            inner: inFeatures
          )
        }
        if let bias { bk_add_bias(output, bias, range.count, outFeatures, outFeatures) }
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
    weight: UnsafePointer<UInt16>,
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
      withRoundedInParallel(outputGradient, rows: rows, width: outFeatures) { rounded in
        if let weightGradient {
          withRoundedInParallel(input, rows: rows, width: inFeatures) { input in
            Parallel.forEachRange(outFeatures, grain: grain) { range in
              let first = range.lowerBound
              multiply(
                weightGradient + first * inFeatures,
                inFeatures,
                onednn_matrix(start: rounded + first, stride: outFeatures, is_transposed: true),
                onednn_matrix(start: input, stride: inFeatures, is_transposed: false),
                rows: range.count,
                columns: inFeatures,
                inner: rows,
                accumulates: accumulates
              )
            }
          }
        }
        if let inputGradient {
          Parallel.forEachRange(rows, grain: grain) { range in
            let first = range.lowerBound
            multiply(
              inputGradient + first * inFeatures,
              inFeatures,
              onednn_matrix(
                start: rounded + first * outFeatures,
                stride: outFeatures,
                is_transposed: false
              ),
              onednn_matrix(start: weight, stride: inFeatures, is_transposed: false),
              rows: range.count,
              columns: inFeatures,
              inner: outFeatures
            )
          }
        }
      }
      if let biasGradient {
        Elementwise.addColumnSums(
          to: biasGradient,
          of: outputGradient,
          rows: rows,
          columns: outFeatures
        )
      }
    }
  }

  private static func multiply(
    _ output: UnsafeMutablePointer<Float>,
    _ outputStride: Int,
    _ left: onednn_matrix,
    _ right: onednn_matrix,
    rows: Int,
    columns: Int,
    inner: Int,
    accumulates: Bool = false
  ) {
    let isDone = onednn_multiply(
      output,
      outputStride,
      left,
      right,
      rows,
      columns,
      inner,
      accumulates
    )
    // What makes a model asks `Machine.bfloat16`, which has tried a product.
    precondition(isDone, "oneDNN failed at a product, as it does where memory is short")
  }

  private static func withRounded(
    _ values: UnsafePointer<Float>,
    count: Int,
    _ body: (UnsafePointer<UInt16>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: max(1, count)) { rounded in
      guard let start = rounded.baseAddress else { return }
      bk_f32_to_bf16(start, values, count)
      body(start)
    }
  }

  /// The same on all threads.
  private static func withRoundedInParallel(
    _ values: UnsafePointer<Float>,
    rows: Int,
    width: Int,
    _ body: (UnsafePointer<UInt16>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: UInt16.self, capacity: max(1, rows * width)) { rounded in
      guard let start = rounded.baseAddress else { return }
      Parallel.forEachRange(rows * width, grain: Elementwise.grain) { range in
        bk_f32_to_bf16(start + range.lowerBound, values + range.lowerBound, range.count)
      }
      body(start)
    }
  }
}

extension Elementwise {
  /// output = input, rounded to bfloat16.
  package static func round(
    _ output: UnsafeMutablePointer<UInt16>,
    from input: UnsafePointer<Float>,
    count: Int
  ) {
    Profile.measure(.elementwise, bytes: Profile.floats(count) * 1.5) {
      Parallel.forEachRange(count, grain: grain) { range in
        bk_f32_to_bf16(output + range.lowerBound, input + range.lowerBound, range.count)
      }
    }
  }
}
