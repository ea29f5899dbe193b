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
  /// Whether torch makes it without data, whatever the file has.
  let isMeta: Bool

  /// The device that has no data.
  static let meta = "meta"

  /// The whole of a storage.
  init(key: TorchKey, type: TorchType, byteCount: Int) {
    self.key = key
    viewKey = nil
    self.type = type
    self.byteCount = byteCount
    bytes = 0..<byteCount
    isMeta = false
  }

  var isWhole: Bool { bytes.count == byteCount }

  /// Reads the persistent id; nil where it stands for something else, such as a module's class.
  init?(_ id: PickleValue, in graph: PickleGraph) throws(FormatError) {
    guard case .tuple = id, let all = graph.elements(id), let first = all.first,
      let kind = graph.text(first)
    else { throw FormatError(TorchFault.badStorageReference) }
    guard kind == "storage" else { return nil }
    let fields = Array(all.prefix(7))
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
    // torch takes bytes for the text that they are.
    isMeta = graph.keyBytes(fields[3]).map { $0.elementsEqual(Self.meta.utf8) } ?? false
    guard fields.count == 6, fields[5] != .none else {
      viewKey = nil
      bytes = 0..<byteCount
      return
    }
    guard case .tuple = fields[5], let view = graph.elements(fields[5])?.prefix(4).map({ $0 }),
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
  /// The key of a storage: a text, or a number in the oldest files.
  ///
  /// A number and its digits are two keys.
  static func key(_ value: PickleValue, in graph: PickleGraph) -> TorchKey? {
    // True is looked for as `True`, whatever dictionaries make of it.
    if case .integer(let integer) = value { return .number(integer) }
    guard let (text, hasSurrogates) = graph.keyText(value), !hasSurrogates else { return nil }
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
