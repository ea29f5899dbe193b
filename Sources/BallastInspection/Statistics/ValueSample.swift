import CBallastKernels

/// Some values of a tensor, taken evenly from all over it: enough to draw how they are distributed.
///
/// A bar that has a tenth of them is drawn within a twentieth of its height, two times out of three:
/// an eighth is what can be seen.
struct ValueSample: Sendable {
  /// Of tensors that have no more values all are taken.
  static let wholeCount = 1 << 14
  /// The most values that are taken of others.
  static let sampledCount = 1 << 12
  /// Values that are neighbours.
  private static let run = 64

  private(set) var values: [Double] = []
  /// One run in so many is taken.
  private let step: Int

  /// Whether all values are taken.
  var isWhole: Bool { step == 1 }

  /// A sample of a tensor of so many numbers.
  init(ofCount count: Int) {
    step = count <= Self.wholeCount ? 1 : (count + Self.sampledCount - 1) / Self.sampledCount
  }

  /// Takes values out of `count` further ones, the first of which has the place `first`.
  mutating func add(_ type: bk_number, _ numbers: UnsafeRawPointer, count: Int, at first: Int) {
    let width = bk_number_size(type)
    let distance = Self.run * step
    let end = first + count
    var start = first / distance * distance
    var taken = [Double](repeating: 0, count: Self.run)
    while start < end {
      let from = max(start, first)
      let length = min(start + Self.run, end) - from
      if length > 0 {
        // Safe: the values lie within the caller's numbers, and there is room for a run.
        unsafe bk_numbers_to_f64(&taken, type, numbers + (from - first) * width, length)
        values += taken[..<length]
      }
      start += distance
    }
  }

  /// The values below which such parts of all lie, where the sample is of all: see `KeyCounts`.
  func quantiles(_ parts: [Double]) -> [Double?] {
    guard !parts.isEmpty else { return [] }
    let sorted = values.filter(\.isFinite).sorted()
    guard !sorted.isEmpty else { return parts.map { _ in nil } }
    return parts.map { sorted[Int((Double(sorted.count - 1) * $0).rounded(.down))] }
  }

  /// Adds what was taken of the values that follow.
  mutating func add(_ other: ValueSample) {
    if values.isEmpty { values = other.values } else { values += other.values }
  }

  /// The finite values in each of so many equal parts of `range`.
  func bars(_ count: Int, in range: ClosedRange<Double>) -> [Int] {
    var bars = [Int](repeating: 0, count: count)
    // Halves: the difference of two values may be more than float64 holds.
    let low = range.lowerBound / 2
    let width = range.upperBound / 2 - low
    guard width > 0 else {
      bars[count / 2] = values.count(where: \.isFinite)
      return bars
    }
    for value in values where value.isFinite {
      let place = (value / 2 - low) / width
      bars[min(max(Int(place * Double(count)), 0), count - 1)] += 1
    }
    return bars
  }
}
