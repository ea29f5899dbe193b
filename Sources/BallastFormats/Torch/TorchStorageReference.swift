import BallastBytes
import BallastCheckpoint

/// What a persistent id says about a storage.
///
///     ("storage", torch.FloatStorage, "0", "cpu", 6)          zip
///     ("storage", torch.FloatStorage, "9402…", "cpu", 6, None or (view key, offset, size))
struct TorchStorageReference {
  /// A text, or a number in the oldest files.
  let key: TorchKey
  /// The key of the part that is meant, in legacy files; nil where that is the whole.
  let viewKey: TorchKey?
  let type: TorchType
  /// The number of bytes of the whole storage.
  let byteCount: Int
  /// The part of the storage that is meant, in bytes: the whole, or a legacy view.
  let bytes: Range<Int>

  /// The whole of a storage.
  init(key: TorchKey, type: TorchType, byteCount: Int) {
    self.key = key
    viewKey = nil
    self.type = type
    self.byteCount = byteCount
    bytes = 0..<byteCount
  }

  var isWhole: Bool { bytes.count == byteCount }

  /// Reads the persistent id; nil where it stands for something else, such as a module's class.
  init?(_ id: PickleValue, in graph: PickleGraph) throws(FormatError) {
    guard case .tuple = id, let fields = graph.elements(id).map(Array.init), fields.count >= 1,
      let kind = graph.text(fields[0])
    else { throw FormatError(TorchFault.badStorageReference) }
    guard kind == "storage" else { return nil }
    guard fields.count == 5 || fields.count == 6,
      let key = Self.key(fields[2], in: graph),
      let (_, className) = graph.name(fields[1]),
      let count = graph.integer(fields[4]), count >= 0
    else { throw FormatError(TorchFault.badStorageReference) }
    guard let type = TorchType(storageClass: className) else {
      throw FormatError(TorchFault.unknownStorageType(className))
    }
    self.key = key
    self.type = type
    byteCount = try product(count, type.byteWidth)
    guard fields.count == 6, fields[5] != .none else {
      viewKey = nil
      bytes = 0..<byteCount
      return
    }
    guard case .tuple = fields[5], let view = graph.elements(fields[5]).map(Array.init),
      view.count == 3, let viewKey = Self.key(view[0], in: graph),
      let offset = graph.integer(view[1]), let size = graph.integer(view[2])
    else { throw FormatError(TorchFault.badStorageReference) }
    guard offset >= 0, size >= 0, try sum(offset, size) <= count else {
      throw FormatError(TorchFault.badStorageView(key: key.text))
    }
    self.viewKey = viewKey
    bytes = offset * type.byteWidth..<(offset + size) * type.byteWidth
  }
}

extension TorchStorageReference {
  /// The key of a storage: a text, or a number in the oldest files. The two are never the same.
  static func key(_ value: PickleValue, in graph: PickleGraph) -> TorchKey? {
    if let integer = graph.integer(value) { return .number(integer) }
    guard let text = graph.text(value), !graph.hasSurrogates(value) else { return nil }
    return .text(ExactString(text))
  }
}

extension TorchKey {
  /// The key of a storage as text.
  var text: String {
    switch self {
    case .text(let text): text.string
    case .number(let number): String(number)
    default: ""
    }
  }
}

/// What the references of a pickle say about storages that earlier ones do not agree with.
///
/// torch makes a storage, or a view of one, when its key comes first, and takes it as that whatever
/// later references say. Where they say something else it would give other values than are meant.
struct TorchStorageConflicts {
  private enum Meaning: Equatable {
    case whole(type: String, byteCount: Int)
    case view(of: TorchKey, bytes: Range<Int>, type: String)
  }

  /// What is wrong with a reference, by the place of its persistent id.
  private(set) var faults: [Int: TorchFault] = [:]
  private var meanings: [TorchKey: Meaning] = [:]

  init(in graph: PickleGraph) {
    var known: Set<PickleValue> = []
    for (index, id) in graph.persistentIDs.enumerated() where known.insert(id).inserted {
      // What is no reference to a storage is refused, or passed over, where it is used.
      guard let reference = try? TorchStorageReference(id, in: graph) else { continue }
      if let fault = conflict(of: reference) { faults[index] = fault }
    }
  }

  private mutating func conflict(of reference: TorchStorageReference) -> TorchFault? {
    let type = reference.type.name
    switch meanings[reference.key] {
    case nil: meanings[reference.key] = .whole(type: type, byteCount: reference.byteCount)
    case .whole(let first, let byteCount):
      // Of what is empty torch makes a new one each time.
      if first != type, byteCount != 0 || reference.byteCount != 0 {
        return .storageOfTwoTypes(key: reference.key.text, first: first, then: type)
      }
    case .view: return .storageViewTwice(key: reference.key.text)
    }
    guard let viewKey = reference.viewKey else { return nil }
    let view = Meaning.view(of: reference.key, bytes: reference.bytes, type: type)
    if let known = meanings[viewKey] {
      return known == view ? nil : .storageViewTwice(key: viewKey.text)
    }
    meanings[viewKey] = view
    return nil
  }
}

/// The storages of a file, each made once, so that tensors that share one are seen to.
struct TorchStorages {
  /// Finds the bytes of a storage in the file.
  let find: (TorchStorageReference) throws(FormatError) -> TensorStorage
  private var known: [TorchKey: TensorStorage] = [:]

  init(find: @escaping (TorchStorageReference) throws(FormatError) -> TensorStorage) {
    self.find = find
  }

  /// The bytes of the storages that were found.
  var byteCount: Int { known.values.reduce(0) { $0 &+ $1.byteCount } }

  /// The storage; throws where it is not there or not of the size that the reference tells.
  ///
  /// `offset` is where the reference stands, for errors.
  mutating func storage(
    _ reference: TorchStorageReference,
    at offset: Int?
  ) throws(FormatError) -> TensorStorage {
    let key = reference.key
    let storage: TensorStorage
    if let earlier = known[key] {
      storage = earlier
    } else {
      do {
        storage = try find(reference)
      } catch {
        throw FormatError(error.fault, at: error.offset ?? offset, in: error.file)
      }
      known[key] = storage
    }
    guard storage.byteCount == reference.byteCount else {
      throw FormatError(
        TorchFault.wrongStorageSize(
          key: reference.key.text,
          expected: reference.byteCount,
          found: storage.byteCount
        ),
        at: offset
      )
    }
    return storage
  }
}
