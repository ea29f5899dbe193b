package import BallastBytes
package import BallastCheckpoint

/// Something about the values of a tensor that is seldom meant so.
package struct StatisticsFinding: Hashable, Sendable {
  /// What it is.
  package enum Kind: Hashable, Sendable {
    /// All finite values are the same one.
    case constant(Double)
    /// So many rows, or columns, of a matrix are zeros.
    case deadRows(Int, of: Int)
    case deadColumns(Int, of: Int)
    /// The root of the mean square is so many times the median of all layers.
    case norm(times: Double)
    /// So many values are NaN or infinite.
    case notFinite(Int)
  }

  package let tensor: String
  package let kind: Kind

  package init(tensor: String, kind: Kind) {
    self.tensor = tensor
    self.kind = kind
  }

  /// A norm is out of line when it is so many times the median of at least so many layers.
  ///
  /// Where layers are of two kinds, half of them each, the median lies between, and none is out of line.
  private static let normFactor = 5.0
  private static let leastLayers = 4

  /// The findings about tensors; rows are looked at only where there are zeros enough.
  ///
  /// `check` is called now and then, and throws to give the work up.
  package static func findings(
    about tensors: [(tensor: TensorView, statistics: TensorStatistics)],
    check: () throws(FormatError) -> Void = {}
  ) throws(FormatError) -> [StatisticsFinding] {
    let factors = normFactors(tensors.map { ($0.tensor.name, $0.statistics) })
    var findings: [StatisticsFinding] = []
    for ((tensor, statistics), factor) in zip(tensors, factors) {
      func add(_ kind: Kind) { findings.append(.init(tensor: tensor.name, kind: kind)) }
      if !statistics.isFinite { add(.notFinite(statistics.count - statistics.finite)) }
      if let value = statistics.minimum, value == statistics.maximum, statistics.finite > 1 {
        add(.constant(value))
      } else if tensor.shape.rank == 2, tensor.dtype.isSeenByRows {
        let (rows, columns) = (tensor.shape.dimensions[0], tensor.shape.dimensions[1])
        if statistics.zeros >= min(rows, columns), min(rows, columns) > 1 {
          let dead = try deadLines(of: tensor, check)
          // Read as float32, what is smaller looks like zero; but of zeros there are only so many.
          let (inRows, inColumns) = (dead.rows * columns, dead.columns * rows)
          let isTrue = max(inRows, inColumns) <= statistics.zeros
          if isTrue, dead.rows > 0 { add(.deadRows(dead.rows, of: rows)) }
          if isTrue, dead.columns > 0 { add(.deadColumns(dead.columns, of: columns)) }
        }
      }
      if let factor { add(.norm(times: factor)) }
    }
    return findings
  }

  /// For each tensor how many times the median of its layers its norm is, if that is out of line.
  private static func normFactors(
    _ tensors: [(name: String, statistics: TensorStatistics)]
  ) -> [Double?] {
    var layers: [LayeredName.Family: [Double]] = [:]
    let names = tensors.map { LayeredName($0.name) }
    for (name, tensor) in zip(names, tensors) where name.layer != nil {
      guard let norm = tensor.statistics.rootMeanSquare, norm.isFinite else { continue }
      layers[name.family, default: []].append(norm)
    }
    let medians = layers.filter { $0.value.count >= leastLayers }.mapValues {
      median(of: $0.sorted())
    }
    return zip(names, tensors).map { name, tensor in
      guard name.layer != nil, let median = medians[name.family],
        let norm = tensor.statistics.rootMeanSquare, norm.isFinite
      else { return nil }
      guard median > 0, norm > median * normFactor || norm < median / normFactor else { return nil }
      return norm / median
    }
  }

  /// The median of ascending numbers.
  private static func median(of sorted: [Double]) -> Double {
    // Halves: the sum of two may be more than float64 holds.
    sorted[(sorted.count - 1) / 2] / 2 + sorted[sorted.count / 2] / 2
  }

  /// The elements that are read between two looks at whether to go on.
  private static let elementsAtOnce = 1 << 20

  /// The rows and columns of a matrix that are all zeros.
  private static func deadLines(
    of tensor: TensorView,
    _ check: () throws(FormatError) -> Void
  ) throws(FormatError) -> (rows: Int, columns: Int) {
    let (rows, columns) = (tensor.shape.dimensions[0], tensor.shape.dimensions[1])
    // The bits of all values of a line together: none, but for the signs of zeros, where it is dead.
    var bitsOfRows = [UInt32](repeating: 0, count: rows)
    var bitsOfColumns = [UInt32](repeating: 0, count: columns)
    for first in stride(from: 0, to: rows * columns, by: elementsAtOnce) {
      try check()
      let values = try tensor.floats(in: first..<min(first + elementsAtOnce, rows * columns))
      var place = 0
      while place < values.count {
        let (row, column) = (first + place).quotientAndRemainder(dividingBy: columns)
        let end = min(place + columns - column, values.count)
        bitsOfRows[row] |= gather(values[place..<end], into: &bitsOfColumns, at: column)
        place = end
      }
    }
    return (bitsOfRows.count { $0 == 0 }, bitsOfColumns.count { $0 == 0 })
  }

  /// Adds the bits of values, their signs aside, to those of the columns from `first` on, and returns
  /// those of all.
  private static func gather(
    _ values: ArraySlice<Float>,
    into columns: inout [UInt32],
    at first: Int
  ) -> UInt32 {
    var all: UInt32 = 0
    unsafe values.withUnsafeBufferPointer { values in
      unsafe columns.withUnsafeMutableBufferPointer { columns in
        // Safe: there are at least as many columns from the first on as values.
        for index in 0..<values.count {
          let bits = unsafe values[index].bitPattern & 0x7FFF_FFFF
          unsafe columns[first + index] |= bits
          all |= bits
        }
      }
    }
    return all
  }
}

extension DType {
  /// Whether a part of the elements can be read as float32 without the rest.
  fileprivate var isSeenByRows: Bool {
    switch self {
    case .f4, .f6e2m3, .f6e3m2, .f8e8m0, .f8e4m3fnuz, .f8e5m2fnuz, .c32, .c64, .c128: false
    default: true
    }
  }
}
