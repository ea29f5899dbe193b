/// A bounds-checked cursor over borrowed bytes, little-endian.
///
/// It is inlinable because parsers of other modules run it once for every few bytes.
public struct ByteReader: ~Escapable {
  @usableFromInline let bytes: RawSpan
  /// Where the bytes start in their file; added to the offsets of errors.
  @usableFromInline let base: Int
  @usableFromInline var cursor = 0

  /// A cursor at the start of `bytes`, which stand at `base` in their file.
  @inlinable
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, base: Int = 0) {
    self.bytes = bytes
    self.base = base
  }

  /// The position within the bytes.
  @inlinable public var position: Int { cursor }

  /// The number of bytes from the cursor to the end.
  @inlinable public var remaining: Int { bytes.byteCount - cursor }

  /// The cursor's place in the file.
  @inlinable public var offset: Int { base + cursor }

  /// Moves the cursor to a position within the bytes.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func seek(to position: Int) throws(FormatError) {
    let end = base + bytes.byteCount
    guard position >= 0 else { throw FormatError(ByteFault.overflow, at: end) }
    guard position <= bytes.byteCount else {
      throw FormatError(
        ByteFault.truncated(needed: position - bytes.byteCount),
        at: end
      )
    }
    cursor = position
  }

  /// Reads an integer, little-endian.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self
  ) throws(FormatError) -> Value {
    let size = MemoryLayout<Value>.size
    try require(size)
    defer { cursor += size }
    // Safe: the line above checked the bounds, and every bit pattern is a valid integer.
    return unsafe Value(
      littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: cursor, as: Value.self)
    )
  }

  /// Reads a 64-bit size that must fit into `Int`.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func readSize() throws(FormatError) -> Int {
    let start = offset
    guard let size = Int(exactly: try read(UInt64.self)) else {
      throw FormatError(ByteFault.overflow, at: start)
    }
    return size
  }

  /// Reads `count` bytes without copying them.
  @inlinable
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func readBytes(_ count: Int) throws(FormatError) -> RawSpan {
    try require(count)
    defer { cursor += count }
    return bytes.extracting(cursor..<cursor + count)
  }

  /// Reads `count` bytes of UTF-8.
  @_lifetime(self: copy self)
  public mutating func readString(_ count: Int) throws(FormatError) -> String {
    let start = offset
    return try String(validating: try readBytes(count), at: start)
  }

  /// Moves past `count` bytes.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func skip(_ count: Int) throws(FormatError) {
    try require(count)
    cursor += count
  }

  @inlinable
  func require(_ count: Int) throws(FormatError) {
    guard count >= 0 else { throw FormatError(ByteFault.overflow, at: offset) }
    guard remaining >= count else {
      throw FormatError(ByteFault.truncated(needed: count - remaining), at: offset)
    }
  }
}

extension String {
  /// The text of `bytes`, or `ByteFault.invalidUTF8` at `offset`.
  package init(validating bytes: RawSpan, at offset: Int) throws(FormatError) {
    let utf8: UTF8Span
    do {
      utf8 = try UTF8Span(validating: Span<UInt8>(_bytes: bytes))
    } catch {
      throw FormatError(ByteFault.invalidUTF8, at: offset)
    }
    self = String(copying: utf8)
  }
}
