import BallastBytes
import BallastCheckpoint

/// A sorted table of keys and values, as LevelDB and TensorFlow keep them.
///
///     ┌─────────────┬───────────┬─────────────┬──────────────────────────────────────────┐
///     │ data blocks │ metaindex │ index block │ footer of 48 bytes: handles of metaindex │
///     │             │ block     │             │ and index, zeros, u64 magic              │
///     └─────────────┴───────────┴─────────────┴──────────────────────────────────────────┘
///     handle = varint offset, varint size
///     block  = entries, u32 places of restarts, u32 their count; then u8 compression and
///              u32 masked CRC-32C of all before
///     entry  = varint shared, varint unshared, varint value bytes, rest of the key, value
///
/// An entry's key starts with the first `shared` bytes of the key before. The index block has an
/// entry for each data block: a key that is not below its last one, and its handle. The
/// specification is LevelDB's doc/table_format.md.
enum Table {
  static let magic: UInt64 = 0xDB47_7524_8B80_FB57
  static let footerBytes = 48
  static let trailerBytes = 5
  /// Compression as a block's trailer has it.
  static let uncompressed: UInt8 = 0
  static let snappy: UInt8 = 1

  /// The longest key; TensorFlow's names of variables are shorter by far.
  ///
  /// A few bytes of a file claim a key as long as the one before.
  static let maximumKeyBytes = 4096

  /// Where a block stands.
  struct Handle {
    let offset: Int
    let count: Int

    @_lifetime(reader: copy reader)
    init(parsing reader: inout ByteReader) throws(FormatError) {
      offset = try Varint.readSize(&reader)
      count = try Varint.readSize(&reader)
    }

    init(offset: Int, count: Int) {
      self.offset = offset
      self.count = count
    }

    var bytes: [UInt8] {
      Varint.bytes(of: UInt(offset)) + Varint.bytes(of: UInt(count))
    }
  }

  /// Whether a file ends as a table does.
  static func matches(_ source: SharedBytes) -> Bool {
    guard source.count >= footerBytes else { return false }
    var reader = ByteReader(source.bytes)
    guard (try? reader.seek(to: source.count - 8)) != nil else { return false }
    return (try? reader.read(UInt64.self)) == magic
  }

  /// Hands out every entry, in order: the key, the value, and the value's place in the file.
  ///
  /// Every block's checksum is checked. Throws `TableFault`.
  static func forEachEntry(
    of source: SharedBytes,
    _ body: ([UInt8], RawSpan, Int) throws(FormatError) -> Void
  ) throws(FormatError) {
    guard matches(source) else { throw FormatError(TableFault.notTable, at: source.count) }
    let start = source.count - footerBytes
    var footer = ByteReader(source.bytes)
    try footer.seek(to: start)
    let metaindex = try Handle(parsing: &footer)
    let index = try Handle(parsing: &footer)
    guard footer.position <= source.count - 8 else {
      throw FormatError(TableFault.badHandle, at: start)
    }
    _ = try block(metaindex, of: source, before: start)
    var last: [UInt8]?
    var blocksEnd = 0
    try forEachEntry(index, of: source, before: start) { (_, value, offset) throws(FormatError) in
      var reader = ByteReader(value, base: offset)
      let handle = try Handle(parsing: &reader)
      // Each byte is in one block: one that is named a million times would be checked as often.
      guard handle.offset >= blocksEnd else {
        throw FormatError(TableFault.blocksNotAscending, at: offset)
      }
      try forEachEntry(handle, of: source, before: start) {
        (key, value, offset) throws(FormatError) in
        if let last, !last.lexicographicallyPrecedes(key) {
          throw FormatError(TableFault.keysNotAscending, at: offset)
        }
        last = key
        try body(key, value, offset)
      }
      // It lies in the file, as its entries do.
      blocksEnd = handle.offset + handle.count + trailerBytes
    }
  }

  /// The range of a block's contents, its checksum checked.
  private static func block(
    _ handle: Handle,
    of source: SharedBytes,
    before end: Int
  ) throws(FormatError) -> Range<Int> {
    let (offset, count) = (handle.offset, handle.count)
    // Subtracted, not added: both come from the file.
    guard offset <= end, count <= end - offset, end - offset - count >= trailerBytes else {
      throw FormatError(TableFault.badHandle, at: min(offset, end))
    }
    let contents = offset..<offset + count
    var trailer = ByteReader(source.bytes)
    try trailer.seek(to: contents.upperBound)
    let compression = try trailer.read(UInt8.self)
    let stored = try trailer.read(UInt32.self)
    let checked = contents.lowerBound..<contents.upperBound + 1
    guard maskedCRC32C(crc32c(of: source.bytes.extracting(checked))) == stored else {
      throw FormatError(TableFault.wrongChecksum, at: offset)
    }
    guard compression == uncompressed else {
      throw FormatError(TableFault.compressed(compression), at: contents.upperBound)
    }
    return contents
  }

  /// Hands out the entries of one block.
  private static func forEachEntry(
    _ handle: Handle,
    of source: SharedBytes,
    before end: Int,
    _ body: ([UInt8], RawSpan, Int) throws(FormatError) -> Void
  ) throws(FormatError) {
    let contents = try block(handle, of: source, before: end)
    func fault(_ fault: TableFault, at offset: Int) -> FormatError {
      FormatError(fault, at: offset)
    }
    guard contents.count >= 4 else { throw fault(.badRestarts, at: contents.lowerBound) }
    var reader = ByteReader(source.bytes)
    try reader.seek(to: contents.upperBound - 4)
    let restarts = Int(try reader.read(UInt32.self))
    guard restarts <= (contents.count - 4) / 4 else {
      throw fault(.badRestarts, at: contents.upperBound - 4)
    }
    let entriesEnd = contents.upperBound - 4 - 4 * restarts
    let entries = source.bytes.extracting(contents.lowerBound..<entriesEnd)
    var cursor = ByteReader(entries, base: contents.lowerBound)
    var key: [UInt8] = []
    while cursor.remaining > 0 {
      let offset = cursor.offset
      let shared = try Varint.readSize(&cursor)
      let unshared = try Varint.readSize(&cursor)
      let count = try Varint.readSize(&cursor)
      guard shared <= key.count else { throw fault(.sharedPastKey, at: offset) }
      guard unshared <= maximumKeyBytes - shared else { throw fault(.keyTooLong, at: offset) }
      key.removeLast(key.count - shared)
      key += [UInt8](copying: try cursor.readBytes(unshared))
      let place = cursor.offset
      try body(key, try cursor.readBytes(count), place)
    }
  }
}
