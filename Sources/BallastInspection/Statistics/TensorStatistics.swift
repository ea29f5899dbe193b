package import BallastBytes
package import BallastCheckpoint
import CBallastKernels

/// What the values of a tensor are like, accumulated in double.
///
/// Extremes and moments are of the finite values alone. Of complex elements the real and imaginary
/// parts are looked at, so that there are twice as many values as elements.
package struct TensorStatistics: Hashable, Sendable {
  /// The number of values.
  package let count: Int
  /// The smallest and the largest finite value; nil where there is none.
  package let minimum: Double?
  package let maximum: Double?
  /// The largest magnitude of a finite value.
  package let absoluteMaximum: Double?
  /// The mean of the finite values.
  package let mean: Double?
  /// The population's standard deviation of the finite values.
  package let standardDeviation: Double?
  /// The square root of the sum of the squares of the finite values.
  package let l2: Double?
  package let zeros: Int
  /// Values other than zero that are smaller than the normal ones of the type.
  package let subnormals: Int
  package let notNumbers: Int
  package let positiveInfinities: Int
  package let negativeInfinities: Int

  /// The number of finite values.
  package var finite: Int { count - notNumbers - positiveInfinities - negativeInfinities }

  /// Whether every value is finite.
  package var isFinite: Bool { finite == count }

  /// Reads a tensor, on all cores.
  package init(of tensor: TensorView) throws(FormatError) {
    let summaries = try StatisticsPass.summaries(of: [tensor])
    self = summaries[0].statistics
  }

  init(_ gathered: bk_statistics) {
    let finite = gathered.finite
    func known(_ value: Double) -> Double? { finite > 0 ? value : nil }
    let seen =
      finite + gathered.nan + gathered.positive_infinite + gathered.negative_infinite
    count = Int(seen)
    minimum = known(gathered.minimum)
    maximum = known(gathered.maximum)
    absoluteMaximum = known(gathered.absolute_maximum)
    mean = known(gathered.mean)
    // Squares beyond float64 add up to infinity, and its differences to NaN.
    let m2 = gathered.m2.isNaN ? .infinity : gathered.m2
    standardDeviation = known((m2 / Double(max(1, finite))).squareRoot())
    l2 = known(gathered.sum_of_squares.squareRoot())
    zeros = Int(gathered.zeros)
    subnormals = Int(gathered.subnormal)
    notNumbers = Int(gathered.nan)
    positiveInfinities = Int(gathered.positive_infinite)
    negativeInfinities = Int(gathered.negative_infinite)
  }
}
