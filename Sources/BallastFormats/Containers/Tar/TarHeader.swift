import BallastBytes

/// The header of a member of a tar archive.
///
///     0 name [100]   124 size [12]   148 checksum [8]   156 kind [1]   257 "ustar"   345 prefix [155]
struct TarHeader {
  enum Kind {
    case file
    /// The extended header of the member that follows.
    case extensions
    /// GNU's header of the name of the member that follows.
    case longName
    /// A folder, which has no data.
    case folder
  }

  let name: String
  let size: Int
  let kind: Kind

  /// Reads the header at a position; nil at the end of the archive, where zeros stand, or nothing.
  init?(parsing source: SharedBytes, at position: Int) throws(FormatError) {
    guard position < source.count else { return nil }
    let region = try ByteRegion(source, offset: position, count: TarArchive.blockBytes)
    let header = source.array(region.range)
    guard header.contains(where: { $0 != 0 }) else { return nil }
    guard Self.hasChecksum(header, at: position) else {
      throw FormatError(TarFault.wrongChecksum, at: position)
    }
    size = try Self.number(header[124..<136], "size", at: position)
    let name = Self.text(header[0..<100])
    if header[156] == 0, name.utf8.last == UInt8(ascii: "/") {
      // As old archives say that a member is a folder.
      kind = .folder
    } else {
      guard let kind = Kind(header[156]) else {
        throw FormatError(TarFault.unsupportedMember(kind: header[156]), at: position)
      }
      self.kind = kind
    }
    guard kind != .folder || size == 0 else {
      throw FormatError(TarFault.folderWithData, at: position)
    }
    let hasPrefix = header[257..<263] == Array("ustar\0".utf8)[...] && header[345] != 0
    self.name = hasPrefix ? Self.text(header[345..<500]) + "/" + name : name
  }

  /// The name in the header that starts at a position, and where the next one starts, if it can be told,
  /// whatever kind the member is of; nil where there is no header.
  static func outline(of source: SharedBytes, at position: Int) -> (name: String, next: Int?)? {
    guard let block = try? ByteRegion(source, offset: position, count: TarArchive.blockBytes) else {
      return nil
    }
    let header = source.array(block.range)
    guard hasChecksum(header, at: position) else { return nil }
    let name = text(header[0..<100])
    let isFolder = header[156] == UInt8(ascii: "5")
    guard let size = isFolder ? 0 : try? number(header[124..<136], "size", at: position),
      let blocks = try? sum(size, TarArchive.blockBytes - 1)
    else { return (name, nil) }
    let padded = blocks & ~(TarArchive.blockBytes - 1)
    return (name, try? sum(position + TarArchive.blockBytes, padded))
  }

  /// Whether the bytes of a header add up to its checksum, which counts as if it were spaces.
  private static func hasChecksum(_ header: [UInt8], at position: Int) -> Bool {
    let sum = header.reduce(0) { $0 + Int($1) } - header[148..<156].reduce(0) { $0 + Int($1) }
    return (try? number(header[148..<156], "checksum", at: position)) == sum + 8 * 0x20
  }

  static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Octal digits, between spaces and zeros; or big-endian bytes, where the first bit is set.
  private static func number(
    _ field: ArraySlice<UInt8>,
    _ name: String,
    at position: Int
  ) throws(FormatError) -> Int {
    let bad = FormatError(TarFault.badNumber(field: name), at: position)
    if let first = field.first, first & 0x80 != 0 {
      guard first == 0x80, field.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else { throw bad }
      let value = field.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      guard let size = Int(exactly: value) else { throw bad }
      return size
    }
    let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
    guard digits.allSatisfy({ (0x30...0x37).contains($0) }) else { throw bad }
    return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
  }
}

extension TarHeader.Kind {
  /// The kind by its letter; nil for links, devices, sparse files, headers that concern all members,
  /// and what no standard knows: of these, readers make different things.
  init?(_ letter: UInt8) {
    switch letter {
    case UInt8(ascii: "0"), UInt8(ascii: "7"), 0: self = .file
    case UInt8(ascii: "5"): self = .folder
    case UInt8(ascii: "x"): self = .extensions
    case UInt8(ascii: "L"): self = .longName
    default: return nil
    }
  }
}

/// What extended headers say about the member after them.
struct TarExtensions {
  private(set) var name: String?
  private(set) var size: Int?

  /// Reads pax's records, `length key=value` and a line feed each, or GNU's long name.
  mutating func read(
    _ range: Range<Int>,
    isPax: Bool,
    of source: SharedBytes
  ) throws(FormatError) {
    var rest = source.array(range)[...]
    guard isPax else {
      try set(TarHeader.text(rest), at: range.lowerBound)
      return
    }
    var (newName, newSize): (String?, Int?) = (nil, nil)
    while !rest.isEmpty {
      let bad = FormatError(TarFault.badExtension, at: range.upperBound - rest.count)
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 1,
        length <= rest.count
      else { throw bad }
      let record = rest.prefix(length).dropFirst(digits.count)
      rest = rest.dropFirst(length)
      guard record.first == 0x20, record.last == 0x0A,
        let equals = record.firstIndex(of: UInt8(ascii: "="))
      else { throw bad }
      let value = String(decoding: record[(equals + 1)...].dropLast(), as: UTF8.self)
      let key = String(decoding: record[..<equals].dropFirst(), as: UTF8.self)
      switch key {
      case "path":
        // Python takes the slashes of a folder from the name of whatever it is.
        newName = String(value.reversed().drop { $0 == "/" }.reversed())
      case "size":
        guard let number = Int(value), number >= 0 else { throw bad }
        newSize = number
      case _ where key.hasPrefix("GNU.sparse."):
        throw FormatError(TarFault.sparse, at: range.lowerBound)
      default: break
      }
    }
    if let newName { try set(newName, at: range.lowerBound) }
    guard let newSize else { return }
    guard size == nil else { throw FormatError(TarFault.extendedTwice, at: range.lowerBound) }
    size = newSize
  }

  /// Takes the name, unless a header before has given one: readers do not agree on which counts.
  private mutating func set(_ newName: String, at position: Int) throws(FormatError) {
    guard name == nil else { throw FormatError(TarFault.extendedTwice, at: position) }
    name = newName
  }
}
