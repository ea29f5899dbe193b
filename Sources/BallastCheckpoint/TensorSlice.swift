package import BallastBytes

/// What is taken of a dimension.
///
/// An index makes the dimension go away; a range keeps every so many. Negative numbers count from the
/// end, as in Python.
package enum TensorSlice: Hashable, Sendable {
  case index(Int)
  case range(from: Int?, to: Int?, step: Int)
}

extension TensorView {
  /// The view of a part of each dimension, from the first on; those that are not named are taken whole.
  ///
  /// Nothing moves, but blocks are decoded first. Ranges that reach past the end are cut, as in
  /// Python; an index must be there. Throws `CheckpointFault.badSlice`.
  package func sliced(_ slices: [TensorSlice]) throws(FormatError) -> TensorView {
    guard !slices.isEmpty else { return self }
    guard slices.count <= shape.rank else {
      throw FormatError(CheckpointFault.badSlice(tensor: name, shape.dimensions), in: storage.file)
    }
    if dtype.block != nil { return try dequantized().sliced(slices) }
    var sizes: [Int] = []
    var strides: [Int] = []
    var offset = elementOffset
    for (axis, slice) in slices.enumerated() {
      let size = shape.dimensions[axis]
      switch slice {
      case .index(let index):
        let place = index < 0 ? index &+ size : index
        guard (0..<size).contains(place) else {
          throw FormatError(
            CheckpointFault.badSlice(tensor: name, shape.dimensions),
            in: storage.file
          )
        }
        offset = try sum(offset, try product(place, self.strides[axis]))
      case .range(let from, let to, let step):
        func place(_ index: Int) -> Int {
          min(max(index < 0 ? index &+ size : index, 0), size)
        }
        let start = place(from ?? 0)
        let count = max(0, place(to ?? size) - start)
        sizes.append(count == 0 ? 0 : (count - 1) / step + 1)
        strides.append(count > step ? try product(self.strides[axis], step) : self.strides[axis])
        if count > 0 { offset = try sum(offset, try product(start, self.strides[axis])) }
      }
    }
    return try TensorView(
      name: name,
      dtype: dtype,
      shape: try Shape(sizes + shape.dimensions.dropFirst(slices.count)),
      strides: strides + self.strides.dropFirst(slices.count),
      storage: storage,
      elementOffset: offset
    )
  }
}
