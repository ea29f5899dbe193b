import BallastBytes
package import BallastCheckpoint

extension Parameter {
  /// This parameter as it is to be written, under another name.
  ///
  /// With `asConv1D` the weight of a linear map is transposed to [in, out], Hugging Face's way.
  package func output(name: String, asConv1D: Bool) -> TensorOutput {
    let isTransposed = asConv1D && isConv1D
    let dimensions = isTransposed ? shape.reversed() : shape
    // The sizes come from a configuration that was validated, so their product fits.
    guard let outputShape = try? Shape(dimensions) else { preconditionFailure("shape \(shape)") }
    return TensorOutput(name: name, dtype: .f32, shape: outputShape) {
      (sink) throws(FormatError) in
      let rowLength = dimensions.last ?? 1
      let rows = max(1, TensorView.pieceBytes / (rowLength * MemoryLayout<Float>.stride))
      for first in stride(from: 0, to: count / rowLength, by: rows) {
        let range = first..<min(first + rows, count / rowLength)
        let piece = isTransposed ? columns(range) : self.rows(range, length: rowLength)
        try sink(RawSpan(_elements: piece.span))
      }
    }
  }

  private func rows(_ range: Range<Int>, length: Int) -> [Float] {
    Array(
      UnsafeBufferPointer(start: pointer + range.lowerBound * length, count: range.count * length)
    )
  }

  /// Some columns of a matrix, as rows.
  private func columns(_ range: Range<Int>) -> [Float] {
    let (outputs, inputs) = (shape[0], shape[1])
    var rows = [Float](repeating: 0, count: range.count * outputs)
    for output in 0..<outputs {
      for input in range {
        rows[(input - range.lowerBound) * outputs + output] = pointer[output * inputs + input]
      }
    }
    return rows
  }
}
