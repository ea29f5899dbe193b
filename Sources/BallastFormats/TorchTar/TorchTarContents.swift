import BallastBytes
import BallastCheckpoint

/// The storages and tensors of torch's tar archives, under the keys by which the object names them.
struct TorchTarContents {
  /// The storages that have bytes of their own.
  private(set) var storages: [TorchKey: TensorStorage] = [:]
  /// The tensors, and each storage as a row of its elements.
  private(set) var tensors: [TorchKey: TorchTensor] = [:]

  private let source: SharedBytes
  private let file: String?
  private let limits: TorchLimits
  private var position = 0
  private var end = 0

  init(_ source: SharedBytes, file: String?, limits: TorchLimits) {
    self.source = source
    self.file = file
    self.limits = limits
  }

  mutating func readStorages(in range: Range<Int>) throws(FormatError) {
    (position, end) = (range.lowerBound, range.upperBound)
    for _ in 0..<(try readCount()) {
      let start = position
      let graph = try readPickle()
      guard let fields = graph.root.flatMap({ graph.sequence($0) }).map(Array.init),
        fields.count == 3, let key = TorchStorageReference.key(fields[0], in: graph),
        graph.text(fields[1]) != TorchStorageReference.meta,
        let (_, className) = graph.name(fields[2])
      else { throw FormatError(TorchFault.badStorageReference, at: start) }
      guard let type = TorchType(storageClass: className) else {
        throw FormatError(TorchFault.unknownStorageType(className), at: start)
      }
      let count = try readSize()
      let byteCount = try product(count, type.byteWidth, at: position)
      let region = try take(byteCount)
      storages[key] = TensorStorage(
        region,
        file: file,
        fileOffset: region.range.lowerBound,
        maximumUnfoldedBytes: limits.unfoldedBytes
      )
      let reference = TorchStorageReference(key: key, type: type, byteCount: byteCount)
      tensors[key] = row(of: reference, from: 0, count: count)
    }
    let start = position
    let graph = try readPickle()
    guard let views = graph.root.flatMap({ graph.sequence($0) }) else {
      throw FormatError(TorchFault.badStorageKeys, at: start)
    }
    for view in views {
      guard let fields = graph.sequence(view).map(Array.init), fields.count == 4,
        let key = TorchStorageReference.key(fields[0], in: graph),
        let rootKey = TorchStorageReference.key(fields[1], in: graph),
        let offset = graph.integer(fields[2]), let count = graph.integer(fields[3])
      else { throw FormatError(TorchFault.badStorageReference, at: start) }
      guard let root = tensors[rootKey] else {
        throw FormatError(TorchFault.missingStorage(key: rootKey.text), at: start)
      }
      guard offset >= 0, count >= 0, try sum(offset, count, at: start) <= root.sizes[0] else {
        throw FormatError(TorchFault.badStorageView(key: key.text), at: start)
      }
      // The part may be one of a part.
      let start = try sum(root.elementOffset, offset, at: start)
      tensors[key] = row(of: root.storage, from: start, count: count)
    }
  }

  mutating func readTensors(in range: Range<Int>) throws(FormatError) {
    (position, end) = (range.lowerBound, range.upperBound)
    for _ in 0..<(try readCount()) {
      let start = position
      let graph = try readPickle()
      guard let fields = graph.root.flatMap({ graph.sequence($0) }).map(Array.init),
        fields.count == 3, let key = TorchStorageReference.key(fields[0], in: graph),
        let storageKey = TorchStorageReference.key(fields[1], in: graph)
      else { throw FormatError(TorchFault.badStorageReference, at: start) }
      guard let storage = tensors[storageKey] else {
        throw FormatError(TorchFault.missingStorage(key: storageKey.text), at: start)
      }
      let rank = try readRank()
      var sizes: [Int] = []
      var strides: [Int] = []
      for _ in 0..<rank { sizes.append(try readSize()) }
      for _ in 0..<rank { strides.append(try readSize()) }
      let offset = try readSize()
      let tensor = TorchTensor(
        storage: storage.storage,
        type: storage.type,
        elementOffset: try sum(storage.elementOffset, offset, at: start),
        sizes: sizes,
        strides: strides
      )
      let limit = (storage.elementOffset + storage.sizes[0]) * storage.type.byteWidth
      guard try tensor.end(at: start) <= limit else {
        throw FormatError(TorchFault.badStorageView(key: storageKey.text), at: start)
      }
      tensors[key] = tensor
    }
  }

  private func row(of storage: TorchStorageReference, from start: Int, count: Int) -> TorchTensor {
    TorchTensor(
      storage: storage,
      type: storage.type,
      elementOffset: start,
      sizes: [count],
      strides: [1]
    )
  }

  // MARK: What stands between the pickles

  private mutating func readPickle() throws(FormatError) -> PickleGraph {
    var machine = PickleMachine(source, range: position..<end, limits: limits.pickle)
    try machine.run()
    position = machine.position
    return machine.graph
  }

  /// How many storages or tensors follow.
  private mutating func readCount() throws(FormatError) -> Int {
    let start = position
    guard case .integer(let count)? = try readPickle().root, count >= 0 else {
      throw FormatError(TorchFault.badStorageKeys, at: start)
    }
    guard count <= limits.tensors else {
      throw FormatError(TorchFault.tooManyTensors(limit: limits.tensors), at: start)
    }
    return count
  }

  private mutating func take(_ count: Int) throws(FormatError) -> ByteRegion {
    guard count <= end - position else {
      throw FormatError(ByteFault.truncated(needed: count - (end - position)), at: position)
    }
    defer { position += count }
    return try ByteRegion(source, offset: position, count: count)
  }

  private mutating func readSize() throws(FormatError) -> Int {
    let region = try take(8)
    var reader = ByteReader(region.bytes, base: region.range.lowerBound)
    return try reader.readSize()
  }

  /// The number of dimensions, which takes 8 bytes and fills 4.
  private mutating func readRank() throws(FormatError) -> Int {
    let region = try take(8)
    var reader = ByteReader(region.bytes, base: region.range.lowerBound)
    return Int(try reader.read(UInt32.self))
  }
}
