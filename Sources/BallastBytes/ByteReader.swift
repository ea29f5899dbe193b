/// A bounds-checked cursor over borrowed bytes, little-endian.
public struct ByteReader: ~Escapable {
  private let bytes: RawSpan
  /// Where the bytes start in their file; added to the offsets of errors.
  private let base: Int
  /// The position within the bytes.
  public private(set) var position = 0

  /// A cursor at the start of `bytes`, which stand at `base` in their file.
  @_lifetime(copy bytes)
  public init(_ bytes: RawSpan, base: Int = 0) {
    self.bytes = bytes
    self.base = base
  }

  /// The number of bytes from the cursor to the end.
  public var remaining: Int { bytes.byteCount - position }

  /// The cursor's place in the file.
  public var offset: Int { base + position }

  /// Moves the cursor to a position within the bytes.
  @_lifetime(self: copy self)
  public mutating func seek(to position: Int) throws(FormatError) {
    guard position >= 0, position <= bytes.byteCount else {
      throw FormatError(
        ByteFault.truncated(needed: max(0, position - bytes.byteCount)),
        at: base + bytes.byteCount
      )
    }
    self.position = position
  }

  /// Reads an integer, little-endian.
  @_lifetime(self: copy self)
  public mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self
  ) throws(FormatError) -> Value {
    let size = MemoryLayout<Value>.size
    try require(size)
    defer { position += size }
    // Safe: the line above checked the bounds, and every bit pattern is a valid integer.
    return unsafe Value(
      littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: Value.self)
    )
  }

  /// Reads a 64-bit size that must fit into `Int`.
  @_lifetime(self: copy self)
  public mutating func readSize() throws(FormatError) -> Int {
    let start = offset
    guard let size = Int(exactly: try read(UInt64.self)) else {
      throw FormatError(ByteFault.overflow, at: start)
    }
    return size
  }

  /// Reads `count` bytes without copying them.
  @_lifetime(copy self)
  @_lifetime(self: copy self)
  public mutating func readBytes(_ count: Int) throws(FormatError) -> RawSpan {
    try require(count)
    defer { position += count }
    return bytes.extracting(position..<position + count)
  }

  /// Reads `count` bytes of UTF-8.
  @_lifetime(self: copy self)
  public mutating func readString(_ count: Int) throws(FormatError) -> String {
    let start = offset
    return try String(validating: try readBytes(count), at: start)
  }

  /// Moves past `count` bytes.
  @_lifetime(self: copy self)
  public mutating func skip(_ count: Int) throws(FormatError) {
    try require(count)
    position += count
  }

  private func require(_ count: Int) throws(FormatError) {
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
