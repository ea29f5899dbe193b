import BallastBytes

/// Where a zip archive's directory is, from the record at its end.
struct ZipEndRecord {
  /// The range of the directory in the file.
  let directory: Range<Int>
  /// The number of members that the directory is said to have.
  let memberCount: Int
  /// The bytes between the directory and the first of the end records.
  let gap: Int
  /// The bytes after the archive.
  let trailingBytes: Int

  private static let signature: UInt32 = 0x0605_4B50
  private static let byteCount = 22
  private static let locatorSignature: UInt32 = 0x0706_4B50
  private static let locatorByteCount = 20
  private static let zip64Signature: UInt32 = 0x0606_4B50
  private static let zip64ByteCount = 56

  /// Finds and reads the end record, and the ZIP64 one where there is one.
  init(searching source: SharedBytes) throws(FormatError) {
    let start = try Self.find(in: source)
    var reader = ByteReader(source.bytes)
    try reader.seek(to: start + 4)
    let disk = try reader.read(UInt16.self)
    let directoryDisk = try reader.read(UInt16.self)
    let countOnDisk = try reader.read(UInt16.self)
    let count = try reader.read(UInt16.self)
    let size = try reader.read(UInt32.self)
    let offset = try reader.read(UInt32.self)
    let commentLength = Int(try reader.read(UInt16.self))
    trailingBytes = max(0, reader.remaining - commentLength)
    guard disk == 0 || disk == .max, directoryDisk == 0 || directoryDisk == .max else {
      throw FormatError(ZipFault.severalDisks, at: start)
    }
    if let zip64 = try Self.readZip64(before: start, in: source) {
      // The old record holds the same numbers, or all ones where they do not fit.
      guard count == .max || Int(count) == zip64.count, size == .max || Int(size) == zip64.size,
        offset == .max || Int(offset) == zip64.offset
      else { throw FormatError(ZipFault.endRecordsDisagree, at: start) }
      memberCount = zip64.count
      directory = try Self.range(offset: zip64.offset, size: zip64.size, before: zip64.start)
      gap = zip64.start - directory.upperBound
    } else {
      guard count == countOnDisk else { throw FormatError(ZipFault.severalDisks, at: start) }
      memberCount = Int(count)
      directory = try Self.range(offset: Int(offset), size: Int(size), before: start)
      gap = start - directory.upperBound
    }
  }

  private static func range(
    offset: Int,
    size: Int,
    before end: Int
  ) throws(FormatError) -> Range<Int> {
    let (upper, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, upper <= end else {
      throw FormatError(ZipFault.directoryOutOfBounds, at: end)
    }
    return offset..<upper
  }

  /// Where the record starts that all readers take for the archive's.
  ///
  /// Some take the last signature in the file, whatever it says of its comment, and some one whose
  /// comment ends with the file: these must be one, or they see two archives.
  private static func find(in source: SharedBytes) throws(FormatError) -> Int {
    let span = Span<UInt8>(_bytes: source.bytes)
    guard let last = lastSignature(in: span) else {
      throw FormatError(ZipFault.noEndRecord, at: span.count)
    }
    let fitting = fittingSignatures(in: span)
    guard fitting == [last] || fitting.isEmpty && end(of: last, in: span) < span.count else {
      throw FormatError(ZipFault.ambiguousEnd, at: last)
    }
    return last
  }

  private static func lastSignature(in span: Span<UInt8>) -> Int? {
    candidates(in: span).reversed().first { isSignature(at: $0, in: span) }
  }

  private static func fittingSignatures(in span: Span<UInt8>) -> [Int] {
    candidates(in: span)
      .filter { isSignature(at: $0, in: span) && end(of: $0, in: span) == span.count }
  }

  /// Where a record may start: a comment has at most 64 KiB, and torch's reader looks 4 KiB further.
  private static func candidates(in span: Span<UInt8>) -> Range<Int> {
    let end = max(0, span.count - byteCount + 1)
    return max(0, end - 1 - Int(UInt16.max) - farther)..<end
  }

  private static let farther = 1 << 12

  private static func isSignature(at start: Int, in span: Span<UInt8>) -> Bool {
    span[start] == 0x50 && span[start + 1] == 0x4B && span[start + 2] == 5 && span[start + 3] == 6
  }

  private static func end(of start: Int, in span: Span<UInt8>) -> Int {
    start + byteCount + (Int(span[start + 20]) | Int(span[start + 21]) << 8)
  }

  private static func readZip64(
    before end: Int,
    in source: SharedBytes
  ) throws(FormatError) -> (start: Int, count: Int, size: Int, offset: Int)? {
    guard end >= locatorByteCount else { return nil }
    var reader = ByteReader(source.bytes)
    try reader.seek(to: end - locatorByteCount)
    guard try reader.read(UInt32.self) == locatorSignature else { return nil }
    let bad = FormatError(ZipFault.badZip64EndRecord, at: end - locatorByteCount)
    let disk = try reader.read(UInt32.self)
    // Some readers go where the locator says, and some to the bytes before it.
    guard let start = Int(exactly: try reader.read(UInt64.self)),
      start == end - locatorByteCount - zip64ByteCount
    else { throw bad }
    let diskCount = try reader.read(UInt32.self)
    guard disk == 0, diskCount <= 1 else { throw FormatError(ZipFault.severalDisks, at: start) }
    try reader.seek(to: start)
    guard try reader.read(UInt32.self) == zip64Signature else { throw bad }
    guard try reader.read(UInt64.self) >= UInt64(zip64ByteCount - 12) else { throw bad }
    try reader.skip(2 + 2 + 4 + 4)  // versions and disk numbers
    let countOnDisk = try reader.read(UInt64.self)
    let count = try reader.read(UInt64.self)
    guard countOnDisk == count else { throw FormatError(ZipFault.severalDisks, at: start) }
    guard let count = Int(exactly: count), let size = Int(exactly: try reader.read(UInt64.self)),
      let offset = Int(exactly: try reader.read(UInt64.self))
    else { throw bad }
    return (start, count, size, offset)
  }

  /// Whether an end record stands at the end of a file, its comment included.
  static func endsFile(_ source: SharedBytes) -> Bool {
    !fittingSignatures(in: Span<UInt8>(_bytes: source.bytes)).isEmpty
  }
}
