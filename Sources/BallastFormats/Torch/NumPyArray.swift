import BallastBytes
import BallastCheckpoint

/// An array of numpy as a pickle holds it beside torch's tensors.
///
///     numpy._core.multiarray._reconstruct(numpy.ndarray, (0,), b"b")
///       then BUILD (version, shape, dtype, is Fortran, bytes)
///     numpy._core.numeric._frombuffer(bytes, dtype, shape, "C" or "F")     protocol 5
///     numpy._core.numeric._frombuffer(bytes, dtype, shape, "K", axes)      NumPy 2.4, any other order
struct NumPyArray {
  let dtype: DType
  let byteOrder: TensorStorage.ByteOrder
  let sizes: [Int]
  /// The axes from the slowest in memory to the fastest.
  let axes: [Int]
  /// The bytes, or the text that stands for them in protocol 2.
  let content: PickleValue

  /// Out of what BUILD hands to an empty array: (version, shape, dtype, is Fortran, bytes).
  static func reading(
    states: [PickleValue],
    in graph: PickleGraph,
    _ steps: TorchSteps
  ) throws(FormatError) -> TorchReading {
    // Each state takes the place of the one before.
    guard case .tuple? = states.last,
      let parts = states.last.flatMap({ graph.elements($0) })?.prefix(6).map({ $0 }),
      parts.count == 5, case .tuple = parts[1],
      let sizes = try integers(parts[1], in: graph, steps),
      let isFortran = graph.integer(parts[3])
    else { return .obstacle(.oddArray) }
    let axes = Array(sizes.indices)
    return reading(
      sizes: sizes,
      axes: isFortran == 0 ? axes : axes.reversed(),
      type: parts[2],
      data: parts[4],
      in: graph
    )
  }

  /// Out of the arguments of `_frombuffer`; `shape` is that of the memory where the axes have an order
  /// of their own.
  static func reading(
    arguments: [PickleValue],
    in graph: PickleGraph,
    _ steps: TorchSteps
  ) throws(FormatError) -> TorchReading {
    guard arguments.count == 4 || arguments.count == 5, let order = graph.text(arguments[3]),
      let shape = try integers(arguments[2], in: graph, steps)
    else { return .obstacle(.oddArray) }
    var (sizes, axes) = (shape, Array(shape.indices))
    switch order {
    case "C": break
    case "F": axes.reverse()
    case "K":
      guard arguments.count == 5, let order = try integers(arguments[4], in: graph, steps),
        order.sorted() == axes
      else { return .obstacle(.oddArray) }
      // Dimension i of the array is dimension order[i] of the memory.
      sizes = order.map { shape[$0] }
      for (axis, place) in order.enumerated() { axes[place] = axis }
    default: return .obstacle(.oddArray)
    }
    return reading(sizes: sizes, axes: axes, type: arguments[1], data: arguments[0], in: graph)
  }

  private static func integers(
    _ value: PickleValue,
    in graph: PickleGraph,
    _ steps: TorchSteps
  ) throws(FormatError) -> [Int]? {
    guard let elements = graph.sequence(value) else { return nil }
    try steps.take(valuesBeyondUsual: elements.count)
    let integers = elements.compactMap { graph.integer($0) }
    return integers.count == elements.count && integers.allSatisfy { $0 >= 0 } ? integers : nil
  }

  private static func reading(
    sizes: [Int],
    axes: [Int],
    type: PickleValue,
    data: PickleValue,
    in graph: PickleGraph
  ) -> TorchReading {
    // What holds the data comes first: an array of objects has a list of them.
    if case .list = data { return .obstacle(.unknownType("numpy.dtype('O')")) }
    guard let content = graph.content(data) else { return .obstacle(.oddArray) }
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
        axes: axes,
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

  /// The strides in elements.
  func strides(of shape: Shape) throws(FormatError) -> [Int] {
    let inMemory = try Shape(axes.map { sizes[$0] }).contiguousStrides
    var strides = shape.contiguousStrides
    for (axis, stride) in zip(axes, inMemory) { strides[axis] = stride }
    return strides
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
