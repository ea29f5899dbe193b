import BallastParallel
import CBallastKernels

extension Linear {
  /// Floats of a weight that are widened at a time for a matrix product: they stay in L2.
  private static let slice = 1 << 17
  /// Bytes of a weight that are read in one go, in which a new start of prefetching is lost.
  private static let pieceBytes = 256 << 10

  /// output [rows, out] = input [rows, in] · weightᵀ + bias, with the weight as it is stored.
  ///
  /// Few rows are multiplied by the weight as it lies: by float16 and bfloat16 widened in registers, by
  /// Q8_0 after the rows were quantised in the same way. More rows are multiplied by slices of it, widened.
  ///
  /// - `bias`: [out], or nil.
  package static func forward(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    weight: WeightMatrix,
    bias: UnsafePointer<Float>?,
    rows: Int
  ) {
    if weight.element == .f32 {
      forward(
        output: output,
        input: input,
        weight: weight.start.assumingMemoryBound(to: Float.self),
        bias: bias,
        rows: rows,
        inFeatures: weight.inFeatures,
        outFeatures: weight.outFeatures
      )
      return
    }
    Profile.measure(
      .linear,
      operations: 2 * Double(rows) * Double(weight.inFeatures) * Double(weight.outFeatures),
      bytes: Double(weight.byteCount)
        + Profile.floats(rows * weight.inFeatures, rows * weight.outFeatures)
    ) {
      if rows > fewRows {
        multiplyWidened(output: output, input: input, weight: weight, bias: bias, rows: rows)
      } else if weight.element == .q80 {
        multiplyQuantized(output: output, input: input, weight: weight, bias: bias, rows: rows)
      } else {
        let multiply =
          weight.element == .f16 ? bk_linear_few_rows_f16 : bk_linear_few_rows_bf16
        forEachPiece(outFeatures: weight.outFeatures, bytes: weight.byteCount) { range in
          multiply(
            output + range.lowerBound,
            input,
            weight.row(range.lowerBound).assumingMemoryBound(to: UInt16.self),
            bias.map { $0 + range.lowerBound },
            rows,
            weight.inFeatures,
            range.count,
            weight.outFeatures
          )
        }
      }
    }
  }

  /// Cuts the outputs into pieces, where the weight is large into more than there are threads.
  ///
  /// The threads end together even where one began late. An output does not depend on its piece.
  static func forEachPiece(outFeatures: Int, bytes: Int, _ body: (Range<Int>) -> Void) {
    let threads = min(Parallel.threadCount, max(1, outFeatures / fewRowsGrain))
    let parts = threads * max(1, bytes / threads / pieceBytes)
    Parallel.forEachPartition(parts) { part in
      body(outFeatures * part / parts..<outFeatures * (part + 1) / parts)
    }
  }

  /// Quantises the rows once, for all threads.
  private static func multiplyQuantized(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    weight: WeightMatrix,
    bias: UnsafePointer<Float>?,
    rows: Int
  ) {
    let blocks = weight.inFeatures / weight.element.blockLength
    // At cache lines, as the levels of a block fill one.
    withUnsafeTemporaryAllocation(
      byteCount: rows * weight.inFeatures * MemoryLayout<Int16>.stride,
      alignment: 64
    ) { levels in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: rows * blocks) { scales in
        guard let levels = levels.bindMemory(to: Int16.self).baseAddress,
          let scales = scales.baseAddress
        else { return }
        bk_q8_quantize(levels, scales, input, rows * blocks)
        forEachPiece(outFeatures: weight.outFeatures, bytes: weight.byteCount) { range in
          bk_q8_linear_few_rows(
            output + range.lowerBound,
            levels,
            scales,
            weight.row(range.lowerBound),
            bias.map { $0 + range.lowerBound },
            rows,
            blocks,
            range.count,
            weight.outFeatures
          )
        }
      }
    }
  }

  private static func multiplyWidened(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    weight: WeightMatrix,
    bias: UnsafePointer<Float>?,
    rows: Int
  ) {
    let (inFeatures, outFeatures) = (weight.inFeatures, weight.outFeatures)
    let sliceRows = min(outFeatures, max(1, slice / inFeatures))
    Parallel.forEachRange(outFeatures, grain: min(fewRowsGrain, sliceRows)) { range in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: sliceRows * inFeatures) { widened in
        guard let widened = widened.baseAddress else { return }
        for first in stride(from: range.lowerBound, to: range.upperBound, by: sliceRows) {
          let outputs = first..<min(first + sliceRows, range.upperBound)
          weight.widen(outputs, into: widened)
          Matrix.multiplySerially(
            output: output + first,
            outputStride: outFeatures,
            left: .init(input, rowStride: inFeatures),
            right: .init(widened, rowStride: inFeatures, isTransposed: true),
            rows: rows,
            columns: outputs.count,
            inner: inFeatures
          )
          if let bias {
            bk_add_bias(output + first, bias + first, rows, outputs.count, outFeatures)
          }
        }
      }
    }
  }
}
