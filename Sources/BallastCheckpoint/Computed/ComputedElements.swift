package import BallastBytes

/// Elements that stand in no file as such: they are computed from other tensors as they are read.
///
/// What is computed is dense, row by row and little-endian.
package protocol ComputedElements: Sendable {
  /// The type of the elements; each takes whole bytes.
  var dtype: DType { get }
  /// The number of elements.
  var count: Int { get }
  /// The bytes that they are computed from, where they stand in a file.
  var sourceByteCount: Int { get }

  /// Computes a range of the elements.
  func bytes(of elements: Range<Int>) throws(FormatError) -> [UInt8]
}

extension ComputedElements {
  /// The size of all elements in bytes.
  var byteCount: Int { dtype.byteCount(of: count) }
}

extension TensorView {
  /// `forEachPiece` for a contiguous view of computed elements.
  func forEachComputedPiece(
    _ computed: any ComputedElements,
    of elements: Range<Int>,
    elementsPerPiece: Int,
    _ body: (borrowing RawSpan, Range<Int>) throws(FormatError) -> Void
  ) throws(FormatError) {
    var start = elements.lowerBound
    while start < elements.upperBound {
      let range = start..<min(start + elementsPerPiece, elements.upperBound)
      let bytes = try computed.bytes(
        of: elementOffset + range.lowerBound..<elementOffset + range.upperBound
      )
      try body(bytes.span.bytesOfBytes, range)
      start = range.upperBound
    }
  }

  /// The elements row by row and little-endian: in place where they lie so, otherwise copied.
  func rowMajorBytes() throws(FormatError) -> ByteRegion {
    if isContiguous, storage.computed == nil, storage.byteOrder == .little || dtype.bitWidth == 8 {
      let region = try storage.region
      let start = region.range.lowerBound + dtype.byteCount(of: elementOffset)
      return try ByteRegion(region.source, offset: start, count: byteCount)
    }
    return ByteRegion(try SharedBytes.copying(copiedBytes(of: 0..<shape.elementCount)))
  }

  /// A copy of a range of the elements, row by row and little-endian.
  func copiedBytes(of elements: Range<Int>) throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(dtype.byteCount(of: min(elements.count, Self.pieceBytes)))
    try forEachPiece(of: elements) { (piece, _) throws(FormatError) in
      bytes += [UInt8](copying: piece)
    }
    return bytes
  }
}
