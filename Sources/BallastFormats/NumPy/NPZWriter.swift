package import BallastBytes
package import BallastCheckpoint

/// Writes archives of arrays that `numpy.load` reads without a pickle.
///
/// Members are stored, and their elements start at multiples of 64 in the file.
package enum NPZWriter {
  /// Writes the tensors to `path`, atomically, and returns the number of bytes.
  ///
  /// NumPy knows no ties: the elements of a tied tensor are written again under its other name, so
  /// that each name is there. `progress` gets the number of data bytes after each piece, and may
  /// throw to give up. Throws `NumPyFault.unwritableType` for what NumPy does not have, bfloat16
  /// among it.
  @discardableResult
  package static func write(
    _ tensors: [TensorOutput],
    ties: [(name: String, original: String)] = [],
    to path: String,
    replacing: Bool = true,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let arrays = try arrays(tensors, ties: ties)
    var archive = try ZipWriter(path: path, replacing: replacing)
    var written = 0
    for (name, header, tensor) in arrays {
      let byteCount = try sum(header.count, tensor.byteCount)
      try archive.add(name + NPZ.suffix, byteCount: byteCount) { (sink) throws(FormatError) in
        try sink(header.span.bytesOfBytes)
        try tensor.write { (piece) throws(FormatError) in
          try sink(piece)
          written += piece.byteCount
          try progress(written)
        }
      }
    }
    return try archive.finish()
  }

  /// What is written: everything is checked before the first byte is.
  private static func arrays(
    _ tensors: [TensorOutput],
    ties: [(name: String, original: String)]
  ) throws(FormatError) -> [(name: String, header: [UInt8], tensor: TensorOutput)] {
    var arrays: [(name: String, header: [UInt8], tensor: TensorOutput)] = []
    var names: [ExactString: Int] = [:]
    for tensor in tensors {
      guard names.updateValue(arrays.count, forKey: ExactString(tensor.name)) == nil else {
        throw FormatError(CheckpointFault.duplicateName(tensor.name))
      }
      arrays.append((tensor.name, try NPYWriter.header(of: tensor), tensor))
    }
    for (name, original) in ties {
      guard let position = names[ExactString(original)] else {
        throw FormatError(CheckpointFault.noSuchTensor(original))
      }
      guard names.updateValue(position, forKey: ExactString(name)) == nil else {
        throw FormatError(CheckpointFault.duplicateName(name))
      }
      arrays.append((name, arrays[position].header, arrays[position].tensor))
    }
    // NumPy looks for a member of the very name first, and would find the other array.
    for (name, _, _) in arrays where names[ExactString(name + NPZ.suffix)] != nil {
      throw FormatError(NumPyFault.ambiguousName(tensor: name))
    }
    return arrays
  }
}
