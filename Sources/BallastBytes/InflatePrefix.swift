import CZlib

/// What stands around a deflate stream (RFC 1951).
package enum DeflateFormat: Sendable {
  /// Nothing, as in a zip archive.
  case raw
  /// zlib's header and checksum (RFC 1950); streams may follow one another.
  case zlib
  /// gzip's header and trailer (RFC 1952); members may follow one another.
  case gzip

  /// Streams that are followed, one after another, in one file.
  package static let maximumStreams = 1 << 16

  /// Where the deflate stream starts; nil where there is no header.
  ///
  /// Flags and checksums that Python does not look at are not looked at here either.
  func start(in bytes: RawSpan, at position: Int) -> Int? {
    var reader = ByteReader(bytes)
    do throws(FormatError) {
      try reader.seek(to: position)
      switch self {
      case .raw: return position == 0 ? 0 : nil
      case .zlib:
        let method = Int(try reader.read(UInt8.self))
        let flags = Int(try reader.read(UInt8.self))
        return method & 15 == 8 && (method << 8 | flags) % 31 == 0 ? reader.position : nil
      case .gzip:
        guard try reader.read(UInt16.self) == 0x8B1F, try reader.read(UInt8.self) == 8 else {
          return nil
        }
        let flags = try reader.read(UInt8.self)
        try reader.skip(6)
        if flags & 4 != 0 { try reader.skip(Int(try reader.read(UInt16.self))) }
        for flag in [8 as UInt8, 16] where flags & flag != 0 {
          while try reader.read(UInt8.self) != 0 {}
        }
        if flags & 2 != 0 { try reader.skip(2) }
        return reader.position
      }
    } catch {
      return nil
    }
  }

  /// The bytes after a stream.
  var trailerCount: Int {
    switch self {
    case .raw: 0
    case .zlib: 4
    case .gzip: 8
    }
  }
}

/// The start of what compressed bytes hold.
package struct InflatedPrefix: Sendable {
  /// Why there are no more bytes.
  package enum End: Sendable {
    /// All streams came to their ends, and nothing follows the last one.
    case whole
    /// There may be more of them than were asked for.
    case limit
    /// A stream ends before its end, or other decompressors may read on where zlib sees an error.
    case broken
    /// Something that is no stream follows the last one.
    case followed
  }

  /// At most as many bytes as were asked for.
  package let region: ByteRegion
  /// Whether there are more streams than are followed.
  package let hasTooManyStreams: Bool
  package let end: End
  /// How many compressed bytes were read for it: many more than it has where blocks and streams are empty.
  package let consumed: Int
}

/// Decompresses the start of deflate streams: at most `limit` bytes, and as many as can be had.
///
/// Memory is taken as it is filled, not for the limit: a few bytes of a file may be tried a thousand times.
/// Damaged and unfinished streams give what stands before the damage, and are said to be broken.
package func inflatePrefix(
  _ compressed: RawSpan,
  as format: DeflateFormat = .raw,
  limit: Int
) throws(FormatError) -> InflatedPrefix {
  // Safe: zlib keeps the address of its state, which stays where it is until both are given back, in turn.
  let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  unsafe stream.initialize(to: z_stream())
  defer { unsafe stream.deallocate() }
  guard
    unsafe inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
  else { throw FormatError(ByteFault.badCompression) }
  defer { unsafe inflateEnd(stream) }
  var streams = 0
  var consumed = 0
  var hasMore = false
  var end = InflatedPrefix.End.whole
  // Where the next stream would start, and where the one that is being read goes on.
  var position = 0
  var place: Int?
  let bytes = try SharedBytes.growing(limit: limit) { output, count in
    while let start = place ?? format.start(in: compressed, at: position) {
      if place == nil {
        guard count < limit else {
          end = .limit
          return .complete
        }
        guard streams < DeflateFormat.maximumStreams else {
          hasMore = true
          return .complete
        }
        streams += 1
        unsafe inflateReset(stream)
      }
      // Safe: zlib reads and writes within the rests of the two buffers, whose sizes it is told.
      let (status, read, written) = unsafe compressed.withUnsafeBytes { input in
        unsafe output.withUnsafeMutableBytes {
          unsafe run(
            &stream.pointee,
            from: UnsafeRawBufferPointer(rebasing: input[start...]),
            into: UnsafeMutableRawBufferPointer(rebasing: $0[count...])
          )
        }
      }
      count += written
      consumed = start + read
      place = consumed
      guard status == Z_STREAM_END else {
        if count == output.byteCount, count < limit { return .needsRoom }
        end = count < limit ? .broken : .limit
        return .complete
      }
      place = nil
      position = min(consumed + format.trailerCount, compressed.byteCount)
      // Python skips zeros between the members of a gzip file.
      let span = Span<UInt8>(_bytes: compressed)
      while case .gzip = format, position < span.count, span[position] == 0 { position += 1 }
    }
    return .complete
  }
  if case .whole = end, position < compressed.byteCount {
    end = .followed
    // In a header, a name that does not end was looked for to the end.
    let span = Span<UInt8>(_bytes: compressed)
    if case .gzip = format, !hasMore, span[position] == 0x1F { consumed = compressed.byteCount }
  }
  return InflatedPrefix(
    region: ByteRegion(bytes),
    hasTooManyStreams: hasMore,
    end: end,
    consumed: consumed
  )
}
