import BallastBytes

/// Where the last end record of an archive leads, to readers that count in different ways.
extension ScannedArchive {
  /// Where the archive stands to which the last end record belongs, by what that says of the directory;
  /// nil where there is none, or it says no such thing.
  static func lastArchive(in source: SharedBytes) -> Range<Int>? {
    guard let last = lastEnd(in: source) else { return nil }
    let first = last.directoryEnd - last.directory.count - last.directory.offset
    let end = last.start + endBytes + last.comment
    return first >= 0 && end <= source.count ? first..<end : nil
  }

  /// Whether the last end record, or the locator of ZIP64 before it, leads to a directory or to a ZIP64 record if its
  /// offset is counted from the start of the bytes, as some readers do, although the archive starts elsewhere.
  static func hasDirectoryByAbsoluteOffset(_ source: SharedBytes) -> Bool {
    guard let last = lastEnd(in: source) else { return false }
    return hasDirectory(of: last, countedFrom: 0, in: source)
  }

  /// The same, if the offset is counted from any place, such as one where an open file stands.
  static func hasDirectory(of last: End, countedFrom base: Int, in source: SharedBytes) -> Bool {
    let span = Span<UInt8>(_bytes: source.bytes)
    func isSigned(_ index: Int, _ kind: (UInt8, UInt8)) -> Bool {
      index >= 0 && index <= span.count - 4 && span[index] == 0x50 && span[index + 1] == 0x4B
        && span[index + 2] == kind.0 && span[index + 3] == kind.1
    }
    let locator = last.start - locatorBytes
    if isSigned(locator, (6, 7)) {
      var reader = ByteReader(source.bytes)
      guard (try? reader.seek(to: locator + 8)) != nil, let offset = try? reader.read(UInt64.self)
      else { return true }
      // Where such readers find a record there, its fields come before those of the end record.
      if let place = Int(exactly: offset), place <= span.count,
        isSigned(place + base, (6, 6)), base == 0 || place + base != last.directoryEnd
      {
        return true
      }
    }
    let offset = last.directory.offset + base
    let end = offset + last.directory.count
    return end <= span.count && end != last.directoryEnd && isSigned(offset, (1, 2))
  }

  /// The size of an end record without its comment.
  private static let endBytes = 22
  /// A comment has at most 64 KiB, and torch's reader looks 4 KiB further.
  private static let farthest = Int(UInt16.max) + 1 << 12
  /// The size of a locator of ZIP64.
  static let locatorBytes = 20

  /// An end record, and what it says of the directory.
  struct End {
    let start: Int
    /// Where the directory ends, if it stands in front of the record.
    let directoryEnd: Int
    let directory: (count: Int, offset: Int)
    let comment: Int
  }

  static func lastEnd(in source: SharedBytes) -> End? {
    let span = Span<UInt8>(_bytes: source.bytes)
    let last = span.count - endBytes
    guard last >= 0,
      let start = (max(0, last - farthest)...last).reversed().first(where: {
        span[$0] == 0x50 && span[$0 + 1] == 0x4B && span[$0 + 2] == 5 && span[$0 + 3] == 6
      })
    else { return nil }
    var reader = ByteReader(source.bytes)
    guard (try? reader.seek(to: start + 12)) != nil, let size = try? reader.read(UInt32.self),
      let offset = try? reader.read(UInt32.self), let comment = try? reader.read(UInt16.self)
    else { return nil }
    return End(
      start: start,
      directoryEnd: directoryEnd(before: start, in: span),
      directory: (Int(size), Int(offset)),
      comment: Int(comment)
    )
  }

  /// Where the directory ends before an end record: at a ZIP64 record and its locator, where these stand between,
  /// as they do in torch's archives.
  private static func directoryEnd(before end: Int, in span: Span<UInt8>) -> Int {
    let recordBytes = 56
    let record = end - locatorBytes - recordBytes
    guard record >= 0 else { return end }
    func isSigned(_ index: Int, _ kind: UInt8) -> Bool {
      span[index] == 0x50 && span[index + 1] == 0x4B && span[index + 2] == 6
        && span[index + 3] == kind
    }
    return isSigned(record, 6) && isSigned(record + recordBytes, 7) ? record : end
  }
}
