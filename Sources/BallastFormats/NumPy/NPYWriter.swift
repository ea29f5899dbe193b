package import BallastBytes
package import BallastCheckpoint

/// Writes one array as `numpy.save` does.
package enum NPYWriter {
  /// Hands the header and the elements to `sink`.
  ///
  /// Throws `NumPyFault` where NumPy has no such type, or not so many dimensions.
  package static func write(
    _ tensor: TensorOutput,
    to sink: TensorOutput.Sink
  ) throws(FormatError) {
    let header = try header(of: tensor)
    try sink(header.span.bytesOfBytes)
    try tensor.write(to: sink)
  }

  /// The header of an array that is written row by row.
  static func header(of tensor: TensorOutput) throws(FormatError) -> [UInt8] {
    guard let description = NumPyType.description(of: tensor.dtype),
      let type = NumPyType(description)
    else { throw FormatError(NumPyFault.unwritableType(tensor: tensor.name, tensor.dtype)) }
    guard tensor.shape.rank <= NPYHeader.maximumRank else {
      throw FormatError(
        NumPyFault.tooManyDimensions(tensor: tensor.name, limit: NPYHeader.maximumRank)
      )
    }
    return NPYHeader(type: type, isFortran: false, sizes: tensor.shape.dimensions).bytes
  }
}
