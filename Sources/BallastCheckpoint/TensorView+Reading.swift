package import BallastBytes

extension TensorView {
  /// The size of the pieces in which tensors are read: large enough to stream, small enough to hold.
  package static let pieceBytes = 16 << 20

  /// Reads elements row by row, little-endian, in pieces of at most `pieceBytes`.
  ///
  /// `elements` counts them row by row; nil stands for all. `body` gets each piece and the range
  /// of elements in it. A contiguous tensor is lent from the mapping without a copy, and its pages
  /// are given back afterwards. Blocks are read contiguously and whole.
  package func forEachPiece(
    of elements: Range<Int>? = nil,
    pieceBytes: Int = pieceBytes,
    _ body: (borrowing RawSpan, Range<Int>) throws(FormatError) -> Void
  ) throws(FormatError) {
    let elements = elements ?? 0..<shape.elementCount
    precondition(elements.lowerBound >= 0 && elements.upperBound <= shape.elementCount)
    guard !elements.isEmpty else { return }
    if let block = dtype.block {
      return try forEachPieceOfBlocks(block, of: elements, pieceBytes: pieceBytes, body)
    }
    guard let width = dtype.byteWidth else {  // elements share bytes: whole or not at all
      precondition(elements.count == shape.elementCount)
      let region = try storage.region
      return try body(region.bytes.extracting(0..<byteCount), elements)
    }
    try checkUnfolding()
    let elementsPerPiece = max(1, pieceBytes / width)
    if let computed = storage.computed, isContiguous {
      return try forEachComputedPiece(
        computed,
        of: elements,
        elementsPerPiece: elementsPerPiece,
        body
      )
    }
    let region = try storage.region
    let isLent = isContiguous && (storage.byteOrder == .little || width == 1)
    var buffer = [UInt8](
      repeating: 0,
      count: isLent ? 0 : min(elementsPerPiece, elements.count) * width
    )
    var start = elements.lowerBound
    while start < elements.upperBound {
      let range = start..<min(start + elementsPerPiece, elements.upperBound)
      if isLent {
        let lower = (elementOffset + range.lowerBound) * width
        let bytes = lower..<lower + range.count * width
        let base = region.range.lowerBound
        do {
          try region.source.populate(base + bytes.lowerBound..<base + bytes.upperBound)
        } catch {
          throw error.inFile(storage.file)
        }
        try body(region.bytes.extracting(bytes), range)
        region.source.giveBack(base + bytes.lowerBound..<base + bytes.upperBound)
      } else {
        unsafe buffer.withUnsafeMutableBytes {
          unsafe copyElements(range, of: region, width: width, to: $0)
        }
        try body(buffer.span.bytesOfBytes.extracting(0..<range.count * width), range)
      }
      start = range.upperBound
    }
    if !isLent { region.source.giveBack(region.range) }
  }

  /// Throws where the elements take more bytes than their storage, and than is allowed.
  ///
  /// Whoever makes something for each of the elements asks first: there may be 2^60 of them.
  package func checkUnfolding() throws(FormatError) {
    guard byteCount <= max(storage.sourceByteCount, storage.maximumUnfoldedBytes) else {
      throw FormatError(
        CheckpointFault.expandedTooFar(
          tensor: name,
          bytes: byteCount,
          limit: storage.maximumUnfoldedBytes
        ),
        at: fileOffset,
        in: storage.file
      )
    }
  }

  /// Copies a range of the elements, counted row by row, to `destination`, little-endian.
  private func copyElements(
    _ range: Range<Int>,
    of region: ByteRegion,
    width: Int,
    to destination: UnsafeMutableRawBufferPointer
  ) {
    // Safe: `init` checked that every element lies within the storage, and the caller's buffer
    // holds `range.count` elements.
    unsafe region.bytes.withUnsafeBytes { source in
      guard let from = source.baseAddress, let to = destination.baseAddress else {
        return
      }
      let base = unsafe from + elementOffset * width
      switch width {
      case 1: unsafe gather(range, UInt8.self, from: base, to: to)
      case 2: unsafe gather(range, UInt16.self, from: base, to: to)
      case 4: unsafe gather(range, UInt32.self, from: base, to: to)
      case 8: unsafe gather(range, UInt64.self, from: base, to: to)
      default: unsafe gather(range, UInt128.self, from: base, to: to)
      }
      if storage.byteOrder == .big {
        unsafe swapBytes(of: UnsafeMutableRawBufferPointer(start: to, count: range.count * width))
      }
    }
  }

  /// Walks the rows: an index for every dimension but the last, a strided loop along the last.
  private func gather<Element: BitwiseCopyable>(
    _ range: Range<Int>,
    _ type: Element.Type,
    from base: UnsafeRawPointer,
    to destination: UnsafeMutableRawPointer
  ) {
    let width = MemoryLayout<Element>.size
    let sizes = shape.dimensions
    guard let rowLength = sizes.last, let rowStride = strides.last else {
      unsafe destination.copyMemory(from: base, byteCount: width)
      return
    }
    var index = [Int](repeating: 0, count: sizes.count)
    var rest = range.lowerBound
    for axis in sizes.indices.reversed() {
      index[axis] = rest % sizes[axis]
      rest /= sizes[axis]
    }
    // The stride along a dimension of one element is never used, and may be any number.
    let step = rowLength > 1 ? rowStride * width : 0
    var written = 0
    while written < range.count {
      var start = 0
      for axis in sizes.indices { start += index[axis] * strides[axis] }
      let count = min(rowLength - index[sizes.count - 1], range.count - written)
      var from = unsafe base + start * width
      var to = unsafe destination + written * width
      for _ in 0..<count {
        // Safe: `init` and the caller checked both ends; loads are unaligned.
        unsafe to.storeBytes(of: from.loadUnaligned(as: Element.self), as: Element.self)
        unsafe from += step
        unsafe to += width
      }
      written += count
      index[sizes.count - 1] = 0
      for axis in sizes.indices.dropLast().reversed() {
        index[axis] += 1
        if index[axis] < sizes[axis] { break }
        index[axis] = 0
      }
    }
  }

  private func swapBytes(of buffer: UnsafeMutableRawBufferPointer) {
    guard let width = dtype.scalarByteWidth, width > 1 else { return }
    var start = 0
    while start < buffer.count {
      // Safe: the slice lies within the buffer, whose size is a multiple of the width.
      var scalar = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + width])
      unsafe scalar.reverse()
      start += width
    }
  }
}
