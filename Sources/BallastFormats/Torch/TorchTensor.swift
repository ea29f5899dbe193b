import BallastBytes
import BallastCheckpoint

/// A tensor as the pickle describes it, before its storage is looked for.
struct TorchTensor {
  let storage: TorchStorageReference
  let type: TorchType
  /// Counted in elements of `type`, from the start of the whole storage.
  let elementOffset: Int
  let sizes: [Int]
  let strides: [Int]
  /// Whether the imaginary parts stand in the storage with the other sign.
  var isConjugated = false
  /// Whether the elements stand in the storage with the other sign.
  var isNegated = false

  /// How the tensor is laid out in a checkpoint; nil where the elements share bytes and are strided.
  ///
  /// torch counts pairs of four-bit elements; checkpoints count the elements.
  var layout: (dtype: DType, sizes: [Int], strides: [Int]?)? {
    guard let dtype = type.dtype ?? type.integers else { return nil }
    if dtype.byteWidth != nil { return (dtype, sizes, strides) }
    guard let last = sizes.last, elementOffset == 0,
      let shape = try? Shape(sizes), shape.contiguousStrides == strides
    else { return nil }
    let (doubled, overflow) = last.multipliedReportingOverflow(by: 2)
    return overflow ? nil : (dtype, sizes.dropLast() + [doubled], nil)
  }

  /// The end of the last byte that the tensor sees, from the start of the whole storage.
  ///
  /// `offset` is where the tensor is described, for errors.
  func end(at offset: Int? = nil) throws(FormatError) -> Int {
    if sizes.contains(0) { return 0 }
    var last = elementOffset
    for (size, stride) in zip(sizes, strides) {
      last = try sum(last, try product(size - 1, stride, at: offset), at: offset)
    }
    return try product(try sum(last, 1, at: offset), type.byteWidth, at: offset)
  }
}

/// What a value of the pickle is, seen as a tensor.
enum TorchReading {
  case tensor(TorchTensor)
  case array(NumPyArray)
  case quantized(TorchTensor, TorchQuantizer)
  case sparse(TorchSparse)
  case nested(TorchNested)
  case obstacle(TorchObstacle)

  /// The same, unless a device was to hold it in another type than the file does.
  func converted(to typeName: String?) -> TorchReading {
    guard let typeName else { return self }
    let type: TorchType?
    switch self {
    case .tensor(let tensor), .quantized(let tensor, _): type = tensor.type
    case .sparse(let sparse): type = sparse.values.type
    case .nested(let nested): type = nested.buffer.type
    case .array: type = nil
    case .obstacle: return self
    }
    if let type, TorchType(dtypeNamed: typeName)?.name == type.name { return self }
    return .obstacle(.converted(to: typeName))
  }
}

/// How the integers of a quantised tensor become numbers.
enum TorchQuantizer {
  case tensor(scale: Double, zeroPoint: Int)
  case channels(axis: Int, scales: TorchNumbers, zeroPoints: TorchNumbers)
}

/// A row of numbers beside a tensor: a tensor itself, or in the oldest files a list.
enum TorchNumbers {
  case tensor(TorchTensor)
  /// The value that is the list.
  case list(PickleValue)
}

/// A tensor of which only the elements that are not zero are stored.
struct TorchSparse {
  /// The layouts of torch, by their names in it.
  enum Layout: String {
    case coordinates = "sparse_coo"
    case rows = "sparse_csr"
    case columns = "sparse_csc"
    case blockRows = "sparse_bsr"
    case blockColumns = "sparse_bsc"
  }

  let layout: Layout
  /// The indices; for all but coordinates, the bounds of rows or columns before them.
  let indices: [TorchTensor]
  let values: TorchTensor
  let sizes: [Int]
}

/// Tensors of several sizes in one buffer; row by row, what torch needs to find each.
struct TorchNested {
  let buffer: TorchTensor
  let sizes: TorchTensor
  let strides: TorchTensor
  let offsets: TorchTensor

  /// The number of tensors.
  var count: Int { sizes.sizes[0] }
  /// The dimensions of each.
  var rank: Int { sizes.sizes[1] }
}
