package import BallastBytes
package import BallastKernels

/// A named tensor in Linear's orientation: a view over a storage.
///
/// It is float32, but for the matrices of a model that was loaded to generate, which may be stored in
/// fewer bits.
public struct Parameter: Sendable {
  /// The canonical name, such as "h.3.mlp.c_fc.weight".
  public let name: String
  /// The sizes of the dimensions, [out, in] for the weight of a linear map.
  public let shape: [Int]
  /// The number of elements.
  public let count: Int
  /// Whether Hugging Face stores it transposed.
  package let isConv1D: Bool
  /// How the elements are stored.
  package let element: WeightMatrix.Element
  package let storage: Storage
  /// Whether there is nothing behind the name: the gradient of a parameter that is not trained.
  package let isAbsent: Bool
  private let byteOffset: Int

  /// Float32 at an offset of so many floats.
  package init(_ slot: WeightMap.Slot, storage: Storage, offset: Int) {
    self.init(
      slot,
      .f32,
      storage: storage,
      byteOffset: offset * MemoryLayout<Float>.stride
    )
  }

  /// Elements of any kind; those that are not float32 are a matrix's.
  package init(
    _ slot: WeightMap.Slot,
    _ element: WeightMatrix.Element,
    storage: Storage,
    byteOffset: Int
  ) {
    name = slot.name
    shape = slot.dimensions
    count = slot.count
    isConv1D = slot.isConv1D
    self.element = element
    self.storage = storage
    isAbsent = false
    self.byteOffset = byteOffset
    precondition(byteOffset >= 0 && element.byteCount(of: count) <= storage.byteCount - byteOffset)
  }

  /// The name and shape of a parameter that has no elements here; any storage will do.
  init(absent slot: WeightMap.Slot, storage: Storage) {
    name = slot.name
    shape = slot.dimensions
    count = slot.count
    isConv1D = slot.isConv1D
    element = .f32
    self.storage = storage
    isAbsent = true
    byteOffset = 0
  }

  /// Float32 of a name of its own: a part of a low-rank adapter.
  init(name: String, shape: [Int], storage: Storage, offset: Int) {
    self.name = name
    self.shape = shape
    count = shape.reduce(1, *)
    isConv1D = false
    element = .f32
    self.storage = storage
    isAbsent = false
    byteOffset = offset * MemoryLayout<Float>.stride
    precondition(offset >= 0 && count <= storage.count - offset)
  }

  /// Float32 of the same name and shape as another parameter.
  init(like other: Parameter, storage: Storage, offset: Int) {
    name = other.name
    shape = other.shape
    count = other.count
    isConv1D = other.isConv1D
    element = .f32
    self.storage = storage
    isAbsent = false
    byteOffset = offset * MemoryLayout<Float>.stride
    precondition(offset >= 0 && count <= storage.count - offset)
  }

  /// The first element of a float32 parameter, as all are that were not loaded to generate.
  package var pointer: UnsafeMutablePointer<Float> {
    precondition(element == .f32 && !isAbsent, "the parameter is not float32, or absent")
    return (storage.start + byteOffset).assumingMemoryBound(to: Float.self)
  }

  /// The first element; nil where the parameter is absent.
  var presentPointer: UnsafeMutablePointer<Float>? { isAbsent ? nil : pointer }

  /// The matrix [out, in], as it is stored.
  package var matrix: WeightMatrix {
    WeightMatrix(
      storage.start + byteOffset,
      element,
      outFeatures: shape[0],
      inFeatures: shape[1]
    )
  }

  /// A copy of the elements, row by row.
  public var values: [Float] {
    if element == .f32 { return Array(UnsafeBufferPointer(start: pointer, count: count)) }
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
      guard let output = buffer.baseAddress else { return }
      matrix.widen(0..<shape[0], into: output)
      initialized = count
    }
  }

  /// Adds the elements to a hash, as they are stored.
  package func hash(into hash: inout XXHash64) {
    guard !isAbsent else { return }
    let start = UnsafeRawPointer(storage.start + byteOffset)
    hash.update(RawSpan(_unsafeStart: start, byteCount: element.byteCount(of: count)))
  }

  /// Whether weight decay applies: it does to matrices, not to biases and norms.
  package var isMatrix: Bool { shape.count >= 2 }
}
