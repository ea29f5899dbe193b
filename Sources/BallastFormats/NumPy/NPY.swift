package import BallastBytes
package import BallastCheckpoint

/// A single array of NumPy: a header, and the elements in C's or Fortran's order (NEP 1).
package enum NPY {
  package static let name = "npy"

  /// The name of the one tensor that such a file has.
  package static let tensorName = "array"

  /// Whether a file starts with the magic number.
  package static func matches(_ source: SharedBytes) -> Bool {
    var reader = ByteReader(source.bytes)
    guard let start = try? reader.readBytes(NPYHeader.magic.count) else { return false }
    return [UInt8](copying: start) == NPYHeader.magic
  }

  /// Opens a file; `file` is its name within a set of several.
  package static func open(
    _ source: SharedBytes,
    file: String? = nil
  ) throws(FormatError) -> Checkpoint {
    do {
      let (tensor, trailing) = try array(
        in: ByteRegion(source),
        named: tensorName,
        file: file,
        fileOffset: 0
      )
      let warnings =
        trailing == 0
        ? []
        : [FormatError(NumPyFault.trailingBytes(trailing), at: source.count - trailing, in: file)]
      return try Checkpoint(
        format: name,
        files: [.init(name: file ?? "", byteCount: source.count)],
        warnings: warnings,
        tensors: [tensor]
      )
    } catch {
      throw error.inFile(file)
    }
  }

  /// The array in `region`, and how many bytes follow it; `fileOffset` is the region's place in its
  /// file, nil where it was decompressed.
  static func array(
    in region: ByteRegion,
    named name: String,
    file: String?,
    fileOffset: Int?
  ) throws(FormatError) -> (tensor: TensorView, trailingBytes: Int) {
    var reader = ByteReader(region.bytes, base: fileOffset ?? 0)
    let header = try NPYHeader(parsing: &reader)
    let shape = try Shape(header.sizes)
    let dtype = header.type.dtype
    let byteCount = try product(shape.elementCount, dtype.byteWidth ?? 1)
    guard byteCount <= reader.remaining else {
      throw FormatError(
        ByteFault.truncated(needed: byteCount - reader.remaining),
        at: fileOffset.map { $0 + region.count }
      )
    }
    let elements = try ByteRegion(
      region.source,
      offset: region.range.lowerBound + reader.position,
      count: byteCount
    )
    let strides =
      header.isFortran
      ? Array(try Shape(header.sizes.reversed()).contiguousStrides.reversed()) : nil
    let tensor = try TensorView(
      name: name,
      dtype: dtype,
      shape: shape,
      strides: strides,
      storage: TensorStorage(
        elements,
        byteOrder: header.type.byteOrder,
        file: file,
        fileOffset: fileOffset.map { $0 + reader.position }
      )
    )
    return (tensor, reader.remaining - byteCount)
  }
}
