import BallastBytes

/// A member of a zip archive, as the directory describes it.
package struct ZipMember: Sendable {
  /// How the data is kept.
  package enum Method: Hashable, Sendable {
    case stored
    case deflated
    case other(Int)
  }

  /// The name, as the archive has it: nothing in it is resolved.
  package let name: String
  package let method: Method
  /// The checksum of the data; zero where the writer did not compute one.
  package let checksum: UInt32
  /// The number of bytes when decompressed.
  package let byteCount: Int
  /// Where the member's header starts in the file.
  package let headerOffset: Int
  /// Where the data stands in the file, compressed if it is.
  package let dataRange: Range<Int>
  /// Where the member ends, its data descriptor included.
  package let end: Int
}

/// An entry of the directory, before it is held against the member's own header.
struct ZipDirectoryEntry {
  let nameRange: Range<Int>
  let name: String
  let flags: UInt16
  let method: UInt16
  let checksum: UInt32
  var compressedSize: Int
  var size: Int
  var headerOffset: Int

  /// Bit 0: encrypted; bit 6: strongly encrypted; bit 13: with a masked directory.
  private static let encryptionFlags: UInt16 = 1 << 0 | 1 << 6 | 1 << 13
  /// Bit 3: the sizes follow the data.
  private static let descriptorFlag: UInt16 = 1 << 3
  /// Of DOS, whatever system the archive says it was made on.
  private static let folderAttribute: UInt32 = 0x10
  private static let descriptorSignature: UInt32 = 0x0807_4B50

  /// Reads the entry at the cursor.
  @_lifetime(reader: copy reader)
  init(
    parsing reader: inout ByteReader,
    index: Int,
    in source: SharedBytes
  ) throws(FormatError) {
    let start = reader.offset
    guard try reader.read(UInt32.self) == 0x0201_4B50 else {
      throw FormatError(ZipFault.badDirectoryEntry(index: index), at: start)
    }
    try reader.skip(4)  // versions
    flags = try reader.read(UInt16.self)
    method = try reader.read(UInt16.self)
    try reader.skip(4)  // time and date
    checksum = try reader.read(UInt32.self)
    let compressed = try reader.read(UInt32.self)
    let expanded = try reader.read(UInt32.self)
    let nameLength = Int(try reader.read(UInt16.self))
    let extraLength = Int(try reader.read(UInt16.self))
    let commentLength = Int(try reader.read(UInt16.self))
    let disk = try reader.read(UInt16.self)
    try reader.skip(2)  // the attributes within
    let attributes = try reader.read(UInt32.self)
    let offset = try reader.read(UInt32.self)
    nameRange = reader.offset..<reader.offset + nameLength
    try reader.skip(nameLength)
    name = PickleText(range: nameRange, encoding: .bytes).decoded(from: source)
    let extra = ByteReader(try reader.readBytes(extraLength), base: reader.offset)
    try reader.skip(commentLength)
    guard disk == 0 || disk == .max else { throw FormatError(ZipFault.severalDisks, at: start) }

    size = Int(expanded)
    compressedSize = Int(compressed)
    headerOffset = Int(offset)
    if expanded == .max || compressed == .max || offset == .max {
      guard var fields = try Self.zip64Fields(of: extra) else {
        throw FormatError(ZipFault.badExtraField(member: name), at: start)
      }
      do {
        if expanded == .max { size = try fields.readSize() }
        if compressed == .max { compressedSize = try fields.readSize() }
        if offset == .max { headerOffset = try fields.readSize() }
      } catch {
        throw FormatError(ZipFault.badExtraField(member: name), at: start)
      }
    }
    guard flags & Self.encryptionFlags == 0 else {
      throw FormatError(ZipFault.encrypted(member: name), at: start)
    }
    let isFolder = attributes & Self.folderAttribute != 0 || name.utf8.last == UInt8(ascii: "/")
    guard !isFolder || size == 0 else {
      throw FormatError(ZipFault.folderWithData(member: name), at: start)
    }
  }

  /// The content of the ZIP64 extra field, id 1, if there is one.
  @_lifetime(copy extra)
  private static func zip64Fields(
    of extra: consuming ByteReader
  ) throws(FormatError) -> ByteReader? {
    var reader = extra
    while reader.remaining >= 4 {
      let id = try reader.read(UInt16.self)
      let length = Int(try reader.read(UInt16.self))
      let base = reader.offset
      let content = try reader.readBytes(length)
      if id == 1 { return ByteReader(content, base: base) }
    }
    return nil
  }

  /// Holds the entry against the member's own header, and finds its data.
  func member(in source: SharedBytes, before directory: Int) throws(FormatError) -> ZipMember {
    let bad = FormatError(ZipFault.badLocalHeader(member: name), at: headerOffset)
    guard headerOffset < directory else { throw bad }
    var reader = ByteReader(source.bytes.extracting(0..<directory))
    try reader.seek(to: headerOffset)
    do throws(FormatError) {
      guard try reader.read(UInt32.self) == 0x0403_4B50 else { throw bad }
      try reader.skip(2)  // version
      let localFlags = try reader.read(UInt16.self)
      let localMethod = try reader.read(UInt16.self)
      try reader.skip(4)  // time and date
      let localChecksum = try reader.read(UInt32.self)
      let localCompressedSize = try reader.read(UInt32.self)
      let localSize = try reader.read(UInt32.self)
      let nameLength = Int(try reader.read(UInt16.self))
      let extraLength = Int(try reader.read(UInt16.self))
      let localName = reader.offset..<reader.offset + nameLength
      try reader.skip(nameLength + extraLength)

      guard source.array(localName) == source.array(nameRange) else { throw mismatch("name") }
      guard localMethod == method else { throw mismatch("method") }
      guard localFlags & Self.encryptionFlags == 0 else { throw mismatch("encryption") }
      // With a data descriptor these are zero; in ZIP64 members the sizes are all ones.
      let isDeferred = localFlags & Self.descriptorFlag != 0
      if !(isDeferred && localChecksum == 0), localChecksum != checksum {
        throw mismatch("checksum")
      }
      if !(isDeferred && localCompressedSize == 0), localCompressedSize != .max,
        Int(localCompressedSize) != compressedSize
      {
        throw mismatch("compressed size")
      }
      if !(isDeferred && localSize == 0), localSize != .max, Int(localSize) != size {
        throw mismatch("size")
      }
      guard reader.remaining >= compressedSize else {
        throw FormatError(ZipFault.memberPastDirectory(member: name), at: headerOffset)
      }
      let dataRange = reader.offset..<reader.offset + compressedSize
      try reader.skip(compressedSize)
      // torch sets the flag and leaves the descriptor out where the member is empty.
      let descriptor = localFlags & Self.descriptorFlag == 0 ? 0 : try descriptorLength(&reader)
      return ZipMember(
        name: name,
        method: method == 0 ? .stored : method == 8 ? .deflated : .other(Int(method)),
        checksum: checksum,
        byteCount: size,
        headerOffset: headerOffset,
        dataRange: dataRange,
        end: dataRange.upperBound + descriptor
      )
    } catch {
      throw error.fault is ByteFault ? bad : error
    }
  }

  private func mismatch(_ field: String) -> FormatError {
    FormatError(ZipFault.headerMismatch(member: name, field: field), at: headerOffset)
  }

  /// The length of the descriptor at the cursor: checksum and sizes of 4 or 8 bytes, with or without
  /// a signature, as writers differ.
  @_lifetime(reader: copy reader)
  private func descriptorLength(_ reader: inout ByteReader) throws(FormatError) -> Int {
    let start = reader.position
    for hasSignature in [true, false] {
      for isWide in [false, true] {
        try reader.seek(to: start)
        let length = (hasSignature ? 4 : 0) + (isWide ? 20 : 12)
        guard reader.remaining >= length else { continue }
        if hasSignature, try reader.read(UInt32.self) != Self.descriptorSignature { continue }
        guard try reader.read(UInt32.self) == checksum else { continue }
        let sizes =
          isWide
          ? [try reader.read(UInt64.self), try reader.read(UInt64.self)]
          : [UInt64(try reader.read(UInt32.self)), UInt64(try reader.read(UInt32.self))]
        if sizes == [UInt64(compressedSize), UInt64(size)] { return length }
      }
    }
    if compressedSize == 0, size == 0 { return 0 }
    throw FormatError(ZipFault.descriptorMismatch(member: name), at: reader.offset)
  }
}
