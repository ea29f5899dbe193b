/// What the machine can do at most, measured.
package struct MachineLimits: Sendable {
  /// Additions and multiplications of a large matrix product, in a second.
  package let operationsPerSecond: Double
  /// Bytes that all threads together read, in a second.
  package let bytesPerSecond: Double

  private static let rows = 1024
  private static let inner = 768
  private static let columns = 3072
  /// Larger than any cache.
  private static let floatsRead = 1 << 26
  private static let repetitions = 5

  /// The best of some runs each, in a second or so.
  package static func measured() -> MachineLimits {
    MachineLimits(operationsPerSecond: productRate(), bytesPerSecond: readingRate())
  }

  /// Operations of a large matrix product, in a second: the best of some runs, in a tenth of a second.
  package static func productRate() -> Double {
    let left = [Float](repeating: 0.5, count: rows * inner)
    let right = [Float](repeating: 0.25, count: inner * columns)
    var output = [Float](repeating: 0, count: rows * columns)
    let seconds = left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        best {
          guard let left = left.baseAddress, let right = right.baseAddress else { return }
          Matrix.multiply(
            output: &output,
            outputStride: columns,
            left: .init(left, rowStride: inner),
            right: .init(right, rowStride: columns),
            rows: rows,
            columns: columns,
            inner: inner
          )
        }
      }
    }
    return 2 * Double(rows) * Double(inner) * Double(columns) / seconds
  }

  private static func readingRate() -> Double {
    let values = [Float](repeating: 1, count: floatsRead)
    var sum = 0.0
    let seconds = best { sum += Elementwise.sumOfSquares(values, count: floatsRead) }
    return 4 * Double(floatsRead) / (sum > 0 ? seconds : .infinity)
  }

  private static func best(_ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    return (0..<repetitions).reduce(Double.infinity) { least, _ in
      let start = clock.now
      body()
      return min(least, (clock.now - start) / .seconds(1))
    }
  }
}
