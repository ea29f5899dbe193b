import BallastParallel
import CBallastKernels

/// Operations on whole buffers, element by element, and their sums.
package enum Elementwise {
  /// Elements of cheap work that are worth a thread.
  static let grain = 1 << 14
  /// Elements of one partial sum: fixed, so that sums don't depend on the thread count.
  private static let reductionBlock = 1 << 16
  /// Columns that a thread takes at least in a sum over rows; two cache lines.
  private static let columnGrain = 32

  /// The number of rows of `width` elements that are worth a thread.
  static func rowGrain(width: Int) -> Int { max(1, grain / max(1, width)) }

  /// output = left + right; output may be either input.
  package static func add(
    output: UnsafeMutablePointer<Float>,
    left: UnsafePointer<Float>,
    right: UnsafePointer<Float>,
    count: Int
  ) {
    Profile.measure(.elementwise, bytes: Profile.floats(3 * count)) {
      Parallel.forEachRange(count, grain: grain) { range in
        let first = range.lowerBound
        bk_add(output + first, left + first, right + first, range.count)
      }
    }
  }

  /// output += factor · input.
  package static func add(
    to output: UnsafeMutablePointer<Float>,
    from input: UnsafePointer<Float>,
    factor: Float = 1,
    count: Int
  ) {
    Profile.measure(.elementwise, bytes: Profile.floats(3 * count)) {
      Parallel.forEachRange(count, grain: grain) { range in
        let first = range.lowerBound
        bk_add_scaled(output + first, input + first, factor, range.count)
      }
    }
  }

  /// output = factor · input; output may be the input.
  package static func scale(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    by factor: Float,
    count: Int
  ) {
    Profile.measure(.elementwise, bytes: Profile.floats(2 * count)) {
      Parallel.forEachRange(count, grain: grain) { range in
        let first = range.lowerBound
        bk_scale(output + first, input + first, factor, range.count)
      }
    }
  }

  /// Sets every element to `value`.
  package static func fill(_ output: UnsafeMutablePointer<Float>, with value: Float, count: Int) {
    Profile.measure(.elementwise, bytes: Profile.floats(count)) {
      Parallel.forEachRange(count, grain: grain) { range in
        (output + range.lowerBound).update(repeating: value, count: range.count)
      }
    }
  }

  /// Σ x² in double, the same for every thread count, as a part of `operation`.
  package static func sumOfSquares(
    _ values: UnsafePointer<Float>,
    count: Int,
    in operation: Profile.Operation = .gradientNorm
  ) -> Double {
    Profile.measure(operation, operations: 2 * Double(count), bytes: Profile.floats(count)) {
      let blocks = (count + reductionBlock - 1) / reductionBlock
      return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, blocks)) { partial in
        let sums = partial.baseAddress.unsafelyUnwrapped
        Parallel.forEachRange(blocks) { range in
          for block in range {
            let first = block * reductionBlock
            sums[block] = bk_sum_of_squares(values + first, min(reductionBlock, count - first))
          }
        }
        return (0..<blocks).reduce(0) { $0 + sums[$1] }
      }
    }
  }

  /// sums[j] += Σ over rows of values[row, j], accumulated in double.
  ///
  /// - `sums`: [columns].
  /// - `values`: [rows, columns].
  package static func addColumnSums(
    to sums: UnsafeMutablePointer<Float>,
    of values: UnsafePointer<Float>,
    rows: Int,
    columns: Int
  ) {
    Profile.measure(.elementwise, bytes: Profile.floats(rows * columns)) {
      let columnGrain = rows * columns < grain ? max(1, columns) : columnGrain
      Parallel.forEachRange(columns, grain: columnGrain) { range in
        let first = range.lowerBound
        bk_add_column_sums(sums + first, values + first, rows, range.count, columns)
      }
    }
  }
}
