import BallastBytes
import BallastCheckpoint

/// Reads the calls by which torch's pickles make tensors.
struct TorchTensorReader {
  /// The functions of torch that stand for tensors.
  private enum Function {
    /// (storage, offset, size, stride, requires_grad, hooks, marks such as `conj`)
    case dense
    /// (storage, offset, size, stride, requires_grad, hooks, dtype, marks)
    case denseOfType
    /// (tensor, …)
    case wrapper
    /// (function, class, arguments, state)
    case fromType
    /// (tensor, dtype, device, requires_grad)
    case device
    /// (class, shape, type), then BUILD
    case numpyArray
    /// (bytes, dtype, shape, order)
    case numpyBuffer
    case obstacle(TorchObstacle)
  }

  /// How many wrappers a tensor may have around it: a parameter of a subclass has two.
  static let maximumWrappers = 8

  let graph: PickleGraph
  /// The function that each global of the graph is, found once.
  private let functions: [Function?]

  init(_ graph: PickleGraph) {
    self.graph = graph
    functions = graph.globals.indices.map { index in
      graph.name(.global(index)).flatMap { Self.function(module: $0.module, name: $0.name) }
    }
  }

  private static func function(module: String, name: String) -> Function? {
    switch (module, name) {
    case ("torch._utils", "_rebuild_tensor"), ("torch._utils", "_rebuild_tensor_v2"):
      .dense
    case ("torch._utils", "_rebuild_tensor_v3"): .denseOfType
    case ("torch._utils", "_rebuild_parameter"), ("torch._utils", "_rebuild_parameter_with_state"),
      ("torch.nn.parameter", "Parameter"), ("torch.nn.parameter", "Buffer"),
      ("torch.autograd.variable", "Variable"):
      .wrapper
    case ("torch._utils", "_rebuild_device_tensor_from_cpu_tensor"): .device
    case ("numpy._core.multiarray", "_reconstruct"): .numpyArray
    case ("numpy._core.numeric", "_frombuffer"): .numpyBuffer
    case ("torch._tensor", "_rebuild_from_type_v2"): .fromType
    case ("torch._utils", "_rebuild_qtensor"): .obstacle(.quantized)
    case ("torch._utils", "_rebuild_sparse_tensor"), ("torch._utils", "_rebuild_sparse_csr_tensor"):
      .obstacle(.sparse)
    case ("torch._utils", "_rebuild_nested_tensor"): .obstacle(.nested)
    case ("torch._utils", "_rebuild_meta_tensor_no_storage"): .obstacle(.meta)
    case ("torch._utils", _) where name.hasPrefix("_rebuild_"): .obstacle(.unknownFunction(name))
    default: nil
    }
  }

  /// The tensor that a value stands for; nil where it is something else.
  ///
  /// `path` is for errors.
  func read(_ value: PickleValue, at path: TorchPath) throws(FormatError) -> TorchReading? {
    if case .persistent(let index) = value { return try readStorage(index) }
    guard case .object(let index) = value else { return nil }
    do throws(FormatError) {
      let object = graph.objects[index]
      return try readCall(graph.call(object), state: object.states.last, at: path)
    } catch {
      throw FormatError(error.fault, at: error.offset ?? graph.objects[index].offset)
    }
  }

  /// A storage beside the tensors is one row of elements.
  private func readStorage(_ index: Int) throws(FormatError) -> TorchReading? {
    let id = graph.persistentIDs[index]
    guard let storage = try TorchStorageReference(id, in: graph) else { return nil }
    return .tensor(
      TorchTensor(
        storage: storage,
        type: storage.type,
        elementOffset: storage.bytes.lowerBound / storage.type.byteWidth,
        sizes: [storage.bytes.count / storage.type.byteWidth],
        strides: [1]
      )
    )
  }

  private func readCall(
    _ call: PickleGraph.Call,
    state: PickleValue?,
    at path: TorchPath
  ) throws(FormatError) -> TorchReading? {
    var call = call
    var deviceType: String?
    for _ in 0..<Self.maximumWrappers {
      guard case .global(let index) = call.callable, let function = functions[index] else {
        return nil
      }
      var bad: FormatError {
        FormatError(
          TorchFault.badArguments(tensor: path.dotted, function: graph.globals[index].name)
        )
      }
      let arguments = Array(call.arguments)
      switch function {
      case .obstacle(let obstacle): return .obstacle(obstacle)
      case .dense:
        guard let dense = try readDense(arguments, type: nil, marks: 6) else { throw bad }
        return dense.converted(to: deviceType)
      case .denseOfType:
        guard arguments.count >= 7, let (_, typeName) = graph.name(arguments[6]) else { throw bad }
        guard let type = TorchType(dtypeNamed: typeName) else {
          return .obstacle(.unknownType(typeName))
        }
        guard let dense = try readDense(arguments, type: type, marks: 7) else { throw bad }
        return dense.converted(to: deviceType)
      case .wrapper:
        // `Parameter()` and `Parameter(None)` hold nothing.
        guard let inner = arguments.first, inner != .none else { return nil }
        guard case .object(let index) = inner else { throw bad }
        call = graph.call(graph.objects[index])
      case .fromType:
        guard arguments.count >= 3, let inner = graph.elements(arguments[2]) else { throw bad }
        call = PickleGraph.Call(callable: arguments[0], arguments: inner)
      case .device:
        guard arguments.count >= 2, let (_, typeName) = graph.name(arguments[1]),
          case .object(let index) = arguments[0]
        else { throw bad }
        deviceType = typeName
        call = graph.call(graph.objects[index])
      case .numpyArray:
        guard let parts = state.flatMap({ graph.elements($0) }).map(Array.init), parts.count == 5,
          let array = NumPyArray.reading(
            shape: parts[1],
            type: parts[2],
            isFortran: parts[3] == .bool(true),
            data: parts[4],
            in: graph
          )
        else { throw bad }
        return array
      case .numpyBuffer:
        guard arguments.count == 4,
          let array = NumPyArray.reading(
            shape: arguments[2],
            type: arguments[1],
            isFortran: graph.text(arguments[3]) == "F",
            data: arguments[0],
            in: graph
          )
        else { throw bad }
        return array
      }
    }
    return .obstacle(.wrappedTooOften)
  }

  /// The view of a storage; nil where the arguments are not those of a view.
  private func readDense(
    _ arguments: [PickleValue],
    type: TorchType?,
    marks: Int
  ) throws(FormatError) -> TorchReading? {
    guard arguments.count >= 4, case .persistent(let index) = arguments[0],
      let storage = try TorchStorageReference(graph.persistentIDs[index], in: graph),
      let offset = graph.integer(arguments[1]), offset >= 0,
      let sizes = integers(arguments[2]), let strides = integers(arguments[3])
    else { return nil }
    if arguments.count > marks, let entries = graph.entries(arguments[marks]) {
      for (key, value) in zip(entries, entries.dropFirst()) where value == .bool(true) {
        if graph.text(key) == "conj" { return .obstacle(.conjugated) }
        if graph.text(key) == "neg" { return .obstacle(.negated) }
      }
    }
    let type = type ?? storage.type
    guard type.dtype != nil else { return .obstacle(.unknownType(type.name)) }
    guard storage.bytes.lowerBound % type.byteWidth == 0 else { return nil }
    let tensor = TorchTensor(
      storage: storage,
      type: type,
      elementOffset: try sum(storage.bytes.lowerBound / type.byteWidth, offset),
      sizes: sizes,
      strides: strides
    )
    if !storage.isWhole, try tensor.end > storage.bytes.upperBound {
      throw FormatError(TorchFault.badStorageView(key: storage.key))
    }
    return .tensor(tensor)
  }

  private func integers(_ value: PickleValue) -> [Int]? {
    var value = value
    if case .object(let index) = value {
      let call = graph.call(graph.objects[index])
      guard graph.isGlobal(call.callable, "torch", "Size"), let first = call.arguments.first else {
        return nil
      }
      value = first
    }
    guard let elements = graph.elements(value) else { return nil }
    let integers = elements.compactMap { graph.integer($0) }
    return integers.count == elements.count ? integers : nil
  }
}
