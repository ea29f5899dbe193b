package import BallastBytes

/// A tensor on its way into a file: what the header says, and a way to produce the bytes.
package struct TensorOutput {
  /// Takes pieces of bytes, in order.
  package typealias Sink = (borrowing RawSpan) throws(FormatError) -> Void

  package let name: String
  package let dtype: DType
  package let shape: Shape
  /// The type that the elements had before they were cast, if they are.
  package let castFrom: DType?
  private let produce: (Sink) throws(FormatError) -> Void

  /// A tensor whose bytes, row by row and little-endian, `produce` hands to a sink.
  package init(
    name: String,
    dtype: DType,
    shape: Shape,
    castFrom: DType? = nil,
    produce: @escaping (Sink) throws(FormatError) -> Void
  ) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.castFrom = castFrom == dtype ? nil : castFrom
    self.produce = produce
  }

  /// The number of bytes that `write` hands out.
  package var byteCount: Int { dtype.byteCount(of: shape.elementCount) }

  /// Hands the bytes to `sink`, exactly `byteCount` of them.
  package func write(to sink: Sink) throws(FormatError) {
    var written = 0
    try produce { (piece) throws(FormatError) in
      written += piece.byteCount
      try sink(piece)
    }
    precondition(written == byteCount, "tensor \(name) gave \(written) of \(byteCount) bytes")
  }
}
