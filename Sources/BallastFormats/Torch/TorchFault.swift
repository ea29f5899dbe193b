public import BallastBytes
public import BallastCheckpoint

/// The ways in which a torch checkpoint can be wrong, or go beyond what is read.
public enum TorchFault: FormatFault {
  // The containers
  case noPickle
  case missingMember(String)
  case unsupportedVersion(String)
  case unknownByteOrder(String)
  case badMagicNumber
  case unsupportedProtocol
  case badStorageKeys
  case unreferencedStorage(key: String)
  // Storages
  case badStorageReference
  case unknownStorageType(String)
  case missingStorage(key: String)
  case wrongStorageSize(key: String, expected: Int, found: Int)
  case badStorageView(key: String)
  case storageOfTwoTypes(key: String, first: String, then: String)
  case storageViewTwice(key: String)
  case changedElements
  // Tensors
  case changedTensor(tensor: String)
  case changedAfterUse
  case badArguments(tensor: String, function: String)
  case tooManyTensors(limit: Int)
  case tooManyPaths(limit: Int)
  case tooManyRepetitions(limit: Int)
  case namesTooLong(limit: Int)
  case unfoldedTogether(limit: Int, stored: Int)
  // Writing
  /// Only for writers.
  case unwritableType(tensor: String, DType)
  /// Only for writers.
  case unwritableLegacyType(tensor: String, DType)
  /// Only for writers.
  case oddPackedRow(tensor: String, DType)
  // Warnings
  /// A warning: the tensor is left out.
  case unreadable(tensor: String, TorchObstacle)
  /// A remark.
  case quantized(tensor: String, type: String)
  /// A remark.
  case sparse(tensor: String, layout: String, values: Int)
  /// A remark.
  case keptAsBits(tensor: String, type: String, DType)
  /// A warning: what stands deeper is left out.
  case nestedTooDeep(path: String, limit: Int)
  /// A warning: the last counts.
  case repeatedKey(path: String)
  /// A warning: the name is made up.
  case inventedName(path: String)
  /// A warning: all are listed.
  case incomparableKeys(path: String)
  /// A warning: what is not understood is left out.
  case unreadContents(path: String)
  /// A remark.
  case ambiguousName(String, renamed: String)
  /// A remark.
  case unlistedSettings(Int)
  /// A warning: torch wants one.
  case noVersion
  /// A warning: torch does not read on.
  case trailingBytes(Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .noPickle: "the archive has no data.pkl"
    case .missingMember(let name): "the archive has no member \(quoted(name))"
    case .unsupportedVersion(let version):
      "the archive has the version \(quoted(version)); 1 to 10 are known"
    case .unknownByteOrder(let order): "the byte order \(quoted(order)) is neither little nor big"
    case .badMagicNumber: "the file does not start with torch's magic number"
    case .unsupportedProtocol: "the legacy protocol is not 1001"
    case .badStorageKeys: "the list of storages is not a list of keys"
    case .unreferencedStorage(let key):
      "storage \(quoted(key)) is stored, but no tensor says of what type it is"
    case .badStorageReference: "a persistent id does not describe a storage"
    case .unknownStorageType(let name): "the storage type \(quoted(name)) is not known"
    case .missingStorage(let key): "storage \(quoted(key)) is not in the file"
    case .wrongStorageSize(let key, let expected, let found):
      "storage \(quoted(key)) has \(found) bytes where its tensors want \(expected)"
    case .badStorageView(let key): "a view of storage \(quoted(key)) reaches past its end"
    case .storageOfTwoTypes(let key, let first, let then):
      "storage \(quoted(key)) is of type \(then) here, and of \(first) before, which torch takes it for"
    case .storageViewTwice(let key):
      "the key \(quoted(key)) of a storage's view stands for another storage or view already"
    case .changedElements: "the pickle changes the elements of a tensor or a storage in place"
    case .changedTensor(let tensor):
      "tensor \(quoted(tensor)) is changed after it was made, which is not followed"
    case .changedAfterUse:
      "the pickle changes a container after a call that had taken what was in it"
    case .badArguments(let tensor, let function):
      "tensor \(quoted(tensor)) is made by \(function) with arguments that it does not take"
    case .tooManyTensors(let limit): "there are more than \(limit) tensors"
    case .tooManyPaths(let limit):
      "containers that share one another have more than \(limit) paths through them"
    case .tooManyRepetitions(let limit):
      "containers that share one another hold the same values more than \(limit) times again"
    case .namesTooLong(let limit): "the names of the tensors take more than \(limit) bytes"
    case .unfoldedTogether(let limit, let stored):
      "the tensors take more than \(limit) bytes together, and their storages hold \(stored)"
    case .unwritableType(let tensor, let dtype):
      "tensor \(quoted(tensor)) has the type \(dtype.rawValue), which torch does not have"
    case .unwritableLegacyType(let tensor, let dtype):
      "tensor \(quoted(tensor)) has the type \(dtype.rawValue), which legacy files cannot hold"
    case .oddPackedRow(let tensor, let dtype):
      "tensor \(quoted(tensor)) has rows that do not fill whole bytes of \(dtype.rawValue), "
        + "as torch's must"
    case .quantized(let tensor, let type):
      "tensor \(quoted(tensor)) is quantized (\(type)); it is read dequantized, as F32"
    case .sparse(let tensor, let layout, let values):
      "tensor \(quoted(tensor)) is sparse (\(layout), \(values) values); it is read dense"
    case .keptAsBits(let tensor, let type, let dtype):
      "tensor \(quoted(tensor)) has elements of type \(type), which are kept as \(dtype.rawValue)"
    case .unreadable(let tensor, let obstacle): "tensor \(quoted(tensor)) \(obstacle.description)"
    case .nestedTooDeep(let path, let limit):
      "what lies more than \(limit) levels deep is left out, first at \(quoted(path))"
    case .repeatedKey(let path): "the key \(quoted(path)) is set twice; the later value counts"
    case .inventedName(let path):
      "the name \(quoted(path)) is made up: the key is no short text, number or tuple of these"
    case .incomparableKeys(let path):
      "keys in \(quoted(path)) are objects or classes: where Python finds two equal, it has the last "
        + "value alone"
    case .unreadContents(let path):
      "not all that \(quoted(path)) is made from is understood; what is not is left out"
    case .ambiguousName(let name, let renamed):
      "two tensors have the dotted name \(quoted(name)); the second is called \(quoted(renamed))"
    case .noVersion: "the archive has no version, so torch itself would refuse it"
    case .unlistedSettings(let count):
      "\(count) more settings, numbers and texts beside the tensors, are not listed"
    case .trailingBytes(let count): "\(count) bytes follow the last storage"
    }
  }

  /// What torch has and the file's reader shows in another form.
  public var isRemark: Bool {
    switch self {
    case .quantized, .sparse, .keptAsBits, .ambiguousName, .unlistedSettings: true
    default: false
    }
  }

  /// The limit that is exceeded.
  public var limitName: String? {
    switch self {
    case .tooManyTensors: "torch.tensors"
    case .tooManyPaths: "torch.steps"
    case .tooManyRepetitions: "torch.repetitions"
    case .namesTooLong: "torch.name-bytes"
    case .nestedTooDeep: "torch.depth"
    case .unfoldedTogether: "torch.unfolded-bytes"
    default: nil
    }
  }
}

/// Why a tensor is left out although the file is sound.
public enum TorchObstacle: Hashable, Sendable {
  case meta
  case conjugated
  case negated
  case packedView
  case bigEndian(storage: String)
  case converted(to: String)
  case wrappedTooOften
  case maskedArray
  case oddArray
  case unknownType(String)
  case unknownFunction(String)

  var description: String {
    switch self {
    case .meta: "is a meta tensor: the file has no data for it"
    case .conjugated: "is a conjugated view of numbers that are not complex"
    case .negated: "is a negated view of elements without a sign"
    case .packedView: "is a strided view of packed elements, which is not read"
    case .bigEndian(let storage):
      "is a view of big-endian \(storage), whose bytes torch does not put in its own order"
    case .converted(let type): "is to be converted to \(type) on its device, which is not done"
    case .wrappedTooOften: "is wrapped in more calls than any tensor is"
    case .maskedArray: "is a masked array of NumPy, which is not read"
    case .oddArray: "is an array of NumPy whose parts do not make one"
    case .unknownType(let name): "has elements of type \(name), which are not read"
    case .unknownFunction(let name): "is made by \(name), which is not known"
    }
  }
}
