public import BallastBytes

/// A run of bytes that one or more tensors view; two views of one storage are tied.
public final class TensorStorage: Sendable {
  /// The order of the bytes of a scalar.
  public enum ByteOrder: Sendable {
    case little
    case big
  }

  /// The bytes.
  public let region: ByteRegion
  /// The order of the bytes within a scalar.
  public let byteOrder: ByteOrder
  /// The file within a set of several, relative to the path that was opened.
  public let file: String?
  /// Where the bytes start in the file; nil where they were decompressed.
  public let fileOffset: Int?
  /// The CRC-32C that the file states for these bytes; nothing but `check` computes it.
  public let crc32c: UInt32?

  /// A storage over `region`.
  public init(
    _ region: ByteRegion,
    byteOrder: ByteOrder = .little,
    file: String? = nil,
    fileOffset: Int?,
    crc32c: UInt32? = nil
  ) {
    self.region = region
    self.byteOrder = byteOrder
    self.file = file
    self.fileOffset = fileOffset
    self.crc32c = crc32c
  }
}
