package import BallastBytes
package import BallastCheckpoint

/// A tensor over bytes in memory, contiguous unless strides are given.
package func tensor(
  _ dtype: DType,
  _ sizes: [Int],
  _ bytes: [UInt8],
  named name: String = "t",
  strides: [Int]? = nil,
  offset: Int = 0,
  byteOrder: TensorStorage.ByteOrder = .little
) throws(FormatError) -> TensorView {
  try TensorView(
    name: name,
    dtype: dtype,
    shape: Shape(sizes),
    strides: strides,
    storage: storage(bytes, byteOrder: byteOrder),
    elementOffset: offset
  )
}

/// A storage in memory, said to stand at byte 100 of its file.
package func storage(
  _ bytes: [UInt8],
  byteOrder: TensorStorage.ByteOrder = .little
) throws(FormatError) -> TensorStorage {
  TensorStorage(try ByteRegion(.copying(bytes)), byteOrder: byteOrder, fileOffset: 100)
}

/// The bytes of integers, one after another, the least significant byte first.
package func littleEndian(_ values: some Sequence<some FixedWidthInteger>) -> [UInt8] {
  values.flatMap { littleEndianBytes(of: $0) }
}

/// The bytes of float32 numbers.
package func littleEndian(_ values: some Sequence<Float>) -> [UInt8] {
  littleEndian(values.map(\.bitPattern))
}

/// The bytes of float64 numbers.
package func littleEndian(_ values: some Sequence<Double>) -> [UInt8] {
  littleEndian(values.map(\.bitPattern))
}

extension TensorView {
  /// All the bytes, read in pieces of at most `pieceBytes`.
  package func contents(pieceBytes: Int = TensorView.pieceBytes) throws -> [UInt8] {
    var contents: [UInt8] = []
    try forEachPiece(pieceBytes: pieceBytes) { (piece, _) throws(FormatError) in
      contents += [UInt8](copying: piece)
    }
    return contents
  }
}

extension TensorOutput {
  /// All the bytes.
  package func contents() throws -> [UInt8] {
    var contents: [UInt8] = []
    try write { (piece) throws(FormatError) in contents += [UInt8](copying: piece) }
    return contents
  }
}
