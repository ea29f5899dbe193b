import BallastBytes
import BallastCheckpoint
import BallastJSON

/// Walks what a torch pickle holds and gathers tensors and settings under dotted names.
///
/// Names are the keys, indices and attributes on the way, joined by dots; a plain state dict gives
/// its keys. A container that is reached twice gives its tensors twice, under both names; one that
/// is reached through itself is not entered again.
struct TorchWalk {
  private(set) var tensors: [TensorView] = []
  private(set) var metadata: TorchMetadata
  private(set) var warnings: [FormatError] = []

  private let graph: PickleGraph
  private let file: String?
  private let limits: TorchLimits
  private let reader: TorchTensorReader
  private let containers: TorchContainers
  private var storages: TorchStorages
  /// The storages of numpy's arrays by what holds their bytes, so that each is made once.
  private var arrays: [ArrayPlace: TensorStorage] = [:]
  private var names: Set<ExactString> = []
  private var nameBytes = 0
  private var obstacleCount = 0
  private var steps = 0
  private var isTooDeepSaid = false
  private var path = TorchPath()
  private var frames: [Frame] = []
  /// The containers on the way to the current value.
  private var open: Set<PickleValue> = []
  /// The containers in which there was nothing.
  private var barren: Set<PickleValue> = []

  private struct ArrayPlace: Hashable {
    let content: PickleValue
    let byteOrder: TensorStorage.ByteOrder
  }

  /// A container that is being walked.
  private struct Frame {
    let value: PickleValue
    let contents: TorchContainers.Contents
    var next = 0
    /// How much had been found before; if it is the same afterwards, the container is barren.
    let foundBefore: Int
    /// Whether something was left out because it is an open container, or too deep.
    var isCut = false
  }

  /// A walk over `graph`; `file` is the name of the file within a set of several.
  init(_ graph: PickleGraph, storages: TorchStorages, file: String?, limits: TorchLimits) {
    self.limits = limits
    self.graph = graph
    self.file = file
    reader = TorchTensorReader(graph)
    containers = TorchContainers(graph: graph)
    metadata = TorchMetadata(graph: graph)
    self.storages = storages
  }

  /// Gathers everything below `root`.
  mutating func run(_ root: PickleValue) throws(FormatError) {
    _ = try visit(root, listsScalars: true)
    while let frame = frames.last {
      guard frame.next < frame.contents.children.count else {
        leave(frame)
        continue
      }
      let child = frame.contents.children[frame.next]
      frames[frames.count - 1].next += 1
      path.append(child.label)
      let isEntered = try visit(child.value, listsScalars: frame.contents.listsScalars)
      if !isEntered { path.removeLast() }
    }
  }

  /// Takes a tensor or a setting, or enters a container and returns true.
  private mutating func visit(
    _ value: PickleValue,
    listsScalars: Bool
  ) throws(FormatError) -> Bool {
    if let reading = try reader.read(value, at: path) {
      try take(reading, from: value)
      return false
    }
    if listsScalars, metadata.take(value, at: path) { return false }
    guard containers.isContainer(value), !barren.contains(value) else { return false }
    guard !open.contains(value) else {
      cut()
      return false
    }
    guard frames.count < limits.depth else {
      if !isTooDeepSaid {
        warnings.append(
          FormatError(TorchFault.nestedTooDeep(path: path.dotted, limit: limits.depth))
        )
      }
      isTooDeepSaid = true
      cut()
      return false
    }
    let contents = containers.contents(of: value)
    steps += contents.size
    guard steps <= limits.steps else {
      throw FormatError(TorchFault.tooManyPaths(limit: limits.steps))
    }
    for label in contents.repeatedKeys {
      path.append(label)
      warnings.append(FormatError(TorchFault.repeatedKey(path: path.dotted)))
      path.removeLast()
    }
    frames.append(Frame(value: value, contents: contents, foundBefore: foundCount))
    open.insert(value)
    return true
  }

  private var foundCount: Int { tensors.count + obstacleCount + metadata.count }

  private mutating func cut() {
    if !frames.isEmpty { frames[frames.count - 1].isCut = true }
  }

  private mutating func leave(_ frame: Frame) {
    frames.removeLast()
    open.remove(frame.value)
    if frame.isCut {
      cut()
    } else if foundCount == frame.foundBefore {
      barren.insert(frame.value)
    }
    if !frames.isEmpty { path.removeLast() }
  }

  // MARK: Tensors

  private mutating func take(
    _ reading: TorchReading,
    from value: PickleValue
  ) throws(FormatError) {
    let offset = containers.offset(of: value)
    let name = try newName(at: offset)
    guard tensors.count + obstacleCount < limits.tensors else {
      throw FormatError(TorchFault.tooManyTensors(limit: limits.tensors), at: offset)
    }
    switch reading {
    case .obstacle(let obstacle): leaveOut(name, obstacle, at: offset)
    case .array(let array): try take(array, from: value, named: name)
    case .tensor(let tensor):
      guard let layout = tensor.layout else { return leaveOut(name, .packedView, at: offset) }
      tensors.append(
        try TensorView(
          name: name,
          dtype: layout.dtype,
          shape: try Shape(layout.sizes),
          strides: layout.strides,
          storage: try storages.storage(tensor.storage, at: offset),
          elementOffset: tensor.elementOffset
        )
      )
    }
  }

  private mutating func take(
    _ array: NumPyArray,
    from value: PickleValue,
    named name: String
  ) throws(FormatError) {
    let offset = containers.offset(of: value)
    let shape = try Shape(array.sizes)
    let byteCount = try product(shape.elementCount, array.dtype.bitWidth / 8)
    let place = ArrayPlace(content: array.content, byteOrder: array.byteOrder)
    if arrays[place] == nil { arrays[place] = try array.storage(in: graph, file: file) }
    guard let storage = arrays[place], storage.region.count == byteCount else {
      throw FormatError(
        TorchFault.badArguments(tensor: name, function: "numpy.ndarray"),
        at: offset
      )
    }
    tensors.append(
      try TensorView(
        name: name,
        dtype: array.dtype,
        shape: shape,
        strides: try array.strides(of: shape),
        storage: storage
      )
    )
  }

  private mutating func leaveOut(_ name: String, _ obstacle: TorchObstacle, at offset: Int?) {
    obstacleCount += 1
    warnings.append(FormatError(TorchFault.unreadable(tensor: name, obstacle), at: offset))
  }

  /// The dotted name of the current place; written as Python would index where it is taken.
  private mutating func newName(at offset: Int?) throws(FormatError) -> String {
    var name = path.dotted
    if names.contains(ExactString(name)) {
      let renamed = path.subscripted
      warnings.append(FormatError(TorchFault.ambiguousName(name, renamed: renamed), at: offset))
      name = renamed
    }
    nameBytes += name.utf8.count
    guard nameBytes <= limits.nameBytes else {
      throw FormatError(TorchFault.namesTooLong(limit: limits.nameBytes), at: offset)
    }
    names.insert(ExactString(name))
    return name
  }
}
