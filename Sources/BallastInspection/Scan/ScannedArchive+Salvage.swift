import BallastBytes
import BallastFormats

/// The members of a zip archive by what stands in front of each of them.
extension ScannedArchive {
  /// The members by their own headers, for archives that are damaged or that lie: other readers may
  /// still open them.
  static func salvage(_ source: SharedBytes, maximumMembers: Int) -> Contents {
    let span = Span<UInt8>(_bytes: source.bytes)
    var contents = Contents()
    var index = nextRecord(in: span, from: 0, of: source)
    while index < span.count {
      // A size that is wrong or unknown ends at the next record.
      let next = nextRecord(in: span, from: index + 4, of: source)
      if span[index + 2] == 3 {
        guard contents.members.count < maximumMembers else {
          contents.isCut = true
          break
        }
        if let (member, method) = member(at: index, in: source, next: next) {
          contents.members.append(member)
          refuse(method, of: member.name, at: index, in: source, &contents)
          if member.hasTwoSizes {
            let fault = ZipFault.storedSizeMismatch(member: shown(member.name, in: source))
            contents.refused.append(FormatError(fault, at: index))
          }
        }
      } else if span[index + 2] == 1, let (name, method) = entry(at: index, in: source) {
        // The directory has the last word for most readers.
        refuse(method, of: name, at: index, in: source, &contents)
      }
      index = next
    }
    return contents
  }

  /// Pages that were read are given back in pieces.
  private static let readPiece = 16 << 20

  /// The next header of a member, entry of a directory or end record.
  private static func nextRecord(
    in span: Span<UInt8>,
    from start: Int,
    of source: SharedBytes
  ) -> Int {
    var index = start
    var given = start
    while index + 4 <= span.count {
      if index - given >= readPiece {
        source.giveBack(given..<index)
        given = index
      }
      if span[index] == 0x50, span[index + 1] == 0x4B {
        switch (span[index + 2], span[index + 3]) {
        case (1, 2), (3, 4), (5, 6), (6, 6): return index
        default: break
        }
      }
      index += 1
    }
    return span.count
  }

  /// Says of a method that is not opened that it is not; what is no method of any reader is no header.
  private static func refuse(
    _ method: Int,
    of name: Member.Name,
    at offset: Int,
    in source: SharedBytes,
    _ contents: inout Contents
  ) {
    guard ![0, 8].contains(method), openedByOthers.contains(method) else { return }
    guard case .bytes(let range) = name, !range.isEmpty else { return }
    let fault = ZipFault.unsupportedMethod(member: shown(name, in: source), method)
    contents.refused.append(FormatError(fault, at: offset))
  }

  /// bzip2, LZMA, zstd, xz and those before deflate, which readers have.
  private static let openedByOthers: Set<Int> = [1, 2, 3, 4, 5, 6, 9, 10, 12, 14, 20, 93, 95]

  /// The name and the method of an entry of the directory.
  private static func entry(
    at start: Int,
    in source: SharedBytes
  ) -> (name: Member.Name, method: Int)? {
    var reader = ByteReader(source.bytes)
    do {
      try reader.seek(to: start + 10)
      let method = Int(try reader.read(UInt16.self))
      try reader.skip(16)
      let nameLength = Int(try reader.read(UInt16.self))
      try reader.seek(to: start + 46)
      try reader.skip(nameLength)
      return (.bytes(start + 46..<start + 46 + nameLength), method)
    } catch {
      return nil
    }
  }

  private static func member(
    at start: Int,
    in source: SharedBytes,
    next: Int
  ) -> (member: Member, method: Int)? {
    var reader = ByteReader(source.bytes)
    do {
      try reader.seek(to: start + 6)
      let flags = try reader.read(UInt16.self)
      let method = try reader.read(UInt16.self)
      try reader.skip(8)
      let compressed = Int(try reader.read(UInt32.self))
      let size = Int(try reader.read(UInt32.self))
      let nameLength = Int(try reader.read(UInt16.self))
      let extraLength = Int(try reader.read(UInt16.self))
      let nameStart = reader.position
      try reader.skip(nameLength + extraLength)
      let dataStart = reader.position
      // Of what is stored readers take either size.
      let longest = method == 0 ? max(compressed, size) : compressed
      let announced = dataStart + longest
      let isBelievable = longest > 0 && announced <= source.count
      // Sizes behind the data, and those of ZIP64, stand elsewhere.
      let isAnnounced = isBelievable && flags & 8 == 0 && size < UInt32.max
      let member = Member(
        name: .bytes(nameStart..<nameStart + nameLength),
        range: dataStart..<max(isBelievable ? announced : next, dataStart),
        isDeflated: method == 8,
        isSalvaged: true,
        hasTwoSizes: method == 0 && compressed != size,
        byteCount: method == 8 && isAnnounced ? size : nil
      )
      return (member, Int(method))
    } catch {
      return nil
    }
  }
}
