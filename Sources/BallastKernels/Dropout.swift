import BallastParallel
import CBallastKernels

/// Dropout from a counter-based generator: Philox 4x32-10 (Salmon et al., SC 2011).
///
/// Whether element i survives is a function of seed, stream and i alone, so masks depend neither
/// on threads nor on what was drawn before, and the backward pass needs no stored mask. Give every
/// use within a step its own stream, and every step its own range of streams.
package struct Dropout: Sendable, Hashable {
  /// The probability that an element becomes 0, in 0 ..< 1.
  package var probability: Float
  package var seed: UInt64
  package var stream: UInt64

  package init(probability: Float, seed: UInt64, stream: UInt64) {
    precondition(probability >= 0 && probability < 1, "a dropout probability lies in 0 ..< 1")
    self.probability = probability
    self.seed = seed
    self.stream = stream
  }

  /// output = mask · input / (1 - probability); output may be the input.
  ///
  /// The map is linear and diagonal, so that applied to an output gradient it gives the input
  /// gradient: forward and backward are this one function.
  ///
  /// - `firstIndex`: The index of the first element within the stream.
  package func apply(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    count: Int,
    firstIndex: Int = 0
  ) {
    Profile.measure(.dropout, bytes: Profile.floats(2 * count)) {
      Parallel.forEachRange(count, grain: Elementwise.grain) { range in
        applySerially(
          output: output + range.lowerBound,
          input: input + range.lowerBound,
          count: range.count,
          firstIndex: firstIndex + range.lowerBound
        )
      }
    }
  }

  /// `apply` in place.
  package func apply(_ values: UnsafeMutablePointer<Float>, count: Int, firstIndex: Int = 0) {
    apply(output: values, input: values, count: count, firstIndex: firstIndex)
  }

  /// `apply` on the calling thread.
  func applySerially(
    output: UnsafeMutablePointer<Float>,
    input: UnsafePointer<Float>,
    count: Int,
    firstIndex: Int
  ) {
    bk_dropout(output, input, count, probability, seed, stream, UInt64(firstIndex))
  }
}
