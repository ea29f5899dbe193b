import BallastBytes
import BallastCheckpoint

/// Reads the calls by which torch's pickles make tensors.
struct TorchTensorReader {
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
  private let tensors: [TorchKey: TorchTensor]?
  /// The function that each global of the graph is, found once.
  let functions: [Function?]
  /// The references to storages that are not to be read as they stand.
  private let conflicts: TorchStorageConflicts?
  private let changes: TorchChanges
  let containers: TorchContainers
  let steps: TorchSteps

  /// A reader of `graph`; `tensors` are those that stand apart from it under persistent ids.
  init(_ graph: PickleGraph, tensors: [TorchKey: TorchTensor]? = nil, steps: TorchSteps) {
    self.graph = graph
    self.tensors = tensors
    self.steps = steps
    changes = TorchChanges(in: graph)
    containers = TorchContainers(graph: graph, steps: steps)
    conflicts = tensors == nil ? TorchStorageConflicts(in: graph) : nil
    functions = graph.globals.indices.map { index in
      graph.name(.global(index)).flatMap { Self.function(module: $0.module, name: $0.name) }
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
      return try readCall(object, at: path)
    } catch {
      throw FormatError(error.fault, at: error.offset ?? graph.objects[index].offset)
    }
  }

  /// A storage beside the tensors is one row of elements.
  private func readStorage(_ index: Int) throws(FormatError) -> TorchReading? {
    let id = graph.persistentIDs[index]
    if let tensors {
      // The class of a module, whose source follows it.
      if case .tuple = id { return nil }
      guard let key = apartKey(id) else { throw FormatError(TorchFault.badStorageReference) }
      guard let tensor = tensors[key] else {
        throw FormatError(TorchFault.missingStorage(key: key.text))
      }
      return .tensor(tensor)
    }
    guard let storage = try storageReference(index) else { return nil }
    if storage.isMeta { return .obstacle(.meta) }
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

  /// The number that a persistent id gives, which torch also takes in digits.
  private func apartKey(_ id: PickleValue) -> TorchKey? {
    if let integer = graph.integer(id) { return .number(integer) }
    guard let text = graph.text(id) else { return nil }
    let digits = text.utf8.drop { $0 == 0x20 }.reversed().drop { $0 == 0x20 || $0 == 0x0A }
    return Int(String(decoding: digits.reversed(), as: UTF8.self)).map { .number($0) }
  }

  /// What a persistent id says about a storage, unless an earlier one says otherwise.
  func storageReference(_ index: Int) throws(FormatError) -> TorchStorageReference? {
    if let fault = conflicts?.fault(at: index) { throw FormatError(fault) }
    return try TorchStorageReference(graph.persistentIDs[index], in: graph)
  }

  private func readCall(
    _ object: PickleObject,
    at path: TorchPath
  ) throws(FormatError) -> Finding? {
    var call = graph.call(object)
    var states = object.states
    var offset = object.offset
    var lastChange = object.lastChange
    var deviceType: String?
    var attributes: [PickleValue] = []
    func finding(_ reading: TorchReading) -> Finding {
      Finding(reading: reading.converted(to: deviceType), attributes: attributes)
    }
    func enter(_ object: PickleObject) {
      call = graph.call(object)
      states = object.states
      offset = object.offset
      lastChange = object.lastChange
    }
    for _ in 0..<Self.maximumWrappers {
      guard let function = self.function(of: call) else { return nil }
      var bad: FormatError {
        let name = graph.name(call.callable)?.name ?? ""
        return FormatError(TorchFault.badArguments(tensor: path.dotted, function: name))
      }
      try steps.take(valuesBeyondUsual: call.arguments.count, at: offset)
      var arguments = Array(call.arguments)
      if arguments.isEmpty, case .wrapper = function, let data = variableData(states) {
        (arguments, states, offset) = ([data], [], lastChange)
      }
      try changes.checkUnchanged(arguments, since: offset)
      switch function {
      case .numpyArray: try changes.checkUnchanged(states.suffix(1), since: lastChange)
      case .numpyBuffer: break
      case .obstacle: attributes += states
      default:
        try checkStates(states, at: path)
        attributes += states
      }
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
        if arguments.count > 3 {
          try checkStates([arguments[3]], at: path)
          attributes.insert(arguments[3], at: 0)
        }
        enter(graph.objects[index])
      case .fromType:
        guard arguments.count >= 3, let inner = graph.sequence(arguments[2]) else { throw bad }
        if arguments.count > 3 {
          try checkStates([arguments[3]], at: path)
          attributes.insert(arguments[3], at: 0)
        }
        call = PickleGraph.Call(callable: arguments[0], arguments: inner)
        states = []
        if self.function(of: call) == nil, let (_, name) = graph.name(call.callable) {
          return finding(.obstacle(.unknownFunction(name)))
        }
      case .device:
        guard arguments.count >= 2, let (_, typeName) = graph.name(arguments[1]),
          case .object(let index) = arguments[0]
        else { throw bad }
        if arguments.count >= 3, isMetaDevice(arguments[2]) { return finding(.obstacle(.meta)) }
        if let deviceType, deviceType != typeName {
          return finding(.obstacle(.converted(to: deviceType)))
        }
        deviceType = typeName
        enter(graph.objects[index])
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
        return Finding(reading: try NumPyArray.reading(states: states, in: graph, steps))
      case .numpyBuffer:
        // A state would take the place of all that the arguments say.
        guard states.isEmpty else { return Finding(reading: .obstacle(.oddArray)) }
        return Finding(reading: try NumPyArray.reading(arguments: arguments, in: graph, steps))
      }
    }
    return finding(.obstacle(.wrappedTooOften))
  }

  /// Whether a device is the one that has no data: `meta` as a text or a `torch.device`.
  private func isMetaDevice(_ value: PickleValue) -> Bool {
    var value = value
    if case .object(let index) = value {
      guard let first = graph.call(graph.objects[index]).arguments.first else { return false }
      value = first
    }
    return graph.text(value)?.hasPrefix(TorchStorageReference.meta) ?? false
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
      let storage = try storageReference(index),
      let offset = graph.integer(arguments[1]), offset >= 0,
      let sizes = try integers(arguments[2]), let strides = try integers(arguments[3])
    else { return nil }
    let type = type ?? storage.type
    if storage.isMeta { return .obstacle(.meta) }
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
    if let marks, arguments.count > marks {
      guard try mark(&tensor, arguments[marks]) else { return nil }
    }
    if !storage.isWhole, try tensor.end() > storage.bytes.upperBound {
      throw FormatError(TorchFault.badStorageView(key: storage.key.text))
    }
    return .tensor(tensor)
  }

  /// Takes note of `conj` and `neg`; returns false where the marks are none of torch's.
  ///
  /// That a mark is there is enough for torch, whatever it is set to.
  private func mark(
    _ tensor: inout TorchTensor,
    _ marks: PickleValue
  ) throws(FormatError) -> Bool {
    if marks == .none { return true }
    guard let entries = graph.entries(marks) else { return false }
    try steps.take(valuesBeyondUsual: entries.count / 2)
    for index in stride(from: 0, to: entries.count, by: 2) {
      guard graph.textRange(entries[index]) != nil else { return false }
      // Longer ones are neither, however they are escaped.
      guard let key = graph.text(entries[index], maximumBytes: 64) else { continue }
      if key == "conj" { tensor.isConjugated = true }
      if key == "neg" { tensor.isNegated = true }
    }
    return true
  }

  /// Sizes or strides: a tuple or a list, or a `torch.Size`.
  func integers(_ value: PickleValue) throws(FormatError) -> [Int]? {
    var value = value
    if case .object(let index) = value {
      let object = graph.objects[index]
      let call = graph.call(object)
      guard graph.isGlobal(call.callable, "torch", "Size"), let first = call.arguments.first else {
        return nil
      }
      try graph.checkUnchanged(first, since: object.offset)
      value = first
    }
    guard let elements = graph.sequence(value) else { return nil }
    try steps.take(valuesBeyondUsual: elements.count)
    let integers = elements.compactMap { graph.integer($0) }
    return integers.count == elements.count ? integers : nil
  }
}
