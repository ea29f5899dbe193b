import BallastBytes
import BallastCheckpoint

/// Turns what a pickle says about tensors into views of the storages in the file.
struct TorchViews {
  /// A view, or why there is none; and what is to be said about it.
  enum Outcome {
    case view(TensorView, note: TorchFault? = nil)
    case obstacle(TorchObstacle)
  }

  let graph: PickleGraph
  private let file: String?
  private let unfoldedBytes: Int
  private var storages: TorchStorages
  /// The storages of numpy's arrays by what holds their bytes, so that each is made once.
  private var arrays: [ArrayPlace: TensorStorage] = [:]
  /// The storages of computed tensors by the call that makes them, so that ties stay ties.
  private var computed: [PickleValue: TensorStorage] = [:]
  /// The numbers of the lists that several tensors may share.
  var lists: [PickleValue: TensorStorage] = [:]

  private struct ArrayPlace: Hashable {
    let content: PickleValue
    let byteOrder: TensorStorage.ByteOrder
  }

  init(_ graph: PickleGraph, storages: TorchStorages, file: String?, limits: TorchLimits) {
    self.graph = graph
    self.storages = storages
    self.file = file
    unfoldedBytes = limits.unfoldedBytes
  }

  /// The bytes of all storages that were looked up, and of numpy's arrays.
  var storedByteCount: Int {
    arrays.values.reduce(storages.byteCount) { $0 &+ $1.byteCount }
  }

  /// The view of what was read, under a name of its own; nested tensors are taken in their parts.
  ///
  /// `value` is the call that makes the tensor, and `offset` where that stands.
  mutating func view(
    of reading: TorchReading,
    from value: PickleValue,
    named name: String,
    at offset: Int?
  ) throws(FormatError) -> Outcome {
    switch reading {
    case .obstacle(let obstacle): .obstacle(obstacle)
    case .array(let array): try view(of: array, named: name, at: offset)
    case .tensor(let tensor): try view(of: tensor, from: value, named: name, at: offset)
    case .quantized(let tensor, let quantizer):
      try view(of: tensor, quantizer, from: value, named: name, at: offset)
    case .sparse(let sparse): try view(of: sparse, from: value, named: name, at: offset)
    case .nested(let nested):
      try view(of: nested.buffer, from: value, named: name, at: offset)
    }
  }

  mutating func view(
    of tensor: TorchTensor,
    from value: PickleValue,
    named name: String,
    at offset: Int?
  ) throws(FormatError) -> Outcome {
    guard let layout = tensor.layout else { return .obstacle(.packedView) }
    let storage = try storages.storage(tensor.storage, at: offset)
    guard !isMisordered(tensor, in: storage) else {
      return .obstacle(.bigEndian(storage: tensor.storage.type.name))
    }
    let view = try TensorView(
      name: name,
      dtype: layout.dtype,
      shape: try Shape(layout.sizes),
      strides: layout.strides,
      storage: storage,
      elementOffset: tensor.elementOffset
    )
    if tensor.isConjugated || tensor.isNegated {
      return try signed(view, tensor, from: value)
    }
    guard tensor.type.isKeptAsBits else { return .view(view) }
    let note = TorchFault.keptAsBits(tensor: name, type: tensor.type.name, layout.dtype)
    return .view(view, note: note)
  }

  /// Whether the bytes of a tensor stand in an order that torch does not undo: it does for the type of
  /// the storage.
  private func isMisordered(_ tensor: TorchTensor, in storage: TensorStorage) -> Bool {
    let (type, stored) = (tensor.type, tensor.storage.type)
    guard storage.byteOrder == .big, type.name != stored.name else { return false }
    return type.byteWidth > 1 || stored.byteWidth > 1
  }

  private mutating func signed(
    _ view: TensorView,
    _ tensor: TorchTensor,
    from value: PickleValue
  ) throws(FormatError) -> Outcome {
    var base = view
    if tensor.isConjugated {
      guard let conjugated = NegatedElements(base, .imaginary) else {
        return .obstacle(.conjugated)
      }
      guard tensor.isNegated else {
        return .view(
          try self.view(of: conjugated, shaped: view.shape, from: value, named: view.name)
        )
      }
      base = try TensorView(
        name: view.name,
        dtype: view.dtype,
        shape: view.shape,
        storage: storage(computing: conjugated)
      )
    }
    guard let negated = NegatedElements(base, .whole) else { return .obstacle(.negated) }
    return .view(try self.view(of: negated, shaped: view.shape, from: value, named: view.name))
  }

  /// The view of an array of numpy.
  private mutating func view(
    of array: NumPyArray,
    named name: String,
    at offset: Int?
  ) throws(FormatError) -> Outcome {
    let shape = try Shape(array.sizes)
    let byteCount = try product(shape.elementCount, array.dtype.bitWidth / 8)
    let place = ArrayPlace(content: array.content, byteOrder: array.byteOrder)
    if arrays[place] == nil {
      arrays[place] = try array.storage(in: graph, file: file, maximumUnfoldedBytes: unfoldedBytes)
    }
    guard let storage = arrays[place], storage.byteCount == byteCount else {
      return .obstacle(.oddArray)
    }
    return .view(
      try TensorView(
        name: name,
        dtype: array.dtype,
        shape: shape,
        strides: try array.strides(of: shape),
        storage: storage
      )
    )
  }

  /// A tensor that another is computed from.
  mutating func part(
    _ tensor: TorchTensor,
    named name: String,
    at offset: Int?
  ) throws(FormatError) -> TensorView {
    let storage = try storages.storage(tensor.storage, at: offset)
    guard let layout = tensor.layout, !isMisordered(tensor, in: storage) else {
      throw FormatError(TorchFault.badArguments(tensor: name, function: "torch.Tensor"), at: offset)
    }
    return try TensorView(
      name: name,
      dtype: layout.dtype,
      shape: try Shape(layout.sizes),
      strides: layout.strides,
      storage: storage,
      elementOffset: tensor.elementOffset
    )
  }

  mutating func view(
    of elements: any ComputedElements,
    shaped shape: Shape,
    from value: PickleValue,
    named name: String
  ) throws(FormatError) -> TensorView {
    let storage = computed[value] ?? storage(computing: elements)
    computed[value] = storage
    return try TensorView(name: name, dtype: elements.dtype, shape: shape, storage: storage)
  }

  private func storage(computing elements: any ComputedElements) -> TensorStorage {
    TensorStorage(computing: elements, file: file, maximumUnfoldedBytes: unfoldedBytes)
  }
}
