/// A range of shared bytes, and the name of the file that they stand in.
public struct ByteRegion: Sendable {
  /// The bytes that this region is part of.
  public let source: SharedBytes
  /// The range within `source`.
  public let range: Range<Int>

  /// The whole of `source`.
  public init(_ source: SharedBytes) {
    self.source = source
    range = 0..<source.count
  }

  /// A range of `source`; throws `ByteFault.truncated` where the range reaches past its end.
  public init(_ source: SharedBytes, offset: Int, count: Int) throws(FormatError) {
    guard offset >= 0, count >= 0 else { throw FormatError(ByteFault.overflow, at: offset) }
    let end = try sum(offset, count, at: offset)
    guard end <= source.count else {
      throw FormatError(ByteFault.truncated(needed: end - source.count), at: offset)
    }
    self.source = source
    range = offset..<end
  }

  /// The number of bytes.
  public var count: Int { range.count }

  /// The bytes; they cannot outlive this value.
  public var bytes: RawSpan {
    @_lifetime(borrow self)
    get { source.bytes.extracting(range) }
  }
}
