package import BallastBytes
package import BallastCheckpoint
import BallastParallel
import CBallastKernels
import Glibc
import Synchronization

/// How many finite values of a tensor lie between edges, counted exactly.
package struct Histogram: Hashable, Sendable {
  /// How the edges are spread.
  package enum Scale: String, Sendable, CaseIterable {
    /// Evenly, as `numpy.histogram` does.
    case linear
    /// Evenly in sign(x) · log10(1 + |x| / c), where c is a ten thousandth of the largest magnitude:
    /// both tails are seen as well as what lies about zero.
    case symlog
  }

  /// One more than there are bins, ascending.
  package let edges: [Double]
  /// The values of each bin: from its lower edge up to its upper one, which only the last includes.
  package let counts: [Int]

  /// The most bins: their numbers have 16 bits.
  package static let maximumBins = 1 << 12

  /// The pieces between two looks at whether to go on.
  private static let batch = 64

  /// Reads a tensor whose finite values lie in `range`; `check` is called now and then, and throws to
  /// give the work up.
  package init(
    of tensor: TensorView,
    in range: ClosedRange<Double>,
    bins: Int,
    scale: Scale = .linear,
    check: () throws(FormatError) -> Void = {}
  ) throws(FormatError) {
    precondition((1...Self.maximumBins).contains(bins))
    edges = Self.edges(bins, of: range, scale)
    let edges = edges
    // The table is for tensors that have more values than it has keys.
    let firstBins = tensor.shape.elementCount > Int(BK_KEYS) ? Self.firstBins(edges) : nil
    let total = Mutex([UInt64](repeating: 0, count: bins))
    let failure = Mutex<FormatError?>(nil)
    let pieces = try tensor.pieces()
    for start in stride(from: 0, to: pieces.count, by: Self.batch) {
      try check()
      let batch = pieces[start..<min(start + Self.batch, pieces.count)]
      Parallel.forEachPartition(batch.count) { index in
        var counts = [UInt64](repeating: 0, count: bins)
        do throws(FormatError) {
          unsafe try tensor.forEachNumberPiece(of: batch[start + index]) { type, values, count in
            // Safe: there is a counter for each bin and an edge on both its sides, a first bin for each
            // key, and `count` values are lent.
            unsafe counts.withUnsafeMutableBufferPointer { counts in
              unsafe edges.withUnsafeBufferPointer { edges in
                unsafe Self.withOptionalPointer(firstBins) { firstBins in
                  unsafe bk_histogram_add(
                    counts.baseAddress,
                    edges.baseAddress,
                    bins,
                    firstBins,
                    type,
                    values,
                    count
                  )
                }
              }
            }
          }
          total.withLock { total in for bin in 0..<bins { total[bin] += counts[bin] } }
        } catch {
          failure.withLock { $0 = $0 ?? error }
        }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    counts = total.withLock { $0.map { Int($0) } }
  }

  private static func withOptionalPointer(
    _ table: [UInt16]?,
    _ body: (UnsafePointer<UInt16>?) -> Void
  ) {
    guard let table else { return body(nil) }
    // Safe: the array outlives the call.
    unsafe table.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
  }

  private static func edges(
    _ bins: Int,
    of range: ClosedRange<Double>,
    _ scale: Scale
  ) -> [Double] {
    var (low, high) = (range.lowerBound, range.upperBound)
    // As numpy has it: a single value stands in the middle of a range of one.
    if low == high { (low, high) = (low - 0.5, high + 0.5) }
    let unit = max(max(low.magnitude, high.magnitude) / 10_000, .leastNormalMagnitude)
    func position(_ value: Double) -> Double {
      let logarithm = log10(1 + value.magnitude / unit)
      return value < 0 ? -logarithm : logarithm
    }
    func value(_ position: Double) -> Double {
      let magnitude = (pow(10, position.magnitude) - 1) * unit
      return position < 0 ? -magnitude : magnitude
    }
    var edges = (0...bins).map { bin in
      let part = Double(bin) / Double(bins)
      switch scale {
      // As numpy.linspace has it; but the difference may be more than float64 holds.
      case .linear where (high - low).isFinite:
        return low + Double(bin) * ((high - low) / Double(bins))
      case .linear: return low * (1 - part) + high * part
      case .symlog: return value(position(low) * (1 - part) + position(high) * part)
      }
    }
    edges[0] = low
    edges[bins] = high
    // Rounding must not turn neighbours round where they are nearly equal.
    for bin in 1...bins { edges[bin] = max(edges[bin], edges[bin - 1]) }
    return edges
  }

  /// For each key the bin of the least value that it stands for.
  private static func firstBins(_ edges: [Double]) -> [UInt16] {
    var firstBins = [UInt16](repeating: 0, count: Int(BK_KEYS))
    let last = edges.count - 2
    var bin = 0
    for key in KeyCounts.order {
      // Of negative numbers the least has the largest magnitude.
      let bits = UInt32(key) << 16 | (key & 0x8000 == 0 ? 0 : 0xFFFF)
      let value = Double(Float(bitPattern: bits))
      guard value.isFinite else { continue }
      while bin < last, value >= edges[bin + 1] { bin += 1 }
      firstBins[key] = UInt16(bin)
    }
    return firstBins
  }
}
