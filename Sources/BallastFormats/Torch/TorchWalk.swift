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
  /// What is suspicious, as far as it is kept.
  var warnings: [FormatError] {
    let count = metadata.leftOut
    return said.all + (count > 0 ? [FormatError(TorchFault.unlistedSettings(count))] : [])
  }

  private let limits: TorchLimits
  private let reader: TorchTensorReader
  private let containers: TorchContainers
  private var views: TorchViews
  private var names: TorchNames
  /// The tensors and containers that were met, and how often one was met again.
  private var known: Set<PickleValue> = []
  /// The storages that stand for themselves, as rows of their elements.
  private var knownStorages: Set<TorchKey> = []
  private var said = Warnings()
  private var repetitions = 0
  private var obstacleCount = 0
  private let steps: TorchSteps
  private var isTooDeepSaid = false
  private var path = TorchPath()
  private var frames: [Frame] = []
  /// The containers on the way to the current value.
  private var open: Set<PickleValue> = []
  /// The containers in which there was nothing.
  private var barren: Set<PickleValue> = []

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
  ///
  /// `tensors` are those that stand apart from the pickle, under their persistent ids.
  init(
    _ graph: PickleGraph,
    storages: TorchStorages,
    tensors: [TorchKey: TorchTensor]? = nil,
    file: String?,
    limits: TorchLimits
  ) {
    self.limits = limits
    steps = TorchSteps(limit: limits.steps)
    reader = TorchTensorReader(graph, tensors: tensors, steps: steps)
    containers = reader.containers
    metadata = TorchMetadata(graph: graph)
    views = TorchViews(graph, storages: storages, file: file, limits: limits)
    names = TorchNames(limit: limits.nameBytes)
  }

  /// Gathers everything below `root`.
  mutating func run(_ root: PickleValue) throws(FormatError) {
    try reader.checkChanges()
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
    try checkUnfolding()
  }

  /// Refuses a file whose tensors together show the bytes of their storages too many times.
  ///
  /// Each may be small: twelve thousand windows onto 280 kB are gigabytes to whoever reads them all.
  /// What is tied is read once, and what is too large by itself not at all. Four-bit numbers that
  /// become float32 take eight times their bytes.
  private func checkUnfolding() throws(FormatError) {
    let stored = views.storedByteCount
    guard let allowed = try? sum(product(stored, 8), limits.unfoldedBytes) else { return }
    func isRead(_ tensor: TensorView) -> Bool {
      tensor.byteCount <= max(stored, limits.unfoldedBytes)
    }
    func fit(_ tensors: some Sequence<TensorView>) -> Bool {
      var room = allowed
      for tensor in tensors {
        guard tensor.byteCount <= room else { return false }
        room -= tensor.byteCount
      }
      return true
    }
    var places: Set<TensorView.Place> = []
    guard
      fit(tensors.lazy.filter(isRead))
        || fit(tensors.lazy.filter { isRead($0) && places.insert($0.place).inserted })
    else {
      throw FormatError(TorchFault.unfoldedTogether(limit: allowed, stored: stored))
    }
  }

  /// Takes a tensor or a setting, or enters a container and returns true.
  private mutating func visit(
    _ value: PickleValue,
    listsScalars: Bool
  ) throws(FormatError) -> Bool {
    if let finding = try reader.read(value, at: path) {
      try take(finding.reading, from: value)
      guard !finding.attributes.isEmpty else { return false }
      return try enter(value, attributes: finding.attributes)
    }
    if listsScalars, metadata.take(value, at: path) { return false }
    guard containers.isContainer(value) else { return false }
    return try enter(value)
  }

  /// Starts on what `value` holds, unless there is nothing in it or it is being walked already.
  ///
  /// Of a tensor, only `attributes` are left to be walked.
  private mutating func enter(
    _ value: PickleValue,
    attributes: [PickleValue]? = nil
  ) throws(FormatError) -> Bool {
    guard !barren.contains(value) else { return false }
    guard !open.contains(value) else {
      cut()
      return false
    }
    guard frames.count < limits.depth else {
      if !isTooDeepSaid {
        let fault = TorchFault.nestedTooDeep(path: path.dotted, limit: limits.depth)
        said.append("depth", FormatError(fault))
      }
      isTooDeepSaid = true
      cut()
      return false
    }
    if attributes == nil { try note(value, at: containers.offset(of: value)) }
    let contents: TorchContainers.Contents
    if let attributes {
      contents = try containers.attributes(attributes)
    } else {
      contents = try containers.contents(of: value)
    }
    try steps.take(contents.size)
    let offset = containers.offset(of: value)
    if contents.isPartlyUnread {
      said.append(
        "contents that are left out",
        FormatError(TorchFault.unreadContents(path: path.dotted), at: offset)
      )
    }
    if contents.hasOpaqueKeys {
      said.append(
        "keys that are not compared",
        FormatError(TorchFault.incomparableKeys(path: path.dotted), at: offset)
      )
    }
    for label in contents.inventedLabels {
      path.append(label)
      said.append(
        "names that are made up",
        FormatError(TorchFault.inventedName(path: path.dotted), at: offset)
      )
      path.removeLast()
    }
    for label in contents.repeatedKeys {
      path.append(label)
      said.append("keys that are set twice", FormatError(TorchFault.repeatedKey(path: path.dotted)))
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

  /// Counts how often values are met again on other paths.
  private mutating func note(_ value: PickleValue, at offset: Int?) throws(FormatError) {
    guard !known.insert(value).inserted else { return }
    try countRepetition(at: offset)
  }

  private mutating func countRepetition(at offset: Int?) throws(FormatError) {
    repetitions += 1
    guard repetitions <= limits.repetitions else {
      throw FormatError(TorchFault.tooManyRepetitions(limit: limits.repetitions), at: offset)
    }
  }

  // MARK: Tensors

  private mutating func take(
    _ reading: TorchReading,
    from value: PickleValue
  ) throws(FormatError) {
    let offset = containers.offset(of: value)
    guard tensors.count + obstacleCount < limits.tensors else {
      throw FormatError(TorchFault.tooManyTensors(limit: limits.tensors), at: offset)
    }
    try note(value, at: offset)
    // Each persistent id is a value of its own, and a storage may have any number of them.
    if case .persistent = value, case .tensor(let tensor) = reading,
      !knownStorages.insert(tensor.storage.viewKey ?? tensor.storage.key).inserted
    {
      try countRepetition(at: offset)
    }
    if case .nested(let nested) = reading {
      let room = limits.tensors - tensors.count - obstacleCount
      let parts = try views.parts(of: nested, named: path.dotted, limit: room, at: offset)
      try steps.take(parts.count * nested.rank, at: offset)
      for (index, part) in parts.enumerated() {
        path.append(TorchLabel(index: index))
        try add(.tensor(part), from: value, at: offset)
        path.removeLast()
      }
    } else {
      try add(reading, from: value, at: offset)
    }
  }

  private mutating func add(
    _ reading: TorchReading,
    from value: PickleValue,
    at offset: Int?
  ) throws(FormatError) {
    let name = try newName(at: offset)
    switch try views.view(of: reading, from: value, named: name, at: offset) {
    case .view(let view, let note):
      tensors.append(view)
      if let note { said.append("how tensors are read", FormatError(note, at: offset)) }
    case .obstacle(let obstacle):
      obstacleCount += 1
      let fault = TorchFault.unreadable(tensor: name, obstacle)
      said.append("tensors that are left out", FormatError(fault, at: offset))
    }
  }

  private mutating func newName(at offset: Int?) throws(FormatError) -> String {
    do {
      let (name, isTaken) = try names.name(of: path)
      if isTaken {
        let fault = TorchFault.ambiguousName(path.dotted, renamed: name)
        said.append("names that come twice", FormatError(fault, at: offset))
      }
      return name
    } catch {
      throw FormatError(error.fault, at: offset)
    }
  }
}
