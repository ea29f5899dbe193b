import CBallastKernels

/// How many values have each upper half of a float32: a histogram fine enough for quantiles.
///
/// There are 65 536 such keys, 128 of them between a number and its double.
struct KeyCounts {
  private(set) var counts = [UInt32](repeating: 0, count: Int(BK_KEYS))

  /// Counts further values.
  mutating func add(_ type: bk_number, _ values: UnsafeRawPointer, count: Int) {
    // Safe: there is a counter for every key, and the caller's pointer leads to `count` values.
    unsafe counts.withUnsafeMutableBufferPointer {
      unsafe bk_key_counts_add($0.baseAddress, type, values, count)
    }
  }

  /// Adds what was counted elsewhere.
  mutating func add(_ other: KeyCounts) {
    for key in counts.indices { counts[key] &+= other.counts[key] }
  }

  /// The keys in the order of their values: the negative ones backwards.
  static let order = Array((0x8000...0xFFFF).reversed()) + Array(0..<0x8000)

  /// The magnitude in the middle of what a key stands for, with its sign.
  private static func middle(_ key: Int) -> Double {
    Double(Float(bitPattern: UInt32(key) << 16 | 0x8000))
  }

  /// The values below which such parts of all values lie, each within 2^-8 of its size, or 2^-134.
  ///
  /// `range` is that of the values, which the results do not leave. Parts are between 0 and 1, in
  /// ascending order; of no values there are no quantiles. A quantile is the value whose place, in
  /// order and from 0, is the part of the last one's, rounded down: numpy's method "lower".
  func quantiles(_ parts: [Double], in range: ClosedRange<Double>) -> [Double?] {
    let total = counts.reduce(0) { $0 + Int($1) }
    guard total > 0 else { return parts.map { _ in nil } }
    let places = parts.map { Int((Double(total - 1) * $0).rounded(.down)) }
    var results: [Double?] = []
    var seen = 0
    for key in Self.order where counts[key] > 0 {
      seen += Int(counts[key])
      while results.count < places.count, places[results.count] < seen {
        let value = key & 0x7FFF == 0 ? 0 : Self.middle(key)
        switch places[results.count] {
        case 0: results.append(range.lowerBound)
        case total - 1: results.append(range.upperBound)
        default: results.append(min(max(value, range.lowerBound), range.upperBound))
        }
      }
    }
    return results
  }
}
