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
    /// (storage, offset, size, stride, (scheme, …), …)
    case quantized
    /// (layout, (indices, …, values, size))
    case sparse
    /// (buffer, sizes, strides, offsets)
    case nested
    case obstacle(TorchObstacle)
  }

  /// A tensor, and what Python objects carry beside their data.
  struct Finding {
    let reading: TorchReading
    /// The dictionaries of the attributes of a tensor of a class of its own.
    var attributes: [PickleValue] = []
  }

  /// How many wrappers a tensor may have around it: a parameter of a subclass has two.
  static let maximumWrappers = 8

  let graph: PickleGraph
  /// The tensors that persistent ids name, in files that hold them apart; nil where ids are storages.
  private let tensors: [String: TorchTensor]?
  /// The function that each global of the graph is, found once.
  private let functions: [Function?]

  /// A reader of `graph`; `tensors` are those that stand apart from it under persistent ids.
  init(_ graph: PickleGraph, tensors: [String: TorchTensor]? = nil) {
    self.graph = graph
    self.tensors = tensors
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
    case ("torch._utils", "_rebuild_qtensor"): .quantized
    case ("torch._utils", "_rebuild_sparse_tensor"), ("torch._utils", "_rebuild_sparse_csr_tensor"):
      .sparse
    case ("torch._utils", "_rebuild_nested_tensor"): .nested
    case ("torch._utils", "_rebuild_meta_tensor_no_storage"): .obstacle(.meta)
    case ("torch._utils", _) where name.hasPrefix("_rebuild_"): .obstacle(.unknownFunction(name))
    default: nil
    }
  }

  /// The tensor that a value stands for; nil where it is something else.
  ///
  /// `path` is for errors.
  func read(_ value: PickleValue, at path: TorchPath) throws(FormatError) -> Finding? {
    if case .persistent(let index) = value {
      return try readStorage(index).map { Finding(reading: $0) }
    }
    guard case .object(let index) = value else { return nil }
    do throws(FormatError) {
      let object = graph.objects[index]
      return try readCall(graph.call(object), states: object.states, at: path)
    } catch {
      throw FormatError(error.fault, at: error.offset ?? graph.objects[index].offset)
    }
  }

  /// A storage beside the tensors is one row of elements.
  private func readStorage(_ index: Int) throws(FormatError) -> TorchReading? {
    let id = graph.persistentIDs[index]
    if let tensors {
      return TorchStorageReference.key(id, in: graph).flatMap { tensors[$0] }.map { .tensor($0) }
    }
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
    states: [PickleValue],
    at path: TorchPath
  ) throws(FormatError) -> Finding? {
    var call = call
    var deviceType: String?
    var attributes = states
    func finding(_ reading: TorchReading) -> Finding {
      Finding(reading: reading.converted(to: deviceType), attributes: attributes)
    }
    for _ in 0..<Self.maximumWrappers {
      guard let function = self.function(of: call) else { return nil }
      var bad: FormatError {
        let name = graph.name(call.callable)?.name ?? ""
        return FormatError(TorchFault.badArguments(tensor: path.dotted, function: name))
      }
      let arguments = Array(call.arguments)
      switch function {
      case .obstacle(let obstacle): return finding(.obstacle(obstacle))
      case .dense:
        guard let dense = try readDense(arguments, type: nil, marks: 6) else { throw bad }
        return finding(dense)
      case .denseOfType:
        guard arguments.count >= 7, let (_, typeName) = graph.name(arguments[6]) else { throw bad }
        guard let type = TorchType(dtypeNamed: typeName) else {
          return finding(.obstacle(.unknownType(typeName)))
        }
        guard let dense = try readDense(arguments, type: type, marks: 7) else { throw bad }
        return finding(dense)
      case .wrapper:
        // `Parameter()` and `Parameter(None)` hold nothing.
        guard let inner = arguments.first, inner != .none else { return nil }
        if case .persistent(let index) = inner, tensors != nil {
          return try readStorage(index).map { finding($0) }
        }
        guard case .object(let index) = inner else { throw bad }
        if arguments.count > 3 { attributes.insert(arguments[3], at: 0) }
        attributes += graph.objects[index].states
        call = graph.call(graph.objects[index])
      case .fromType:
        guard arguments.count >= 3, let inner = graph.elements(arguments[2]) else { throw bad }
        if arguments.count > 3 { attributes.insert(arguments[3], at: 0) }
        call = PickleGraph.Call(callable: arguments[0], arguments: inner)
        if self.function(of: call) == nil, let (_, name) = graph.name(call.callable) {
          return finding(.obstacle(.unknownFunction(name)))
        }
      case .device:
        guard arguments.count >= 2, let (_, typeName) = graph.name(arguments[1]),
          case .object(let index) = arguments[0]
        else { throw bad }
        deviceType = typeName
        call = graph.call(graph.objects[index])
      case .quantized:
        guard let quantized = try readQuantized(arguments, at: path) else { throw bad }
        return finding(quantized)
      case .sparse:
        guard let sparse = try readSparse(arguments, at: path) else { throw bad }
        return finding(sparse)
      case .nested:
        guard let nested = try readNested(arguments, at: path) else { throw bad }
        return finding(nested)
      case .numpyArray:
        guard let parts = states.last.flatMap({ graph.elements($0) }).map(Array.init),
          parts.count == 5,
          let array = NumPyArray.reading(
            shape: parts[1],
            type: parts[2],
            isFortran: parts[3] == .bool(true),
            data: parts[4],
            in: graph
          )
        else { throw bad }
        return Finding(reading: array)
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
        return Finding(reading: array)
      }
    }
    return finding(.obstacle(.wrappedTooOften))
  }

  private func function(of call: PickleGraph.Call) -> Function? {
    guard case .global(let index) = call.callable else { return nil }
    return functions[index]
  }

  /// The view of a storage; nil where the arguments are not those of a view.
  ///
  /// `marks` is the place of the dictionary of `conj` and `neg`; nil stands for quantised integers.
  func readDense(
    _ arguments: [PickleValue],
    type: TorchType?,
    marks: Int?
  ) throws(FormatError) -> TorchReading? {
    guard arguments.count >= 4, case .persistent(let index) = arguments[0],
      let storage = try TorchStorageReference(graph.persistentIDs[index], in: graph),
      let offset = graph.integer(arguments[1]), offset >= 0,
      let sizes = integers(arguments[2]), let strides = integers(arguments[3])
    else { return nil }
    let type = type ?? storage.type
    guard (marks == nil ? type.integers : type.dtype) != nil else {
      return .obstacle(.unknownType(type.name))
    }
    guard storage.bytes.lowerBound % type.byteWidth == 0 else { return nil }
    var tensor = TorchTensor(
      storage: storage,
      type: type,
      elementOffset: try sum(storage.bytes.lowerBound / type.byteWidth, offset),
      sizes: sizes,
      strides: strides
    )
    if let marks, arguments.count > marks, let entries = graph.entries(arguments[marks]) {
      for (key, value) in zip(entries, entries.dropFirst()) where value == .bool(true) {
        if graph.text(key) == "conj" { tensor.isConjugated = true }
        if graph.text(key) == "neg" { tensor.isNegated = true }
      }
    }
    if !storage.isWhole, try tensor.end() > storage.bytes.upperBound {
      throw FormatError(TorchFault.badStorageView(key: storage.key))
    }
    return .tensor(tensor)
  }

  /// Sizes or strides: a tuple, or a `torch.Size`.
  func integers(_ value: PickleValue) -> [Int]? {
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
