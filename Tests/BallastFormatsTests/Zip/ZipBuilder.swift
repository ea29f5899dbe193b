import BallastBytes
import BallastFormats

/// Builds zip archives byte by byte, honest ones and others.
struct ZipBuilder {
  struct Member {
    var name: String
    var data: [UInt8] = []
    var isDeflated = false
    var flags: UInt16 = 0
    /// Writes zeros into the header and the sizes behind the data, as torch does.
    var hasDescriptor = false
    var hasDescriptorSignature = true
    var hasWideDescriptor = false
    /// Puts the sizes and the offset into ZIP64 fields.
    var isZip64 = false
    /// Bytes before the header that belong to no member.
    var gap = 0

    // What the two headers say, where it is not the truth.
    var localName: String?
    var localMethod: UInt16?
    var localChecksum: UInt32?
    var localSize: UInt32?
    var method: UInt16?
    var checksum: UInt32?
    var size: UInt32?
    var compressedSize: UInt32?
    var headerOffset: UInt32?
    var attributes: UInt32 = 0

    /// The data as it stands in the archive; deflated data is one stored block of RFC 1951.
    var payload: [UInt8] {
      guard isDeflated else { return data }
      let count = UInt16(data.count)
      return [1] + littleEndian(count) + littleEndian(~count) + data
    }
  }

  var members: [Member]
  var comment: [UInt8] = []
  var trailing: [UInt8] = []
  var hasZip64End = false
  var announcedCount: UInt16?
  var directoryOffset: UInt32?
  var directorySize: UInt32?

  init(_ members: [Member]) {
    self.members = members
  }

  var source: SharedBytes {
    get throws { try SharedBytes.copying(build()) }
  }

  func build() throws -> [UInt8] {
    var file: [UInt8] = []
    var directory: [UInt8] = []
    for member in members {
      file += [UInt8](repeating: 0xAA, count: member.gap)
      let offset = UInt32(file.count)
      let data = try SharedBytes.copying(member.data)
      let checksum = crc32(of: data.bytes)
      let payload = member.payload
      let method: UInt16 = member.isDeflated ? 8 : 0
      let flags = member.flags | (member.hasDescriptor ? 8 : 0)
      let name = Array((member.localName ?? member.name).utf8)
      let isDeferred = member.hasDescriptor
      let size = UInt32(member.data.count)
      let compressed = UInt32(payload.count)
      let local64 =
        member.isZip64
        ? littleEndian(UInt16(1)) + littleEndian(UInt16(16)) + littleEndian(UInt64(size))
          + littleEndian(UInt64(compressed)) : []

      file += bytes("PK", 3, 4, littleEndian(UInt16(45)), littleEndian(flags))
      file += littleEndian(member.localMethod ?? member.method ?? method)
      file += littleEndian(UInt32(0))
      file += littleEndian(member.localChecksum ?? (isDeferred ? 0 : member.checksum ?? checksum))
      file += littleEndian(member.isZip64 ? .max : isDeferred ? 0 : compressed)
      file += littleEndian(member.localSize ?? (member.isZip64 ? .max : isDeferred ? 0 : size))
      file += littleEndian(UInt16(name.count)) + littleEndian(UInt16(local64.count))
      file += name + local64 + payload
      if member.hasDescriptor {
        if member.hasDescriptorSignature { file += bytes("PK", 7, 8) }
        file += littleEndian(member.checksum ?? checksum)
        file +=
          member.hasWideDescriptor
          ? littleEndian(UInt64(compressed)) + littleEndian(UInt64(size))
          : littleEndian(compressed) + littleEndian(size)
      }

      let extra =
        member.isZip64
        ? bytes(0x42, 0x46, 2, 0, 0, 0)  // another field first
          + littleEndian(UInt16(1)) + littleEndian(UInt16(24)) + littleEndian(UInt64(size))
          + littleEndian(UInt64(compressed)) + littleEndian(UInt64(offset)) : []
      directory += bytes("PK", 1, 2, littleEndian(UInt32(45)), littleEndian(flags))
      directory += littleEndian(member.method ?? method) + littleEndian(UInt32(0))
      directory += littleEndian(member.checksum ?? checksum)
      directory += littleEndian(member.isZip64 ? .max : member.compressedSize ?? compressed)
      directory += littleEndian(member.isZip64 ? .max : member.size ?? size)
      directory += littleEndian(UInt16(member.name.utf8.count)) + littleEndian(UInt16(extra.count))
      directory +=
        [UInt8](repeating: 0, count: 6) + littleEndian(member.attributes)
      directory += littleEndian(member.isZip64 ? .max : member.headerOffset ?? offset)
      directory += Array(member.name.utf8) + extra
    }
    let start = file.count
    let count = UInt16(members.count)
    file += directory
    if hasZip64End {
      let end = file.count
      file += bytes("PK", 6, 6, littleEndian(UInt64(44)), littleEndian(UInt32(45 << 16 | 45)))
      file += littleEndian(UInt64(0)) + littleEndian(UInt64(count)) + littleEndian(UInt64(count))
      file += littleEndian(UInt64(directory.count)) + littleEndian(UInt64(start))
      file += bytes("PK", 6, 7, littleEndian(UInt32(0)), littleEndian(UInt64(end)))
      file += littleEndian(UInt32(1))
    }
    file += bytes("PK", 5, 6, littleEndian(UInt32(0)))
    file += littleEndian(announcedCount ?? count) + littleEndian(announcedCount ?? count)
    file += littleEndian(directorySize ?? UInt32(directory.count))
    file += littleEndian(directoryOffset ?? UInt32(start))
    file += littleEndian(UInt16(comment.count)) + comment + trailing
    return file
  }
}

extension ByteRegion {
  /// A copy of the bytes.
  var array: [UInt8] {
    let span = bytes
    return (0..<span.byteCount).map { span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
  }
}
