public import BallastBytes

/// A named tensor: a view of a storage with a type, a shape and strides; nothing is read yet.
public struct TensorView: Sendable {
  /// The name in the checkpoint.
  public let name: String
  /// The type of the elements.
  public let dtype: DType
  /// The sizes of the dimensions.
  public let shape: Shape
  /// The distance between neighbours along each dimension, in elements.
  public let strides: [Int]
  /// The bytes that this tensor views, perhaps together with others.
  public let storage: TensorStorage
  /// Where the first element stands in the storage, in elements.
  public let elementOffset: Int

  /// A view of a storage, row by row without gaps where `strides` is nil.
  ///
  /// Throws `CheckpointFault` where an element would lie outside of the storage.
  public init(
    name: String,
    dtype: DType,
    shape: Shape,
    strides: [Int]? = nil,
    storage: TensorStorage,
    elementOffset: Int = 0
  ) throws(FormatError) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.strides = strides ?? shape.contiguousStrides
    self.storage = storage
    self.elementOffset = elementOffset
    do {
      try validate()
    } catch {
      throw FormatError(error.fault, at: error.offset ?? storage.fileOffset, in: storage.file)
    }
  }

  /// The same tensor under another name.
  public func renamed(_ name: String) -> TensorView {
    TensorView(renaming: self, to: name)
  }

  private init(renaming view: TensorView, to name: String) {
    self.name = name
    dtype = view.dtype
    shape = view.shape
    strides = view.strides
    storage = view.storage
    elementOffset = view.elementOffset
  }

  private func validate() throws(FormatError) {
    guard strides.count == shape.rank else {
      throw FormatError(CheckpointFault.rankMismatch(tensor: name))
    }
    guard elementOffset >= 0, strides.allSatisfy({ $0 >= 0 }) else {
      throw FormatError(CheckpointFault.negativeStride(tensor: name))
    }
    // What is derived from a view without a check fits: the place of its first element, and its
    // size in the widest type it may be cast to.
    let start = try product(elementOffset, dtype.bitWidth)
    _ = try sum(storage.fileOffset ?? 0, start / 8)
    _ = try product(shape.elementCount, DType.widestBitWidth)
    guard shape.elementCount > 0 else { return }
    if let block = dtype.block, shape.elementCount % block.elements != 0 {
      throw FormatError(CheckpointFault.partialBlock(tensor: name, dtype))
    }
    var last = elementOffset
    for (size, stride) in zip(shape.dimensions, strides) {
      last = try sum(last, try product(size - 1, stride))
    }
    _ = try product(try sum(last, 1), DType.widestBitWidth)
    guard dtype.byteCount(of: last + 1) <= storage.byteCount else {
      throw FormatError(CheckpointFault.outOfBounds(tensor: name))
    }
    // Blocks are decoded before they are strided; elements that share bytes are not taken apart.
    let isWhole = elementOffset == 0 && (isContiguous || dtype.block != nil)
    if dtype.byteWidth == nil, !isWhole {
      throw FormatError(CheckpointFault.stridedPackedElements(tensor: name, dtype))
    }
  }

  /// Whether the elements lie row by row without gaps.
  public var isContiguous: Bool {
    if shape.elementCount <= 1 { return true }
    return zip(zip(shape.dimensions, strides), shape.contiguousStrides).allSatisfy {
      $0.0 == 1 || $0.1 == $1
    }
  }

  /// The number of bytes that the elements take, each counted once for every place it is seen at.
  public var byteCount: Int { dtype.byteCount(of: shape.elementCount) }

  /// Where the first element stands in its file, where that is known.
  public var fileOffset: Int? {
    storage.fileOffset.map { $0 + elementOffset * dtype.bitWidth / 8 }
  }

  /// The view with its last two dimensions exchanged; nothing moves.
  public var transposed: TensorView {
    get throws(FormatError) {
      guard shape.rank >= 2 else { return self }
      var sizes = shape.dimensions
      var strides = strides
      sizes.swapAt(shape.rank - 1, shape.rank - 2)
      strides.swapAt(shape.rank - 1, shape.rank - 2)
      return try TensorView(
        name: name,
        dtype: dtype,
        shape: try Shape(sizes),
        strides: strides,
        storage: storage,
        elementOffset: elementOffset
      )
    }
  }

  /// Whether both names stand for the same elements of the same storage.
  public func isTied(to other: TensorView) -> Bool {
    storage === other.storage && elementOffset == other.elementOffset && dtype == other.dtype
      && shape == other.shape && strides == other.strides
  }
}
