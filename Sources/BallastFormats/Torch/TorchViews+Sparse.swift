import BallastBytes
import BallastCheckpoint

/// Tensors that are made of others: sparse and nested ones.
extension TorchViews {
  /// The dense elements of a sparse tensor.
  mutating func view(
    of sparse: TorchSparse,
    from value: PickleValue,
    named name: String,
    at offset: Int?
  ) throws(FormatError) -> Outcome {
    let values = try part(sparse.values, named: name, at: offset)
    var indices: [TensorView] = []
    for index in sparse.indices { indices.append(try part(index, named: name, at: offset)) }
    let layout: SparseElements.Layout
    if sparse.layout == .coordinates {
      layout = .coordinates(indices[0])
    } else {
      layout = .compressed(
        bounds: indices[0],
        indices: indices[1],
        isByColumn: sparse.layout == .columns || sparse.layout == .blockColumns,
        isInBlocks: sparse.layout == .blockRows || sparse.layout == .blockColumns
      )
    }
    let shape = try Shape(sparse.sizes)
    let elements = try SparseElements(layout, values: values, shape: shape)
    return .view(
      try view(of: elements, shaped: shape, from: value, named: name),
      note: .sparse(tensor: name, layout: sparse.layout.rawValue, values: values.shape.elementCount)
    )
  }

  /// The most dimensions of a tensor in a nested one; torch's own functions go no further.
  private static let maximumNestedRank = 64

  /// The tensors in a nested one called `name`, in order; no more than `limit`.
  mutating func parts(
    of nested: TorchNested,
    named name: String,
    limit: Int,
    at offset: Int?
  ) throws(FormatError) -> [TorchTensor] {
    let (count, rank) = (nested.count, nested.rank)
    guard count <= limit else {
      throw FormatError(TorchFault.tooManyTensors(limit: limit), at: offset)
    }
    // What stands in the file as often as it is used: a stride of zero makes millions of eight bytes.
    func numbers(_ tensor: TorchTensor) throws(FormatError) -> [Int] {
      let view = try part(tensor, named: name, at: offset)
      guard rank <= Self.maximumNestedRank, view.byteCount <= view.storage.byteCount else {
        let function = "_rebuild_nested_tensor"
        throw FormatError(TorchFault.badArguments(tensor: name, function: function), at: offset)
      }
      return try view.integers()
    }
    let sizes = try numbers(nested.sizes)
    let strides = try numbers(nested.strides)
    let offsets = try numbers(nested.offsets)
    var parts: [TorchTensor] = []
    for index in 0..<count {
      let row = index * rank..<(index + 1) * rank
      parts.append(
        TorchTensor(
          storage: nested.buffer.storage,
          type: nested.buffer.type,
          elementOffset: try sum(nested.buffer.elementOffset, offsets[index], at: offset),
          sizes: Array(sizes[row]),
          strides: Array(strides[row])
        )
      )
    }
    return parts
  }
}
