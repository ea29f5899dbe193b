import CZlib

/// The CRC-32 of zip and gzip.
package func crc32(of bytes: RawSpan) -> UInt32 {
  // Safe: zlib reads `count` bytes from `baseAddress` and keeps neither.
  unsafe bytes.withUnsafeBytes { buffer in
    unsafe UInt32(crc32_z(0, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.count))
  }
}
