package import BallastBytes

/// A checksum that a file states for a part of it.
///
/// Opening a file does not compute it: that would read all of it.
package struct StoredChecksum: Sendable {
  /// How it is computed.
  package enum Algorithm: Sendable {
    /// That of zip archives.
    case crc32
    /// Castagnoli's, that of TensorFlow's bundles.
    case crc32c
  }

  private let algorithm: Algorithm
  private let value: UInt32
  private let region: ByteRegion
  /// What the bytes are, in words: `member "data/0"`.
  package let subject: String
  /// The tensor that they are, where they are one's alone.
  package let tensor: String?
  /// The file within a set of several.
  package let file: String?

  package init(
    _ algorithm: Algorithm,
    _ value: UInt32,
    of region: ByteRegion,
    subject: String,
    tensor: String? = nil,
    file: String?
  ) {
    self.algorithm = algorithm
    self.value = value
    self.region = region
    self.subject = subject
    self.tensor = tensor
    self.file = file
  }

  /// Where the bytes start in the file.
  package var fileOffset: Int { region.range.lowerBound }

  /// The number of bytes that have it.
  package var byteCount: Int { region.count }

  /// The bytes are read in pieces of this size, whose pages are given back.
  private static let pieceBytes = 16 << 20

  /// Reads the bytes, and whether they have the checksum; throws where they cannot be read.
  package func holds() throws(FormatError) -> Bool {
    var found: UInt32 = 0
    for start in stride(from: 0, to: region.count, by: Self.pieceBytes) {
      let piece = start..<min(start + Self.pieceBytes, region.count)
      let base = region.range.lowerBound
      try region.source.populate(base + piece.lowerBound..<base + piece.upperBound)
      let bytes = region.bytes.extracting(piece)
      found =
        switch algorithm {
        case .crc32: crc32(of: bytes, continuing: found)
        case .crc32c: crc32c(of: bytes, continuing: found)
        }
      region.source.giveBack(base + piece.lowerBound..<base + piece.upperBound)
    }
    return found == value
  }
}
