package import BallastBytes
package import BallastCheckpoint

/// Writes tensor bundles as TensorFlow's Saver does, byte for byte.
package enum TensorBundleWriter {
  /// Writes `prefix`.index and `prefix`.data-00000-of-00001, atomically; returns the bytes of data.
  ///
  /// Tensors stand in the order of their names' bytes. The index, without which there is no
  /// checkpoint, comes last. `progress` gets the number of data bytes after each piece, and may
  /// throw to give up.
  @discardableResult
  package static func write(
    _ tensors: [TensorOutput],
    to prefix: String,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let ordered = try sorted(tensors)
    let data = try AtomicFile(path: TensorBundle.shardName(prefix, 0, of: 1), replacing: true)
    var table = TableWriter()
    table.append([], header)
    for (name, type, tensor) in ordered {
      let offset = data.count
      var checksum: UInt32 = 0
      try tensor.write { (piece) throws(FormatError) in
        checksum = crc32c(of: piece, continuing: checksum)
        try data.write(piece)
        try progress(data.count)
      }
      table.append(name, entry(of: tensor, type: type, at: offset, checksum))
    }
    let index = try AtomicFile(path: prefix + TensorBundle.indexSuffix, replacing: true)
    try index.write(table.finished())
    try data.commit()
    try index.commit()
    return data.count
  }

  private static func sorted(
    _ tensors: [TensorOutput]
  ) throws(FormatError) -> [(name: [UInt8], type: Int, tensor: TensorOutput)] {
    var named: [(name: [UInt8], type: Int, tensor: TensorOutput)] = []
    var names: Set<ExactString> = []
    for tensor in tensors {
      let name = Array(tensor.name.utf8)
      guard names.insert(ExactString(tensor.name)).inserted else {
        throw FormatError(CheckpointFault.duplicateName(tensor.name))
      }
      // The header's key, and those of slices.
      guard let first = name.first, first != 0, name.count <= Table.maximumKeyBytes else {
        throw FormatError(TensorBundleFault.reservedName(tensor: tensor.name))
      }
      guard let type = TensorBundleType.numbers[tensor.dtype] else {
        let dtype = tensor.dtype.rawValue
        throw FormatError(TensorBundleFault.unsupportedType(tensor: tensor.name, dtype))
      }
      named.append((name, type, tensor))
    }
    return named.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// One file of data, little-endian, of producer 1.
  private static let header =
    ProtobufField.number(1, 1)
    + ProtobufField.bytes(3, ProtobufField.number(1, TensorBundleIndex.version))

  private static func entry(
    of tensor: TensorOutput,
    type: Int,
    at offset: Int,
    _ checksum: UInt32
  ) -> [UInt8] {
    let shape = tensor.shape.dimensions.flatMap {
      ProtobufField.bytes(2, ProtobufField.number(1, $0))
    }
    return ProtobufField.number(1, type) + ProtobufField.bytes(2, shape)
      + ProtobufField.number(4, offset) + ProtobufField.number(5, tensor.byteCount)
      + ProtobufField.fixed(6, maskedCRC32C(checksum))
  }
}
