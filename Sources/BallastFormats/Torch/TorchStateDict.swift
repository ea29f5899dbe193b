import BallastBytes
import BallastCheckpoint

/// A state dict on its way into a torch file: one storage a tensor, which its ties share.
struct TorchStateDict {
  /// The tensors; the storage of each has its position for a key.
  let tensors: [TensorOutput]
  /// Names, and the position of the tensor that each stands for: the tensors', then the ties'.
  private let entries: [(name: String, tensor: Int)]

  /// Gathers tensors, and other names for some of them.
  ///
  /// Throws `CheckpointFault.duplicateName`, `noSuchTensor` where a tie's original is not among the
  /// tensors, and `TorchFault` for what torch cannot hold.
  init(
    _ tensors: [TensorOutput],
    ties: [(name: String, original: String)]
  ) throws(FormatError) {
    self.tensors = tensors
    var entries: [(name: String, tensor: Int)] = []
    var positions: [ExactString: Int] = [:]
    for (position, tensor) in tensors.enumerated() {
      guard positions.updateValue(position, forKey: ExactString(tensor.name)) == nil else {
        throw FormatError(CheckpointFault.duplicateName(tensor.name))
      }
      try Self.check(tensor)
      entries.append((tensor.name, position))
    }
    var names = Set(positions.keys)
    for (name, original) in ties {
      guard names.insert(ExactString(name)).inserted else {
        throw FormatError(CheckpointFault.duplicateName(name))
      }
      guard let position = positions[ExactString(original)] else {
        throw FormatError(CheckpointFault.noSuchTensor(original))
      }
      entries.append((name, position))
    }
    self.entries = entries
  }

  private static func check(_ tensor: TensorOutput) throws(FormatError) {
    guard tensor.dtype.torchName != nil else {
      throw FormatError(TorchFault.unwritableType(tensor: tensor.name, tensor.dtype))
    }
    // torch counts pairs of four-bit elements.
    if tensor.dtype == .f4, (tensor.shape.dimensions.last ?? 1) % 2 != 0 {
      throw FormatError(TorchFault.oddPackedRow(tensor: tensor.name, tensor.dtype))
    }
  }

  /// The pickle of an OrderedDict, with storages as persistent ids, and of what it stands in.
  ///
  /// `viewMetadata` adds the None that legacy files have at the end of those ids.
  func pickle(viewMetadata: Bool, within value: TorchValue = .stateDict) -> [UInt8] {
    var pickle = PickleWriter()
    pickle.put(value) { putStateDict(viewMetadata: viewMetadata, into: &$0) }
    return pickle.finished()
  }

  private func putStateDict(viewMetadata: Bool, into pickle: inout PickleWriter) {
    var places: [Int: Int] = [:]
    pickle.putOrderedDict()
    pickle.putEntries(count: entries.count) { pickle, index in
      let (name, tensor) = entries[index]
      pickle.put(name)
      if let place = places[tensor] { return pickle.recall(place) }
      put(tensors[tensor], key: String(tensor), viewMetadata: viewMetadata, into: &pickle)
      places[tensor] = pickle.memoize()
    }
  }

  /// The call that rebuilds a tensor: `_rebuild_tensor_v2`, or v3 with the type as an argument where
  /// torch has no class of storages for the type.
  private func put(
    _ tensor: TensorOutput,
    key: String,
    viewMetadata: Bool,
    into pickle: inout PickleWriter
  ) {
    let storageClass = tensor.dtype.torchStorageClass
    let sizes = tensor.torchSizes
    pickle.put(
      global: storageClass == nil ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2",
      of: "torch._utils"
    )
    pickle.putTuple(count: storageClass == nil ? 7 : 6) { pickle in
      pickle.putTuple(count: viewMetadata ? 6 : 5) { pickle in
        pickle.put("storage")
        if let storageClass {
          pickle.put(global: storageClass, of: "torch")
        } else {
          pickle.put(global: "UntypedStorage", of: "torch.storage")
        }
        pickle.put(key)
        pickle.put("cpu")
        // An untyped storage is counted in bytes.
        pickle.put(storageClass == nil ? tensor.byteCount : tensor.shape.elementCount)
        if viewMetadata { pickle.put(.none) }
      }
      pickle.put(.binpersid)
      pickle.put(0)  // where it starts in the storage
      pickle.putTuple(sizes)
      pickle.putTuple(Self.contiguousStrides(of: sizes))
      pickle.put(.newfalse)  // it requires no gradient
      pickle.putOrderedDict()  // and has no hooks
      if storageClass == nil { pickle.put(global: tensor.dtype.torchName ?? "", of: "torch") }
    }
    pickle.put(.reduce)
  }

  private static func contiguousStrides(of sizes: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: sizes.count)
    for axis in sizes.indices.dropLast().reversed() {
      strides[axis] = strides[axis + 1] * max(sizes[axis + 1], 1)
    }
    return strides
  }
}

extension TensorOutput {
  /// The sizes as torch counts them: pairs of four-bit elements.
  fileprivate var torchSizes: [Int] {
    guard dtype == .f4, let last = shape.dimensions.last else { return shape.dimensions }
    return shape.dimensions.dropLast() + [last / 2]
  }
}

extension DType {
  /// The name within `torch`; nil where torch does not have the type.
  var torchName: String? {
    switch self {
    case .bool: "bool"
    case .u8: "uint8"
    case .i8: "int8"
    case .u16: "uint16"
    case .i16: "int16"
    case .u32: "uint32"
    case .i32: "int32"
    case .u64: "uint64"
    case .i64: "int64"
    case .f16: "float16"
    case .bf16: "bfloat16"
    case .f32: "float32"
    case .f64: "float64"
    case .c32: "complex32"
    case .c64: "complex64"
    case .c128: "complex128"
    case .f8e4m3: "float8_e4m3fn"
    case .f8e5m2: "float8_e5m2"
    case .f8e4m3fnuz: "float8_e4m3fnuz"
    case .f8e5m2fnuz: "float8_e5m2fnuz"
    case .f8e8m0: "float8_e8m0fnu"
    case .f4: "float4_e2m1fn_x2"
    case .f6e2m3, .f6e3m2: nil
    // ggml's blocks, which only GGUF has.
    case .q40, .q41, .q50, .q51, .q80, .q2k, .q3k, .q4k, .q5k, .q6k, .q8k: nil
    }
  }

  /// The class of storages that hold the type, within `torch`; newer types have none.
  var torchStorageClass: String? {
    switch self {
    case .bool: "BoolStorage"
    case .u8: "ByteStorage"
    case .i8: "CharStorage"
    case .i16: "ShortStorage"
    case .i32: "IntStorage"
    case .i64: "LongStorage"
    case .f16: "HalfStorage"
    case .bf16: "BFloat16Storage"
    case .f32: "FloatStorage"
    case .f64: "DoubleStorage"
    case .c64: "ComplexFloatStorage"
    case .c128: "ComplexDoubleStorage"
    case .c32, .u16, .u32, .u64, .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz, .f8e8m0, .f4: nil
    default: nil
    }
  }
}
