extension TensorView {
  /// Which elements of which storage a tensor shows, whatever its name; tied tensors have one place.
  ///
  /// It means something only as long as the storage is held.
  package struct Place: Hashable, Sendable {
    fileprivate let storage: ObjectIdentifier
    fileprivate let elementOffset: Int
    fileprivate let dtype: DType
    fileprivate let shape: Shape
    fileprivate let strides: [Int]
  }

  /// The place of this tensor's elements.
  package var place: Place {
    Place(
      storage: ObjectIdentifier(storage),
      elementOffset: elementOffset,
      dtype: dtype,
      shape: shape,
      strides: strides
    )
  }
}
