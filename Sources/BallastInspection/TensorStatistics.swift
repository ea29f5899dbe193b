package import BallastBytes
package import BallastCheckpoint
import CBallastKernels

/// What the values of a tensor are like: one pass over them, accumulated in double.
package struct TensorStatistics: Hashable, Sendable {
  /// The number of elements.
  package let count: Int
  /// The smallest and the largest finite value; nil where there is none.
  package let minimum: Double?
  package let maximum: Double?
  /// The mean of the finite values.
  package let mean: Double?
  /// The population's standard deviation of the finite values.
  package let standardDeviation: Double?
  /// The square root of the sum of the squares of the finite values.
  package let l2: Double?
  package let zeros: Int
  package let notNumbers: Int
  package let positiveInfinities: Int
  package let negativeInfinities: Int

  /// Whether every value is finite.
  package var isFinite: Bool { notNumbers + positiveInfinities + negativeInfinities == 0 }

  /// Reads a tensor; throws `CheckpointFault.notNumeric` for complex and packed types.
  package init(of tensor: TensorView) throws(FormatError) {
    var gathered = bk_statistics()
    // Safe: the kernels read `count` values and write the structure they are given.
    unsafe bk_statistics_init(&gathered)
    unsafe try tensor.forEachNumericPiece { piece in
      unsafe bk_statistics_f64(&gathered, piece.baseAddress, piece.count)
    } floats: { piece in
      unsafe bk_statistics_f32(&gathered, piece.baseAddress, piece.count)
    }
    let finite = gathered.finite
    func known(_ value: Double) -> Double? { finite > 0 ? value : nil }
    count = tensor.shape.elementCount
    minimum = known(gathered.minimum)
    maximum = known(gathered.maximum)
    mean = known(gathered.mean)
    standardDeviation = known((gathered.m2 / Double(max(1, finite))).squareRoot())
    l2 = known(gathered.sum_of_squares.squareRoot())
    zeros = Int(gathered.zeros)
    notNumbers = Int(gathered.nan)
    positiveInfinities = Int(gathered.positive_infinite)
    negativeInfinities = Int(gathered.negative_infinite)
  }
}
