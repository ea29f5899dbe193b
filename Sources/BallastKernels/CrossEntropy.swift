import BallastParallel
import CBallastKernels

/// The loss −log softmax(logits)[target], summed over rows.
package enum CrossEntropy {
  /// The loss summed over rows; those whose target is below zero are not counted.
  ///
  /// - `logits`: [rows, classes].
  /// - `targets`: [rows].
  package static func lossSum(
    logits: UnsafePointer<Float>,
    targets: UnsafePointer<Int32>,
    rows: Int,
    classes: Int
  ) -> Double {
    Profile.measure(.crossEntropy, bytes: Profile.floats(rows * classes)) {
      sum(targets, rows: rows, classes: classes) { row, target in
        bk_cross_entropy(logits + row * classes, classes, target)
      }
    }
  }

  /// The summed loss; in place, the logits become its gradient times `scale`.
  ///
  /// Rows whose target is below zero are not counted and have a gradient of zero.
  package static func lossSumAndGradient(
    logits: UnsafeMutablePointer<Float>,
    targets: UnsafePointer<Int32>,
    rows: Int,
    classes: Int,
    scale: Float
  ) -> Double {
    Profile.measure(.crossEntropy, bytes: Profile.floats(2 * rows * classes)) {
      for row in 0..<rows where targets[row] < 0 {
        (logits + row * classes).update(repeating: 0, count: classes)
      }
      return sum(targets, rows: rows, classes: classes) { row, target in
        bk_cross_entropy_gradient(logits + row * classes, classes, target, scale)
      }
    }
  }

  /// Sums in the order of the rows, whatever thread computed them.
  private static func sum(
    _ targets: UnsafePointer<Int32>,
    rows: Int,
    classes: Int,
    _ loss: (_ row: Int, _ target: Int) -> Double
  ) -> Double {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, rows)) { losses in
      let losses = losses.baseAddress.unsafelyUnwrapped
      Parallel.forEachRange(rows) { range in
        for row in range {
          let target = Int(targets[row])
          precondition(target < classes, "a target is outside of the vocabulary")
          losses[row] = target < 0 ? 0 : loss(row, target)
        }
      }
      return (0..<rows).reduce(0) { $0 + losses[$1] }
    }
  }
}
