package import BallastBytes
package import BallastCheckpoint

/// TensorFlow's tensor bundle: what its Saver writes, and in what OpenAI published GPT-2.
///
///     NAME.index                  a table: "" → BundleHeaderProto, tensor name → BundleEntryProto
///     NAME.data-00000-of-00002    the tensors' bytes, without gaps or alignment
///     NAME.data-00001-of-00002    …
///
/// The specification is TensorFlow's core/protobuf/tensor_bundle.proto and
/// core/util/tensor_bundle. The index's checksums are checked when it is opened; those of the
/// tensors, which are over the data, are kept in `Checkpoint.checksums`.
package enum TensorBundle {
  package static let name = "tensor-bundle"
  package static let indexSuffix = ".index"

  /// The most files of data; TensorFlow writes one for each server that holds parameters.
  package static let maximumShards = 10_000

  /// Whether a file is a bundle's index: it ends as a table does.
  package static func matches(_ source: SharedBytes) -> Bool {
    Table.matches(source)
  }

  /// Opens a bundle by its index, at `path`; the data stands in the files beside it.
  ///
  /// Tensors that are no arrays of numbers, or are cut into slices, are left out with a warning.
  /// Throws `TensorBundleFault`, and `TableFault` for the index itself.
  package static func open(
    _ index: SharedBytes,
    name: String? = nil,
    path: String,
    limits: ReadingLimits = .standard
  ) throws(FormatError) -> Checkpoint {
    guard path.hasSuffix(indexSuffix) else {
      throw FormatError(TensorBundleFault.notNamedIndex, in: name)
    }
    let contents: TensorBundleIndex
    do {
      contents = try TensorBundleIndex(parsing: index, limits: limits)
    } catch {
      throw error.inFile(name)
    }
    let prefix = String(path.dropLast(indexSuffix.count))
    var data = TensorBundleData(prefix: prefix, shardCount: contents.shardCount)
    var warnings = Warnings()
    var tensors: [TensorView] = []
    do {
      try contents.checkRanges()
    } catch {
      throw error.inFile(name)
    }
    var checksums: [StoredChecksum] = []
    for (tensor, entry, offset) in contents.entries {
      if let reason = entry.unread {
        let fault = TensorBundleFault.unread(tensor: tensor, reason)
        warnings.append("tensors that are left out", FormatError(fault, at: offset, in: name))
        continue
      }
      do {
        let view = try data.view(of: tensor, entry, byteOrder: contents.byteOrder)
        tensors.append(view)
        checksums.append(
          StoredChecksum(
            .crc32c,
            unmaskedCRC32C(entry.maskedCRC32C),
            of: try view.storage.region,
            subject: "tensor \(quoted(tensor))",
            tensor: tensor,
            file: view.storage.file
          )
        )
      } catch {
        throw FormatError(error.fault, at: error.offset ?? offset, in: error.file ?? name)
      }
    }
    return try Checkpoint(
      format: Self.name,
      files: [.init(name: name ?? lastComponent(of: path), byteCount: index.count)] + data.files,
      warnings: warnings.all,
      checksums: checksums,
      tensors: tensors
    )
  }

  /// The name of a file of data.
  static func shardName(_ prefix: some StringProtocol, _ shard: Int, of count: Int) -> String {
    func digits(_ number: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    return "\(prefix).data-\(digits(shard))-of-\(digits(count))"
  }

  /// The part of a path behind its last slash; a slash is a byte, even before a combining mark.
  static func lastComponent(of path: String) -> String {
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    return slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
  }
}

/// The files of data of a bundle, mapped when a tensor first asks for one.
private struct TensorBundleData {
  private let prefix: String
  private let shardCount: Int
  private var shards: [Int: (name: String, bytes: SharedBytes)] = [:]

  init(prefix: String, shardCount: Int) {
    self.prefix = prefix
    self.shardCount = shardCount
  }

  var files: [Checkpoint.File] {
    shards.sorted { $0.key < $1.key }.map {
      Checkpoint.File(name: $0.value.name, byteCount: $0.value.bytes.count)
    }
  }

  mutating func view(
    of tensor: String,
    _ entry: TensorBundleEntry,
    byteOrder: TensorStorage.ByteOrder
  ) throws(FormatError) -> TensorView {
    guard let dtype = entry.dtype else {
      throw FormatError(TensorBundleFault.badEntry(tensor: tensor))
    }
    let shape = try Shape(entry.sizes)
    _ = try product(shape.elementCount, dtype.bitWidth)
    let expected = dtype.byteCount(of: shape.elementCount)
    guard entry.count == expected else {
      throw FormatError(
        TensorBundleFault.wrongSize(tensor: tensor, expected: expected, found: entry.count)
      )
    }
    let (name, bytes) = try shard(entry.shard, for: tensor)
    guard entry.offset <= bytes.count, entry.count <= bytes.count - entry.offset else {
      throw FormatError(TensorBundleFault.pastEnd(tensor: tensor), at: bytes.count, in: name)
    }
    let region = try ByteRegion(bytes, offset: entry.offset, count: entry.count)
    return try TensorView(
      name: tensor,
      dtype: dtype,
      shape: shape,
      storage: TensorStorage(
        region,
        byteOrder: byteOrder,
        file: name,
        fileOffset: entry.offset
      )
    )
  }

  private mutating func shard(
    _ number: Int,
    for tensor: String
  ) throws(FormatError) -> (name: String, bytes: SharedBytes) {
    if let shard = shards[number] { return shard }
    guard number < shardCount else {
      throw FormatError(TensorBundleFault.badShard(tensor: tensor, number, of: shardCount))
    }
    let path = TensorBundle.shardName(prefix, number, of: shardCount)
    let name = TensorBundle.lastComponent(of: path)
    do {
      let shard = (name, try SharedBytes.mapping(path: path))
      shards[number] = shard
      return shard
    } catch {
      let isMissing = (error.fault as? InputOutputFault)?.isNoSuchFile ?? false
      throw isMissing ? FormatError(TensorBundleFault.missingShard(name)) : error.inFile(name)
    }
  }
}
