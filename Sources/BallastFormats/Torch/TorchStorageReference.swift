import BallastBytes
import BallastCheckpoint

/// What a persistent id says about a storage.
///
///     ("storage", torch.FloatStorage, "0", "cpu", 6)          zip
///     ("storage", torch.FloatStorage, "9402…", "cpu", 6, None or (view key, offset, size))
struct TorchStorageReference {
  let key: String
  let type: TorchType
  /// The number of bytes of the whole storage.
  let byteCount: Int
  /// The part of the storage that is meant, in bytes: the whole, or a legacy view.
  let bytes: Range<Int>

  /// The whole of a storage.
  init(key: String, type: TorchType, byteCount: Int) {
    self.key = key
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
      bytes = 0..<byteCount
      return
    }
    let view = graph.elements(fields[5]).map(Array.init) ?? []
    guard view.count == 3, let offset = graph.integer(view[1]), let size = graph.integer(view[2])
    else { throw FormatError(TorchFault.badStorageReference) }
    guard offset >= 0, size >= 0, try sum(offset, size) <= count else {
      throw FormatError(TorchFault.badStorageView(key: key))
    }
    bytes = offset * type.byteWidth..<(offset + size) * type.byteWidth
  }
}

extension TorchStorageReference {
  /// The key of a storage: a text, or a number in the oldest files.
  static func key(_ value: PickleValue, in graph: PickleGraph) -> String? {
    graph.text(value) ?? graph.integer(value).map { String($0) }
  }
}

/// The storages of a file, each made once, so that tensors that share one are seen to.
struct TorchStorages {
  /// Finds the bytes of a storage in the file.
  let find: (TorchStorageReference) throws(FormatError) -> TensorStorage
  private var known: [ExactString: TensorStorage] = [:]

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
    let key = ExactString(reference.key)
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
          key: reference.key,
          expected: reference.byteCount,
          found: storage.byteCount
        ),
        at: offset
      )
    }
    return storage
  }
}
