import BallastBytes
import BallastCheckpoint

/// An array of numpy as a pickle holds it beside torch's tensors.
///
///     numpy._core.multiarray._reconstruct(numpy.ndarray, (0,), b"b")
///       then BUILD (version, shape, dtype, is Fortran, bytes)
///     numpy._core.numeric._frombuffer(bytes, dtype, shape, "C" or "F")     protocol 5
struct NumPyArray {
  let dtype: DType
  let byteOrder: TensorStorage.ByteOrder
  let sizes: [Int]
  let isFortran: Bool
  /// The bytes, or the text that stands for them in protocol 2.
  let content: PickleValue

  /// What an array consists of, from its shape, type, order and data; nil where they are not that.
  static func reading(
    shape: PickleValue,
    type: PickleValue,
    isFortran: Bool,
    data: PickleValue,
    in graph: PickleGraph
  ) -> TorchReading? {
    guard let sizes = graph.elements(shape)?.map({ graph.integer($0) ?? -1 }) else { return nil }
    // What holds the data comes first: an array of objects has a list of them.
    guard let content = graph.content(data) else {
      return .obstacle(.unknownType("numpy.dtype('O')"))
    }
    guard let (kind, width, isBig) = graph.numpyType(type) else {
      return .obstacle(.unknownType("numpy.dtype"))
    }
    guard let dtype = dtype(kind: kind, width: width) else {
      return .obstacle(.unknownType("numpy.dtype('\(kind)\(width)')"))
    }
    return .array(
      NumPyArray(
        dtype: dtype,
        byteOrder: isBig ? .big : .little,
        sizes: sizes,
        isFortran: isFortran,
        content: content
      )
    )
  }

  private static func dtype(kind: Character, width: Int) -> DType? {
    switch (kind, width) {
    case ("b", 1): .bool
    case ("i", 1): .i8
    case ("i", 2): .i16
    case ("i", 4): .i32
    case ("i", 8): .i64
    case ("u", 1): .u8
    case ("u", 2): .u16
    case ("u", 4): .u32
    case ("u", 8): .u64
    case ("f", 2): .f16
    case ("f", 4): .f32
    case ("f", 8): .f64
    case ("c", 8): .c64
    case ("c", 16): .c128
    default: nil
    }
  }

  /// The strides in elements: the last dimension runs fastest, or in Fortran's order the first.
  func strides(of shape: Shape) throws(FormatError) -> [Int] {
    guard isFortran else { return shape.contiguousStrides }
    return try Shape(sizes.reversed()).contiguousStrides.reversed()
  }

  /// The bytes as a storage: in place where the pickle holds them as such.
  func storage(
    in graph: PickleGraph,
    file: String?,
    maximumUnfoldedBytes: Int
  ) throws(FormatError) -> TensorStorage? {
    if let range = graph.bytes(content) {
      return TensorStorage(
        try ByteRegion(graph.source, offset: range.lowerBound, count: range.count),
        byteOrder: byteOrder,
        file: file,
        fileOffset: graph.isInFile ? range.lowerBound : nil,
        maximumUnfoldedBytes: maximumUnfoldedBytes
      )
    }
    guard let bytes = graph.contentBytes(content) else { return nil }
    return TensorStorage(
      ByteRegion(try SharedBytes.copying(bytes)),
      byteOrder: byteOrder,
      file: file,
      fileOffset: nil,
      maximumUnfoldedBytes: maximumUnfoldedBytes
    )
  }
}
