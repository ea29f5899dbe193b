package import BallastBytes

extension TensorView {
  /// The view of one index along the first dimension, which goes away; nothing moves.
  ///
  /// The index must be within the dimension.
  package func element(_ index: Int) throws(FormatError) -> TensorView {
    precondition(shape.rank > 0 && index >= 0 && index < shape.dimensions[0])
    return try TensorView(
      name: name,
      dtype: dtype,
      shape: try Shape(Array(shape.dimensions.dropFirst())),
      strides: Array(strides.dropFirst()),
      storage: storage,
      elementOffset: elementOffset + index * strides[0]
    )
  }

  /// The view of the first `count` indices along the first dimension; nothing moves.
  ///
  /// There must be that many.
  package func prefix(_ count: Int) throws(FormatError) -> TensorView {
    precondition(shape.rank > 0 && count >= 0 && count <= shape.dimensions[0])
    return try TensorView(
      name: name,
      dtype: dtype,
      shape: try Shape([count] + shape.dimensions.dropFirst()),
      strides: strides,
      storage: storage,
      elementOffset: elementOffset
    )
  }
}
