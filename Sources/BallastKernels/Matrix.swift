import BallastParallel
import CBallastKernels

/// Matrix products over row-major buffers, cut into slices by `Parallel`.
package enum Matrix {
  /// A factor of a product: where it starts, how far apart its rows are, and whether it is read
  /// transposed.
  package struct Operand {
    package let start: UnsafePointer<Float>
    package let rowStride: Int
    package let isTransposed: Bool

    package init(_ start: UnsafePointer<Float>, rowStride: Int, isTransposed: Bool = false) {
      self.start = start
      self.rowStride = rowStride
      self.isTransposed = isTransposed
    }

    /// The start of the operand's logical row `row`.
    func row(_ row: Int) -> UnsafePointer<Float> { start + (isTransposed ? row : row * rowStride) }

    /// The start of the operand's logical column `column`.
    func column(_ column: Int) -> UnsafePointer<Float> {
      start + (isTransposed ? column * rowStride : column)
    }

    fileprivate var factor: bk_factor {
      bk_factor(start: start, stride: rowStride, is_transposed: isTransposed ? 1 : 0)
    }
  }

  /// Slices are cut at multiples of this many rows or columns: whole tiles of the kernel.
  private static let sliceGrain = 48
  /// Below this many multiplications a second thread costs more than it brings.
  private static let parallelThreshold = 1 << 18

  /// output [rows, columns] = scale · left · right + outputScale · output.
  ///
  /// The left factor is [rows, inner] and the right one [inner, columns], once transposed; the
  /// output is [rows, columns], and the larger of these is cut among the threads.
  package static func multiply(
    output: UnsafeMutablePointer<Float>,
    outputStride: Int,
    left: Operand,
    right: Operand,
    rows: Int,
    columns: Int,
    inner: Int,
    scale: Float = 1,
    outputScale: Float = 0
  ) {
    guard rows > 0, columns > 0 else { return }
    let isSmall = Double(rows) * Double(columns) * Double(inner) < Double(parallelThreshold)
    let cutsRows = rows > columns
    let extent = cutsRows ? rows : columns
    Parallel.forEachRange(extent, grain: isSmall ? extent : sliceGrain) { range in
      if cutsRows {
        multiplySerially(
          output: output + range.lowerBound * outputStride,
          outputStride: outputStride,
          left: Operand(
            left.row(range.lowerBound),
            rowStride: left.rowStride,
            isTransposed: left.isTransposed
          ),
          right: right,
          rows: range.count,
          columns: columns,
          inner: inner,
          scale: scale,
          outputScale: outputScale
        )
      } else {
        multiplySerially(
          output: output + range.lowerBound,
          outputStride: outputStride,
          left: left,
          right: Operand(
            right.column(range.lowerBound),
            rowStride: right.rowStride,
            isTransposed: right.isTransposed
          ),
          rows: rows,
          columns: range.count,
          inner: inner,
          scale: scale,
          outputScale: outputScale
        )
      }
    }
  }

  /// The same product on the calling thread.
  package static func multiplySerially(
    output: UnsafeMutablePointer<Float>,
    outputStride: Int,
    left: Operand,
    right: Operand,
    rows: Int,
    columns: Int,
    inner: Int,
    scale: Float = 1,
    outputScale: Float = 0
  ) {
    Scratch.withFloats(bk_multiply_scratch(rows, inner)) { scratch in
      bk_multiply(
        output,
        outputStride,
        left.factor,
        right.factor,
        rows,
        columns,
        inner,
        scale,
        outputScale,
        scratch
      )
    }
  }
}
