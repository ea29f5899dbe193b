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
    /// Folders, links, and headers that concern all members.
    case other
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
    let checksum = try Self.number(header[148..<156], "checksum", at: position)
    // The checksum counts as if it were spaces.
    let sum = header.reduce(0) { $0 + Int($1) } - header[148..<156].reduce(0) { $0 + Int($1) }
    guard sum + 8 * 0x20 == checksum else {
      throw FormatError(TarFault.wrongChecksum, at: position)
    }
    size = try Self.number(header[124..<136], "size", at: position)
    kind =
      switch header[156] {
      case UInt8(ascii: "0"), UInt8(ascii: "7"), 0: .file
      case UInt8(ascii: "x"): .extensions
      case UInt8(ascii: "L"): .longName
      default: .other
      }
    let name = Self.text(header[0..<100])
    let hasPrefix = header[257..<263] == Array("ustar\0".utf8)[...] && header[345] != 0
    self.name = hasPrefix ? Self.text(header[345..<500]) + "/" + name : name
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
      name = TarHeader.text(rest)
      return
    }
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
      switch String(decoding: record[..<equals].dropFirst(), as: UTF8.self) {
      case "path": name = value
      case "size":
        guard let number = Int(value), number >= 0 else { throw bad }
        size = number
      default: break
      }
    }
  }
}
