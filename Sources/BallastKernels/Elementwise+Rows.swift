import BallastParallel
import CBallastKernels

extension Elementwise {
  /// Elements of a block of rows that stays in a core's cache from one operation to the next: 128 KiB.
  private static let blockElements = 1 << 15

  /// output = residual + dropout(output + bias): the end of a branch of a residual network.
  ///
  /// - `output`, `residual`: [rows, width].
  /// - `bias`: [width].
  package static func addBranch(
    _ output: UnsafeMutablePointer<Float>,
    bias: UnsafePointer<Float>,
    dropout: Dropout?,
    to residual: UnsafePointer<Float>,
    rows: Int,
    width: Int
  ) {
    Profile.measure(
      dropout == nil ? .elementwise : .dropout,
      bytes: Profile.floats(3 * rows * width)
    ) {
      forEachBlock(rows: rows, width: width, grain: rowGrain(width: width)) { first, rows in
        let block = output + first
        let count = rows * width
        bk_add_bias(block, bias, rows, width, width)
        dropout?.applySerially(output: block, input: block, count: count, firstIndex: first)
        bk_add(block, block, residual + first, count)
      }
    }
  }

  /// Runs over blocks of rows that fit a core's cache, on all threads; `body` gets the index of a block's first
  /// element, and its number of rows.
  static func forEachBlock(
    rows: Int,
    width: Int,
    grain: Int,
    _ body: (_ first: Int, _ rows: Int) -> Void
  ) {
    let blockRows = max(1, blockElements / max(1, width))
    Parallel.forEachRange(rows, grain: grain) { range in
      for row in stride(from: range.lowerBound, to: range.upperBound, by: blockRows) {
        body(row * width, min(blockRows, range.upperBound - row))
      }
    }
  }
}
