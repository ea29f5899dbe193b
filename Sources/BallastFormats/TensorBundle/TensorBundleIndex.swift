import BallastBytes
import BallastCheckpoint

/// What the index of a bundle says.
struct TensorBundleIndex {
  private(set) var shardCount = 0
  private(set) var byteOrder = TensorStorage.ByteOrder.little
  /// The tensors, and where in the index each is described.
  private(set) var entries: [(name: String, entry: TensorBundleEntry, offset: Int)] = []

  init(parsing source: SharedBytes, limits: ReadingLimits) throws(FormatError) {
    var hasHeader = false
    var nameBytes = 0
    try Table.forEachEntry(of: source) { (key, value, offset) throws(FormatError) in
      if key.isEmpty {
        hasHeader = true
        return try readHeader(value, at: offset)
      }
      guard hasHeader else { throw FormatError(TensorBundleFault.noHeader, at: offset) }
      nameBytes += key.count
      guard nameBytes <= limits.bundleNameBytes else {
        let fault = TensorBundleFault.namesTooLong(limit: limits.bundleNameBytes)
        throw FormatError(fault, at: offset)
      }
      // Parts of a tensor that is cut into slices; its own entry says so.
      guard key[0] != 0 else { return }
      let name = try String(validating: key.span.bytesOfBytes, at: offset)
      guard entries.count < limits.bundleTensors else {
        let fault = TensorBundleFault.tooManyTensors(limit: limits.bundleTensors)
        throw FormatError(fault, at: offset)
      }
      let entry = try TensorBundleEntry(parsing: value, of: name, at: offset)
      entries.append((name, entry, offset))
    }
    guard hasHeader else { throw FormatError(TensorBundleFault.noHeader, at: 0) }
  }

  /// Checks that no two tensors that are read share bytes of a file: a few kilobytes could be listed
  /// as gigabytes.
  func checkRanges() throws(FormatError) {
    let read = entries.filter { $0.entry.unread == nil && $0.entry.count > 0 }
    let ordered = read.sorted {
      ($0.entry.shard, $0.entry.offset) < ($1.entry.shard, $1.entry.offset)
    }
    for (before, next) in zip(ordered, ordered.dropFirst())
    where before.entry.shard == next.entry.shard {
      // Subtracted, not added: both come from the file.
      guard before.entry.count <= next.entry.offset - before.entry.offset else {
        throw FormatError(TensorBundleFault.overlap(tensor: next.name), at: next.offset)
      }
    }
  }

  /// BundleHeaderProto: 1 num_shards, 2 endianness, 3 version {1 producer, 2 min_consumer}.
  private mutating func readHeader(_ bytes: RawSpan, at offset: Int) throws(FormatError) {
    var message = ProtobufMessage(bytes, base: offset)
    while let field = try message.next() {
      switch field.number {
      case 1: shardCount = try field.size()
      case 2: byteOrder = try field.size() == 1 ? .big : .little
      case 3:
        var version = message.message(try field.range())
        while let field = try version.next() {
          guard field.number == 2 else { continue }
          let consumer = try field.size()
          guard consumer <= Self.version else {
            throw FormatError(TensorBundleFault.laterVersion(consumer), at: field.offset)
          }
        }
      default: continue
      }
    }
    guard shardCount > 0, shardCount <= TensorBundle.maximumShards else {
      throw FormatError(TensorBundleFault.badShardCount(shardCount), at: offset)
    }
  }

  /// The version of the format that is read (kTensorBundleVersion).
  static let version = 1
}

/// BundleEntryProto: 1 dtype, 2 shape, 3 shard_id, 4 offset, 5 size, 6 crc32c, 7 slices.
struct TensorBundleEntry {
  private(set) var type = 0
  private(set) var sizes: [Int] = []
  private(set) var shard = 0
  private(set) var offset = 0
  private(set) var count = 0
  private(set) var maskedCRC32C: UInt32 = 0
  private(set) var isSliced = false

  /// The most dimensions of a tensor (TensorShape::MaxDimensions).
  private static let maximumRank = 254

  init(parsing bytes: RawSpan, of tensor: String, at place: Int) throws(FormatError) {
    var message = ProtobufMessage(bytes, base: place)
    while let field = try message.next() {
      switch field.number {
      case 1: type = try field.size()
      case 2: sizes = try Self.sizes(message.message(try field.range()), of: tensor, at: place)
      case 3: shard = try field.size()
      case 4: offset = try field.size()
      case 5: count = try field.size()
      case 6: maskedCRC32C = try field.fixed32()
      case 7: isSliced = true
      default: continue
      }
    }
  }

  /// TensorShapeProto: 2 dim {1 size, 2 name}, 3 unknown_rank.
  private static func sizes(
    _ shape: consuming ProtobufMessage,
    of tensor: String,
    at place: Int
  ) throws(FormatError) -> [Int] {
    var sizes: [Int] = []
    while let field = try shape.next() {
      guard field.number == 2 else { continue }
      guard sizes.count < maximumRank else {
        throw FormatError(TensorBundleFault.badEntry(tensor: tensor), at: place)
      }
      var size = 0
      var dimension = shape.message(try field.range())
      while let field = try dimension.next() {
        if field.number == 1 { size = try field.size() }
      }
      sizes.append(size)
    }
    return sizes
  }

  /// The type of the elements, where it is one of numbers.
  var dtype: DType? { TensorBundleType.dtypes[type] }

  /// Why the tensor is not read, if it is not.
  var unread: String? {
    if isSliced { return "is cut into slices" }
    if dtype == nil {
      return "has the type " + (TensorBundleType.unsupported[type] ?? "number \(type)")
    }
    return nil
  }
}

extension ProtobufMessage.Field {
  /// A number that must fit into `Int`.
  fileprivate func size() throws(FormatError) -> Int {
    guard case .varint(let number) = value else { throw wrongType }
    guard let size = Int(exactly: number) else { throw FormatError(ByteFault.overflow, at: offset) }
    return size
  }

  fileprivate func fixed32() throws(FormatError) -> UInt32 {
    guard case .fixed32(let number) = value else { throw wrongType }
    return number
  }

  fileprivate func range() throws(FormatError) -> Range<Int> {
    guard case .bytes(let range) = value else { throw wrongType }
    return range
  }

  private var wrongType: FormatError {
    FormatError(ProtobufFault.wrongType(field: number), at: offset)
  }
}
