package import BallastBytes
package import BallastCheckpoint

/// Writes GGUF files, version 3, as gguf-py does.
package enum GGUFWriter {
  /// A metadata key and its value.
  package typealias Member = (key: String, value: GGUFValue)

  /// Writes the tensors to `path`, in their order, atomically, and returns the number of bytes.
  ///
  /// Types are those that the outputs have: `TensorView.output(as: .q80)` quantises. `progress`
  /// gets the number of data bytes after each piece, and may throw to give up. What readers would
  /// refuse is refused before anything is written.
  @discardableResult
  package static func write(
    tensors: [TensorOutput],
    metadata: [Member] = [],
    to path: String,
    replacing: Bool = true,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    var header = try header(of: tensors, metadata: metadata)
    header += padding(after: header.count)
    let file = try AtomicFile(path: path, replacing: replacing)
    try file.write(header)
    for tensor in tensors {
      try tensor.write { (piece) throws(FormatError) in
        try file.write(piece)
        try progress(file.count - header.count)
      }
      try file.write(padding(after: file.count))
    }
    try file.commit()
    return file.count
  }

  private static func header(
    of tensors: [TensorOutput],
    metadata: [Member]
  ) throws(FormatError) -> [UInt8] {
    var header = GGUF.magic + littleEndianBytes(of: UInt32(3))
    header += littleEndianBytes(of: UInt64(tensors.count))
    header += littleEndianBytes(of: UInt64(metadata.count))
    var keys: Set<ExactString> = []
    for (key, value) in metadata {
      guard keys.insert(ExactString(key)).inserted else {
        throw FormatError(GGUFFault.duplicateKey(key))
      }
      guard !key.isEmpty else { throw FormatError(GGUFFault.emptyKey) }
      // The tensors are placed for the default, and another number would move them.
      guard key != GGUF.alignmentKey || value == .u32(UInt32(GGUF.defaultAlignment)) else {
        throw FormatError(GGUFFault.badAlignment)
      }
      append(key, to: &header)
      header += littleEndianBytes(of: value.kind.rawValue)
      try append(value, of: key, to: &header)
    }
    var names: Set<ExactString> = []
    var offset = 0
    for tensor in tensors {
      guard names.insert(ExactString(tensor.name)).inserted else {
        throw FormatError(CheckpointFault.duplicateName(tensor.name))
      }
      try append(tensor, at: offset, to: &header)
      offset = try sum(offset, tensor.byteCount)
      offset = try sum(offset, padding(after: offset).count)
    }
    return header
  }

  /// The description of a tensor whose data stands at `offset`.
  private static func append(
    _ tensor: TensorOutput,
    at offset: Int,
    to header: inout [UInt8]
  ) throws(FormatError) {
    let name = tensor.name
    let sizes = tensor.shape.dimensions
    guard let number = GGUFTensorType.numbers[tensor.dtype] else {
      throw FormatError(
        GGUFFault.unsupportedTensorType(tensor: name, tensor.dtype.rawValue)
      )
    }
    guard sizes.count <= GGUFLimits.dimensions else {
      let fault = GGUFFault.badRank(
        tensor: name,
        UInt32(clamping: sizes.count),
        limit: GGUFLimits.dimensions
      )
      throw FormatError(fault)
    }
    let row = sizes.last ?? 1
    if let block = tensor.dtype.block, row % block.elements != 0 {
      throw FormatError(GGUFFault.rowNotWholeBlocks(tensor: name, row: row, block: block.elements))
    }
    guard name.utf8.count <= GGUFLimits.writtenNameBytes else {
      let limit = GGUFLimits.writtenNameBytes
      throw FormatError(GGUFFault.nameTooLong(UInt64(name.utf8.count), limit: limit))
    }
    append(name, to: &header)
    header += littleEndianBytes(of: UInt32(sizes.count))
    for size in sizes.reversed() { header += littleEndianBytes(of: UInt64(size)) }
    header += littleEndianBytes(of: number)
    header += littleEndianBytes(of: UInt64(offset))
  }

  /// A value without its type; arrays within arrays are as deep as the caller made them.
  private static func append(
    _ value: GGUFValue,
    of key: String,
    to header: inout [UInt8]
  ) throws(FormatError) {
    switch value {
    case .u8(let value): header.append(value)
    case .i8(let value): header.append(UInt8(bitPattern: value))
    case .u16(let value): header += littleEndianBytes(of: value)
    case .i16(let value): header += littleEndianBytes(of: value)
    case .u32(let value): header += littleEndianBytes(of: value)
    case .i32(let value): header += littleEndianBytes(of: value)
    case .f32(let value): header += littleEndianBytes(of: value.bitPattern)
    case .bool(let value): header.append(value ? 1 : 0)
    case .string(let value): append(value, to: &header)
    case .u64(let value): header += littleEndianBytes(of: value)
    case .i64(let value): header += littleEndianBytes(of: value)
    case .f64(let value): header += littleEndianBytes(of: value.bitPattern)
    case .array(let kind, let values):
      guard values.allSatisfy({ $0.kind == kind }) else {
        throw FormatError(GGUFFault.mixedArray(key: key))
      }
      header += littleEndianBytes(of: kind.rawValue)
      header += littleEndianBytes(of: UInt64(values.count))
      for value in values { try append(value, of: key, to: &header) }
    }
  }

  private static func append(_ text: String, to header: inout [UInt8]) {
    header += littleEndianBytes(of: UInt64(text.utf8.count))
    header += text.utf8
  }

  private static func padding(after count: Int) -> [UInt8] {
    let alignment = GGUF.defaultAlignment
    return [UInt8](repeating: 0, count: (alignment - count % alignment) % alignment)
  }
}
