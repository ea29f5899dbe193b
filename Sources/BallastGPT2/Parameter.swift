import BallastKernels

/// A named float32 tensor in Linear's orientation: a view over a storage.
public struct Parameter: Sendable {
  /// The canonical name, such as "h.3.mlp.c_fc.weight".
  public let name: String
  /// The sizes of the dimensions, [out, in] for the weight of a linear map.
  public let shape: [Int]
  /// The number of elements.
  public let count: Int
  /// Whether Hugging Face stores it transposed.
  package let isConv1D: Bool
  package let storage: Storage
  package let offset: Int

  package init(_ slot: WeightMap.Slot, storage: Storage, offset: Int) {
    name = slot.name
    shape = slot.dimensions
    count = slot.count
    isConv1D = slot.isConv1D
    self.storage = storage
    self.offset = offset
    precondition(offset >= 0 && offset + slot.count <= storage.count)
  }

  /// The first element.
  package var pointer: UnsafeMutablePointer<Float> { storage.base + offset }

  /// A copy of the elements, row by row.
  public var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// Whether weight decay applies: it does to matrices, not to biases and norms.
  package var isMatrix: Bool { shape.count >= 2 }
}
