package import BallastBytes
package import BallastCheckpoint
import BallastJSON

/// Writes safetensors files as the library does, byte for byte.
///
/// Only some control characters in names are written otherwise, as another escape of the same.
package enum SafetensorsWriter {
  /// Writes the tensors to `path`, atomically, and returns the number of bytes.
  ///
  /// Tensors stand in the library's order: wider types first, then by name. `progress` gets the
  /// number of data bytes after each piece, and may throw to give up.
  @discardableResult
  package static func write(
    _ tensors: [TensorOutput],
    metadata: [(key: String, value: String)] = [],
    to path: String,
    replacing: Bool = true,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let ordered = try sorted(tensors)
    let file = try AtomicFile(path: path, replacing: replacing)
    let header = try header(of: ordered, metadata: metadata)
    try file.write(littleEndianBytes(of: UInt64(header.count)))
    try file.write(header)
    for tensor in ordered {
      try tensor.write { (piece) throws(FormatError) in
        try file.write(piece)
        try progress(file.count - header.count - 8)
      }
    }
    try file.commit()
    return file.count
  }

  /// The order of the library: dtypes descending, then names; what readers would refuse is refused.
  private static func sorted(_ tensors: [TensorOutput]) throws(FormatError) -> [TensorOutput] {
    var names: Set<ExactString> = []
    for tensor in tensors {
      guard names.insert(ExactString(tensor.name)).inserted else {
        throw FormatError(CheckpointFault.duplicateName(tensor.name))
      }
      guard tensor.name != "__metadata__" else {
        throw FormatError(SafetensorsFault.reservedName(tensor: tensor.name))
      }
      guard tensor.dtype.isInSafetensors else {
        let dtype = tensor.dtype.rawValue
        throw FormatError(SafetensorsFault.unwritableType(tensor: tensor.name, dtype))
      }
    }
    var rank: [DType: Int] = [:]
    for (position, dtype) in DType.allCases.enumerated() { rank[dtype] = position }
    return tensors.sorted { a, b in
      a.dtype == b.dtype
        ? a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
        : rank[a.dtype, default: 0] > rank[b.dtype, default: 0]
    }
  }

  /// The JSON header, padded with spaces so that the data starts at a multiple of 8.
  private static func header(
    of tensors: [TensorOutput],
    metadata: [(key: String, value: String)]
  ) throws(FormatError) -> [UInt8] {
    // What its own reader refuses is not written: its limit can be raised, but who reads it may not know.
    let values = tensors.reduce(2 + metadata.count) { $0 + 6 + $1.shape.rank }
    let limit = ReadingLimits.standard.jsonValues
    guard values <= limit else {
      throw FormatError(SafetensorsFault.tooManyValues(values, limit: limit))
    }
    var header = JSONObject()
    if !metadata.isEmpty {
      var texts = JSONObject()
      for (key, value) in metadata { texts[key] = .string(value) }
      header["__metadata__"] = .object(texts)
    }
    var offset = 0
    for tensor in tensors {
      let end = try sum(offset, tensor.byteCount)
      header[tensor.name] = [
        "dtype": .string(tensor.dtype.rawValue),
        "shape": .array(tensor.shape.dimensions.map { .integer($0) }),
        "data_offsets": [.integer(offset), .integer(end)],
      ]
      offset = end
    }
    var bytes = Array(JSONValue.object(header).text().utf8)
    bytes += [UInt8](repeating: 0x20, count: (8 - bytes.count % 8) % 8)
    guard bytes.count <= Safetensors.maximumHeaderBytes else {
      throw FormatError(
        SafetensorsFault.headerTooLarge(
          UInt64(bytes.count),
          limit: Safetensors.maximumHeaderBytes
        )
      )
    }
    return bytes
  }
}
