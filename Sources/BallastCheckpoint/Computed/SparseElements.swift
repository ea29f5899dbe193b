package import BallastBytes

/// The dense elements of a tensor of which a file holds only those that are not zero.
///
///     coordinates   indices [sparse dimensions, n]      values [n, dense dimensions…]
///     compressed    bounds  [batch…, rows + 1]          values [batch…, n, block…, dense dimensions…]
///                   indices [batch…, n]
///
/// Of batches each has as many values. Values at the same place are added, in the order of the file.
package struct SparseElements: ComputedElements {
  /// Where the values stand.
  package enum Layout: Sendable {
    case coordinates(TensorView)
    /// Rows, or where the flag is set columns, one after another: torch's CSR and CSC, with blocks
    /// of elements BSR and BSC.
    case compressed(bounds: TensorView, indices: TensorView, isByColumn: Bool, isInBlocks: Bool)
  }

  /// The most bytes that values outside of the file may take: one that is repeated for all entries.
  private static let maximumRepeatedBytes = 1 << 24

  private let layout: Layout
  private let values: TensorView
  private let shape: Shape

  /// A tensor of the given shape, whose name is that of `values`.
  ///
  /// Throws `CheckpointFault.badSparseLayout` where the shapes of its parts do not fit together, and
  /// `notNumeric` where its type cannot be added.
  package init(_ layout: Layout, values: TensorView, shape: Shape) throws(FormatError) {
    self.layout = layout
    self.values = values
    self.shape = shape
    guard Addition(values.dtype) != nil else {
      throw FormatError(CheckpointFault.notNumeric(tensor: values.name, values.dtype))
    }
    guard partsFit else {
      throw FormatError(CheckpointFault.badSparseLayout(tensor: values.name))
    }
  }

  package var dtype: DType { values.dtype }
  package var count: Int { shape.elementCount }
  package var sourceByteCount: Int {
    let (sum, overflow) = values.storage.sourceByteCount.addingReportingOverflow(indexByteCount)
    return overflow ? .max : sum
  }

  private var indexByteCount: Int {
    switch layout {
    case .coordinates(let indices): indices.storage.sourceByteCount
    case .compressed(_, let indices, _, _): indices.storage.sourceByteCount
    }
  }

  package func bytes(of elements: Range<Int>) throws(FormatError) -> [UInt8] {
    guard let addition = Addition(dtype) else { return [] }
    let source = try values.rowMajorBytes()
    var output = [UInt8](repeating: 0, count: dtype.byteCount(of: elements.count))
    try forEachRun { value, place, count in
      let lower = max(place, elements.lowerBound)
      let upper = min(place + count, elements.upperBound)
      guard lower < upper else { return }
      addition.add(
        upper - lower,
        of: source.bytes,
        from: value + lower - place,
        to: &output,
        at: lower - elements.lowerBound
      )
    }
    return output
  }
}

// MARK: - Where the values go

extension SparseElements {
  /// Calls `body` for runs of values: the first value, the element that it stands for, their number.
  private func forEachRun(
    _ body: (_ value: Int, _ place: Int, _ count: Int) -> Void
  ) throws(FormatError) {
    switch layout {
    case .coordinates(let indices): try forEachCoordinate(indices, body)
    case .compressed(let bounds, let indices, let isByColumn, let isInBlocks):
      try forEachCompressed(bounds, indices, isByColumn, isInBlocks, body)
    }
  }

  private func forEachCoordinate(
    _ indices: TensorView,
    _ body: (_ value: Int, _ place: Int, _ count: Int) -> Void
  ) throws(FormatError) {
    let (axes, entries) = (indices.shape.dimensions[0], indices.shape.dimensions[1])
    let coordinates = try indices.integers()
    let strides = shape.contiguousStrides
    let run = shape.dimensions[axes...].reduce(1, *)
    for entry in 0..<entries {
      var place = 0
      for axis in 0..<axes {
        let index = coordinates[axis * entries + entry]
        guard (0..<shape.dimensions[axis]).contains(index) else { throw badIndex }
        place += index * strides[axis]
      }
      body(entry * run, place, run)
    }
  }

  private func forEachCompressed(
    _ bounds: TensorView,
    _ indices: TensorView,
    _ isByColumn: Bool,
    _ isInBlocks: Bool,
    _ body: (_ value: Int, _ place: Int, _ count: Int) -> Void
  ) throws(FormatError) {
    let batchRank = indices.shape.rank - 1
    let (rows, columns) = (shape.dimensions[batchRank], shape.dimensions[batchRank + 1])
    let run = shape.dimensions[(batchRank + 2)...].reduce(1, *)
    let block =
      isInBlocks
      ? (values.shape.dimensions[batchRank + 1], values.shape.dimensions[batchRank + 2]) : (1, 1)
    let others = isByColumn ? rows / block.0 : columns / block.1
    let entries = indices.shape.dimensions[batchRank]
    let perBatch = bounds.shape.dimensions[batchRank]
    let starts = try bounds.integers()
    let positions = try indices.integers()
    for batch in 0..<indices.shape.dimensions[..<batchRank].reduce(1, *) {
      let rowStarts = starts[batch * perBatch..<(batch + 1) * perBatch]
      guard rowStarts.first == 0, rowStarts.last == entries else { throw badIndex }
      for (major, (start, end)) in zip(rowStarts, rowStarts.dropFirst()).enumerated() {
        guard start <= end, start >= 0, end <= entries else { throw badIndex }
        for entry in start..<end {
          let minor = positions[batch * entries + entry]
          guard (0..<others).contains(minor) else { throw badIndex }
          let (row, column) = isByColumn ? (minor, major) : (major, minor)
          for line in 0..<block.0 {
            let value = ((batch * entries + entry) * block.0 + line) * block.1
            let place = (batch * rows + row * block.0 + line) * columns + column * block.1
            body(value * run, place * run, block.1 * run)
          }
        }
      }
    }
  }

  private var badIndex: FormatError {
    FormatError(CheckpointFault.badSparseIndex(tensor: values.name), in: values.storage.file)
  }

  /// Whether the shapes fit together, and the indices are in the file rather than repeated.
  private var partsFit: Bool {
    func isIndex(_ view: TensorView) -> Bool {
      [.i32, .i64].contains(view.dtype) && view.byteCount <= view.storage.byteCount
    }
    guard values.byteCount <= max(values.storage.byteCount, Self.maximumRepeatedBytes) else {
      return false
    }
    let (dimensions, found) = (shape.dimensions, values.shape.dimensions)
    switch layout {
    case .coordinates(let indices):
      guard isIndex(indices), indices.shape.rank == 2 else { return false }
      let (axes, entries) = (indices.shape.dimensions[0], indices.shape.dimensions[1])
      return axes <= shape.rank && found == [entries] + dimensions[axes...]
    case .compressed(let bounds, let indices, let isByColumn, let isInBlocks):
      guard isIndex(bounds), isIndex(indices), let entries = indices.shape.dimensions.last,
        let starts = bounds.shape.dimensions.last, starts > 0
      else { return false }
      let batches = indices.shape.dimensions.dropLast()
      let blockRank = isInBlocks ? 2 : 0
      guard shape.rank >= batches.count + 2, found.count >= batches.count + 1 + blockRank,
        bounds.shape.dimensions.dropLast() == batches, dimensions.prefix(batches.count) == batches
      else { return false }
      let block = Array(found[(batches.count + 1)...].prefix(blockRank))
      let whole = Array(dimensions[batches.count..<batches.count + 2])
      guard found == batches + [entries] + block + dimensions[(batches.count + 2)...],
        !block.contains(0), block.isEmpty || zip(whole, block).allSatisfy({ $0 % $1 == 0 })
      else { return false }
      let axis = isByColumn ? 1 : 0
      return starts - 1 == (block.isEmpty ? whole[axis] : whole[axis] / block[axis])
    }
  }
}
