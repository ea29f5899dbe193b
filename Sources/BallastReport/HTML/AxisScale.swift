import Glibc

/// The range of an axis, and where it has ticks: at multiples of 1, 2 or 5 times a power of ten.
package struct AxisScale: Hashable, Sendable {
  package let range: ClosedRange<Double>
  /// Ascending, within the range.
  package let ticks: [Double]

  /// An axis from zero up to a round number that is no less than `maximum`.
  package init(fromZeroTo maximum: Double, ticks count: Int) {
    guard maximum.isFinite, maximum > 0 else {
      range = 0...1
      ticks = [0, 1]
      return
    }
    let step = Self.step(maximum, count)
    let last = (maximum / step - 1e-9).rounded(.up)
    // Sizes at the end of float64's range have no round number above them.
    guard (last * step).isFinite, step > 0 else {
      range = 0...maximum
      ticks = [0, maximum]
      return
    }
    range = 0...last * step
    ticks = (0...max(1, Int(last))).map { Double($0) * step }
  }

  /// An axis over values as they are, which may lie on both sides of zero.
  package init(over values: ClosedRange<Double>, ticks count: Int) {
    range = values
    let width = values.upperBound - values.lowerBound
    let step = width.isFinite && width > 0 ? Self.step(width, count) : 0
    let first = (values.lowerBound / step).rounded(.up)
    let last = (values.upperBound / step).rounded(.down)
    // Of values that are nearly the same, differences may be below what float64 tells apart.
    guard step > 0, first.magnitude < 1e9, last.magnitude < 1e9, first <= last else {
      ticks =
        values.lowerBound == values.upperBound
        ? [values.lowerBound] : [values.lowerBound, values.upperBound]
      return
    }
    ticks = (Int(first)...Int(last)).map { Double($0) * step }
  }

  /// The round step that gives at most `count` parts, and no fewer than a fifth of them.
  private static func step(_ width: Double, _ count: Int) -> Double {
    let least = width / Double(count)
    let power = pow(10, log10(least).rounded(.down))
    let factor = [1.0, 2, 5, 10].first { $0 * power >= least * (1 - 1e-9) } ?? 10
    return factor * power
  }

  /// Where a value stands in the range, from 0 to 1.
  package func position(of value: Double) -> Double {
    // Each end is divided apart: their difference may be more than float64 holds.
    let scale = max(range.lowerBound.magnitude, range.upperBound.magnitude)
    guard scale > 0, value.isFinite else { return 0 }
    let (low, high) = (range.lowerBound / scale, range.upperBound / scale)
    return high > low ? max(0, min(1, (value / scale - low) / (high - low))) : 0.5
  }

  /// A tick's number in few digits.
  package static func label(_ value: Double) -> String { Readable.number(value, digits: 3) }
}

extension AxisScale {
  /// At most `count` whole numbers from the first to the last, at equal distances.
  ///
  /// The steps are 1, 2, 5, 10 and so on.
  package static func wholeTicks(_ range: ClosedRange<Int>, atMost count: Int) -> [Int] {
    let (width, isTooWide) = range.upperBound.subtractingReportingOverflow(range.lowerBound)
    guard !isTooWide, let step = wholeStep(above: width / max(1, count)) else {
      return [range.lowerBound]
    }
    return (0...width / step).map { range.lowerBound + $0 * step }
  }

  /// The least step that is larger than a number; nil where `Int` does not hold it.
  private static func wholeStep(above least: Int) -> Int? {
    var power = 1
    while true {
      for factor in [1, 2, 5] {
        let (step, overflows) = power.multipliedReportingOverflow(by: factor)
        if overflows { return nil }
        if step > least { return step }
      }
      let (next, overflows) = power.multipliedReportingOverflow(by: 10)
      if overflows { return nil }
      power = next
    }
  }
}
