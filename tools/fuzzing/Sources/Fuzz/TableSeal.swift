import BallastBytes
import Glibc

/// Gives the blocks of a mutated table checksums that are right.
///
/// A table of one data block is data, metaindex, index, footer; each block has five more bytes, its
/// compression and the checksum.
enum TableSeal {
  private static let footerBytes = 48
  private static let trailerBytes = 5

  /// Where a bundle of one file of data would stand; the file is made.
  static let path: String = {
    let prefix = "/tmp/ballast-fuzz-\(getpid())"
    let descriptor = open(prefix + ".data-00000-of-00001", O_WRONLY | O_CREAT, 0o600)
    ftruncate(descriptor, 1 << 16)
    close(descriptor)
    return prefix + ".index"
  }()

  static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= footerBytes else { return bytes }
    var bytes = bytes
    var place = bytes.count - footerBytes
    func number() -> Int? {
      var value = 0
      for shift in stride(from: 0, to: 28, by: 7) where place < bytes.count {
        let byte = bytes[place]
        place += 1
        value |= Int(byte & 0x7F) << shift
        if byte < 0x80 { return value }
      }
      return nil
    }
    guard let metaindex = number(), let metaindexCount = number(), let index = number(),
      let indexCount = number()
    else { return bytes }
    for block in [
      (0, metaindex - trailerBytes), (metaindex, metaindexCount), (index, indexCount),
    ] {
      seal(&bytes, offset: block.0, count: block.1)
    }
    return bytes
  }

  private static func seal(_ bytes: inout [UInt8], offset: Int, count: Int) {
    guard count >= 0, offset + count + trailerBytes <= bytes.count else { return }
    let end = offset + count
    let crc = crc32c(of: bytes.span.bytesOfBytes.extracting(offset..<end + 1))
    let masked = (crc >> 15 | crc << 17) &+ 0xA282_EAD8
    for (position, byte) in littleEndianBytes(of: masked).enumerated() {
      bytes[end + 1 + position] = byte
    }
  }
}
