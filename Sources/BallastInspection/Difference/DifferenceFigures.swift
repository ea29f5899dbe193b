package import BallastCheckpoint
import CBallastKernels
import Glibc

/// How much two values may differ and still count as equal: |a − b| ≤ absolute + relative · |b|.
package struct Tolerance: Hashable, Sendable {
  package var absolute: Double
  package var relative: Double

  package init(absolute: Double = 0, relative: Double = 0) {
    self.absolute = absolute
    self.relative = relative
  }
}

/// How far the values of two tensors are apart, A's values being a and B's b, computed in double.
///
/// NaN in the same place, and the same infinity in the same place, are no difference. Other places
/// where a value is not finite are counted, and have no part in anything but counts.
package struct DifferenceFigures: Hashable, Sendable {
  /// The number of elements.
  package let count: Int
  /// max |a − b|.
  package let maximumAbsolute: Double
  /// max |a − b| / max(|a|, |b|), where 0 and 0 have 0.
  package let maximumRelative: Double
  /// a · b / (‖a‖ ‖b‖); nil where one of them is zero.
  package let cosine: Double?
  /// ‖a − b‖ / ‖a‖; 0 where nothing differs, infinite where only a is zero.
  package let relativeL2: Double
  /// The elements whose values are not the same, whatever the tolerance; 0 and −0 are the same.
  package let changed: Int
  /// The elements that differ by more than the tolerance; those that are not finite always do.
  package let beyondTolerance: Int
  /// The places where one value is NaN and the other is not.
  package let notNumberMismatches: Int
  /// The places where one value is infinite and the other is another number.
  package let infinityMismatches: Int
  /// ‖a‖ and ‖a − b‖: norms of several tensors are made of these.
  let normOfA: Double
  let normOfDifference: Double

  /// - Parameters:
  ///   - sums: what was seen of the values themselves.
  ///   - sides: sums of both sides, each times a power of two that suits it.
  ///   - differences: sums of both sides times one that suits their difference.
  ///   - count: the number of elements.
  init(_ sums: bk_difference, sides: ScaledSums, differences: ScaledSums, count: Int) {
    self.count = count
    maximumAbsolute = sums.max_absolute
    maximumRelative = sums.max_relative
    notNumberMismatches = Int(sums.nan)
    infinityMismatches = Int(sums.infinite)
    changed = Int(sums.changed + sums.nan + sums.infinite)
    beyondTolerance = Int(sums.beyond + sums.nan + sums.infinite)
    let (roots, difference) = (sides.sums, differences.sums.squares.squareRoot())
    let (a, b) = (roots.squares_a.squareRoot(), roots.squares_b.squareRoot())
    normOfA = scalbn(a, -sides.scale.a)
    normOfDifference = scalbn(difference, -differences.scale.a)
    // Rounding can leave a quotient just beyond what a cosine is.
    cosine = a > 0 && b > 0 ? max(-1, min(1, roots.dot / (a * b))) : nil
    relativeL2 =
      difference == 0
      ? 0 : scalbn(difference / a, sides.scale.a - differences.scale.a)
  }
}

extension DifferenceFigures {
  /// How far two tensors of one shape are apart; nil where a type has no reading as numbers.
  package static func between(
    _ a: TensorView,
    _ b: TensorView,
    progress: @escaping DifferenceProgress = { _ in }
  ) throws(DifferenceError) -> DifferenceFigures? {
    try TensorPair(a, b, PieceRunner(progress: progress)).figures(Tolerance())
  }
}

extension bk_difference {
  /// Adds what was seen of further elements.
  mutating func merge(_ other: bk_difference) {
    max_absolute = max(max_absolute, other.max_absolute)
    max_relative = max(max_relative, other.max_relative)
    dot += other.dot
    squares_a += other.squares_a
    squares_b += other.squares_b
    squares += other.squares
    changed += other.changed
    beyond += other.beyond
    nan += other.nan
    infinite += other.infinite
  }

  /// Whether no value differs.
  var isNothing: Bool { changed == 0 && nan == 0 && infinite == 0 }
}
