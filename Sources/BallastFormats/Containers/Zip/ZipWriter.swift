package import BallastBytes

/// Writes a zip archive of stored members, as torch lays it out; it appears whole or not at all.
///
/// Every member's data starts at a multiple of 64, so that it can be mapped and used in place; a
/// padding field "FB" in the header sees to that. The checksum is known only after the data went by,
/// so it follows in a data descriptor (APPNOTE 4.3.9). Sizes and offsets of 4 GiB and more are kept
/// in ZIP64 fields; the ZIP64 end record is always there.
package struct ZipWriter {
  /// Takes pieces of bytes, in order.
  package typealias Sink = (borrowing RawSpan) throws(FormatError) -> Void

  /// A member that was written.
  package struct Entry: Sendable {
    package let name: String
    package let byteCount: Int
    package let checksum: UInt32
    let headerOffset: Int
  }

  /// What every member's data is aligned to, in bytes.
  package static let alignment = 64

  private let file: AtomicFile
  private let zip64Minimum: Int
  private var names: Set<ExactString> = []
  /// The members so far.
  package private(set) var entries: [Entry] = []

  /// An archive that will appear at `path`.
  ///
  /// `zip64Minimum` is the first number that does not fit into a field of 32 bits; only tests, which
  /// have no 4 GiB to spare, set it lower.
  package init(
    path: String,
    replacing: Bool = true,
    zip64Minimum: Int = 0xFFFF_FFFF
  ) throws(FormatError) {
    file = try AtomicFile(path: path, replacing: replacing)
    self.zip64Minimum = zip64Minimum
  }

  /// Adds a member of the `byteCount` bytes that `produce` hands to its sink.
  ///
  /// Throws `ZipFault.duplicateName` or `unwritableName`.
  package mutating func add(
    _ name: String,
    byteCount: Int,
    produce: (Sink) throws(FormatError) -> Void
  ) throws(FormatError) {
    // Readers in C end a name at a NUL.
    guard name.utf8.count <= UInt16.max, !name.utf8.contains(0), !name.isEmpty else {
      throw FormatError(ZipFault.unwritableName(name))
    }
    guard names.insert(ExactString(name)).inserted else {
      throw FormatError(ZipFault.duplicateName(name))
    }
    let headerOffset = file.count
    try file.write(localHeader(name: name, byteCount: byteCount, at: headerOffset))
    var checksum: UInt32 = 0
    var written = 0
    try produce { (piece) throws(FormatError) in
      checksum = crc32(of: piece, continuing: checksum)
      written += piece.byteCount
      try file.write(piece)
    }
    precondition(written == byteCount, "member \(name) gave \(written) of \(byteCount) bytes")
    let entry = Entry(
      name: name,
      byteCount: byteCount,
      checksum: checksum,
      headerOffset: headerOffset
    )
    if byteCount > 0 { try file.write(descriptor(of: entry)) }
    entries.append(entry)
  }

  /// Adds a member that is in memory.
  package mutating func add(_ name: String, _ bytes: [UInt8]) throws(FormatError) {
    try add(name, byteCount: bytes.count) { (sink) throws(FormatError) in
      try sink(bytes.span.bytesOfBytes)
    }
  }

  /// Writes the directory, makes the file appear, and returns its size.
  package consuming func finish() throws(FormatError) -> Int {
    let directory = file.count
    for entry in entries { try file.write(directoryEntry(of: entry)) }
    try file.write(endRecords(directory: directory))
    try file.commit()
    return file.count
  }

  // MARK: Records

  // Bit 3: the checksum follows the data; an empty member has none. Bit 11: the name is UTF-8.
  private func flags(byteCount: Int) -> UInt16 {
    byteCount > 0 ? 0x0808 : 0x0800
  }

  /// The version of the format that a reader must know: 4.5 for ZIP64, any for the rest.
  private func version(isWide: Bool) -> UInt16 { isWide ? 45 : 0 }

  private func localHeader(name: String, byteCount: Int, at offset: Int) -> [UInt8] {
    let isWide = byteCount >= zip64Minimum
    let sizes = isWide ? zip64Field([byteCount, byteCount]) : []
    let unpadded = offset + 30 + name.utf8.count + sizes.count + 4
    let padding = (Self.alignment - unpadded % Self.alignment) % Self.alignment
    let extra =
      sizes + Array("FB".utf8) + littleEndianBytes(of: UInt16(padding))
      + [UInt8](repeating: UInt8(ascii: "Z"), count: padding)
    var header = littleEndianBytes(of: 0x0403_4B50 as UInt32)
    header += littleEndianBytes(of: version(isWide: isWide))
    header += littleEndianBytes(of: flags(byteCount: byteCount))
    header += [0, 0, 0, 0, 0, 0]  // stored; no time
    header += [0, 0, 0, 0]  // the checksum follows the data
    // Zero as long as the descriptor is awaited; in ZIP64 the extra field has them.
    header += [UInt8](repeating: isWide ? 0xFF : 0, count: 8)
    header += littleEndianBytes(of: UInt16(name.utf8.count))
    header += littleEndianBytes(of: UInt16(extra.count))
    return header + Array(name.utf8) + extra
  }

  private func descriptor(of entry: Entry) -> [UInt8] {
    let size =
      entry.byteCount >= zip64Minimum
      ? littleEndianBytes(of: UInt64(entry.byteCount))
      : littleEndianBytes(of: UInt32(entry.byteCount))
    return littleEndianBytes(of: 0x0807_4B50 as UInt32) + littleEndianBytes(of: entry.checksum)
      + size + size
  }

  private func directoryEntry(of entry: Entry) -> [UInt8] {
    let size = narrow(entry.byteCount)
    let offset = narrow(entry.headerOffset)
    let wide =
      (size == .max ? [entry.byteCount, entry.byteCount] : [])
      + (offset == .max ? [entry.headerOffset] : [])
    let extra = zip64Field(wide)
    var bytes = littleEndianBytes(of: 0x0201_4B50 as UInt32)
    bytes += [0, 0]  // made on a system without attributes
    bytes += littleEndianBytes(of: version(isWide: !wide.isEmpty))
    bytes += littleEndianBytes(of: flags(byteCount: entry.byteCount))
    bytes += [0, 0, 0, 0, 0, 0]  // stored; no time
    bytes += littleEndianBytes(of: entry.checksum)
    bytes += littleEndianBytes(of: size) + littleEndianBytes(of: size)
    bytes += littleEndianBytes(of: UInt16(entry.name.utf8.count))
    bytes += littleEndianBytes(of: UInt16(extra.count))
    bytes += [UInt8](repeating: 0, count: 2 + 2 + 2 + 4)  // no comment, one disk, no attributes
    bytes += littleEndianBytes(of: offset)
    return bytes + Array(entry.name.utf8) + extra
  }

  private func endRecords(directory: Int) -> [UInt8] {
    let end = file.count
    let count = littleEndianBytes(of: UInt64(entries.count))
    let shortCount = littleEndianBytes(of: UInt16(clamping: entries.count))
    var bytes = littleEndianBytes(of: 0x0606_4B50 as UInt32)
    bytes += littleEndianBytes(of: 44 as UInt64)  // what follows of this record
    bytes += [30, 3, 45, 0]  // made by Unix, version 3.0; 4.5 is needed
    bytes += [UInt8](repeating: 0, count: 8)  // one disk
    bytes += count + count
    bytes += littleEndianBytes(of: UInt64(end - directory))
    bytes += littleEndianBytes(of: UInt64(directory))

    bytes += littleEndianBytes(of: 0x0706_4B50 as UInt32) + [0, 0, 0, 0]
    bytes += littleEndianBytes(of: UInt64(end)) + [1, 0, 0, 0]

    bytes += littleEndianBytes(of: 0x0605_4B50 as UInt32) + [0, 0, 0, 0]
    bytes += shortCount + shortCount
    bytes += littleEndianBytes(of: narrow(end - directory))
    bytes += littleEndianBytes(of: narrow(directory)) + [0, 0]
    return bytes
  }

  /// The number in 32 bits, or all ones: it stands in a ZIP64 field.
  private func narrow(_ value: Int) -> UInt32 {
    value >= zip64Minimum ? .max : UInt32(value)
  }

  private func zip64Field(_ values: [Int]) -> [UInt8] {
    guard !values.isEmpty else { return [] }
    return [1, 0] + littleEndianBytes(of: UInt16(values.count * 8))
      + values.flatMap { littleEndianBytes(of: UInt64($0)) }
  }
}
