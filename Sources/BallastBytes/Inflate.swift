import CZlib

/// Decompresses a raw deflate stream (RFC 1951) into exactly `byteCount` bytes.
///
/// The size is announced by the archive, so a stream that would grow past it is refused and memory
/// stays bounded. `offset` is the place of the stream in its file.
package func inflate(
  _ compressed: RawSpan,
  byteCount: Int,
  at offset: Int
) throws(FormatError) -> SharedBytes {
  try SharedBytes.filled(count: byteCount) { (output) throws(FormatError) in
    var stream = unsafe z_stream()
    // Negative window bits: raw deflate, without zlib's header.
    guard
      unsafe inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw FormatError(ByteFault.badCompression, at: offset) }
    defer { unsafe inflateEnd(&stream) }
    // Safe: zlib reads and writes within the two buffers, whose sizes it is told piece by piece.
    let (status, _, written) = unsafe compressed.withUnsafeBytes { input in
      unsafe output.withUnsafeMutableBytes { unsafe run(&stream, from: input, into: $0) }
    }
    guard status == Z_STREAM_END || status == Z_BUF_ERROR || status == Z_OK else {
      throw FormatError(ByteFault.badCompression, at: offset)
    }
    guard status == Z_STREAM_END, written == byteCount else {
      throw FormatError(ByteFault.wrongDecompressedSize(expected: byteCount), at: offset)
    }
  }
}

/// Feeds zlib, whose counters are 32 bits wide, with pieces of at most 1 GiB.
func run(
  _ stream: inout z_stream,
  from input: UnsafeRawBufferPointer,
  into output: UnsafeMutableRawBufferPointer
) -> (status: Int32, consumed: Int, written: Int) {
  let piece = 1 << 30
  var consumed = 0
  var written = 0
  var status = Z_OK
  // zlib wants an address even where nothing may be written.
  let nowhere = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
  defer { unsafe nowhere.deallocate() }
  while status == Z_OK {
    let available = min(piece, input.count - consumed)
    let room = min(piece, output.count - written)
    unsafe stream.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.advanced(by: consumed).assumingMemoryBound(to: UInt8.self)
    )
    unsafe stream.avail_in = UInt32(available)
    unsafe stream.next_out =
      output.baseAddress?.advanced(by: written).assumingMemoryBound(to: UInt8.self) ?? nowhere
    unsafe stream.avail_out = UInt32(room)
    status = unsafe inflate(&stream, Z_NO_FLUSH)
    unsafe consumed += available - Int(stream.avail_in)
    unsafe written += room - Int(stream.avail_out)
  }
  return (status, consumed, written)
}
