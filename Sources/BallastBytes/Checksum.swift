import CZlib

/// The CRC-32 of zip and gzip; `checksum` is that of the bytes before, where there are some.
package func crc32(of bytes: RawSpan, continuing checksum: UInt32 = 0) -> UInt32 {
  // Safe: zlib reads `count` bytes from `baseAddress` and keeps neither.
  unsafe bytes.withUnsafeBytes { buffer in
    guard let base = buffer.baseAddress else { return checksum }
    return unsafe UInt32(
      crc32_z(UInt(checksum), base.assumingMemoryBound(to: UInt8.self), buffer.count)
    )
  }
}
