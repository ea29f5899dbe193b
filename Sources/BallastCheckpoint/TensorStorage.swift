public import BallastBytes

/// A run of bytes that one or more tensors view; two views of one storage are tied.
public final class TensorStorage: Sendable {
  /// The order of the bytes of a scalar.
  public enum ByteOrder: Sendable {
    case little
    case big
  }

  private enum Content {
    case bytes(ByteRegion)
    case computed(any ComputedElements)
  }

  private let content: Content
  /// The order of the bytes within a scalar.
  public let byteOrder: ByteOrder
  /// The file within a set of several, relative to the path that was opened.
  public let file: String?
  /// Where the bytes start in the file; nil where they were decompressed or are computed.
  public let fileOffset: Int?
  /// The most bytes that a view may unfold to, if those of the storage are fewer: with a stride of
  /// zero, or rows that overlap, a few bytes in a file can claim terabytes.
  package let maximumUnfoldedBytes: Int

  /// What views may unfold to, unless a reader was told otherwise.
  package static let maximumUnfoldedBytes = 1 << 30

  /// A storage over `region`.
  public convenience init(
    _ region: ByteRegion,
    byteOrder: ByteOrder = .little,
    file: String? = nil,
    fileOffset: Int?
  ) {
    self.init(
      region,
      byteOrder: byteOrder,
      file: file,
      fileOffset: fileOffset,
      maximumUnfoldedBytes: Self.maximumUnfoldedBytes
    )
  }

  /// A storage over `region` whose views may unfold further, or less far, than is usual.
  package init(
    _ region: ByteRegion,
    byteOrder: ByteOrder = .little,
    file: String? = nil,
    fileOffset: Int?,
    maximumUnfoldedBytes: Int
  ) {
    content = .bytes(region)
    self.byteOrder = byteOrder
    self.file = file
    self.fileOffset = fileOffset
    self.maximumUnfoldedBytes = maximumUnfoldedBytes
  }

  /// A storage of elements that are computed whenever they are read.
  package init(
    computing elements: any ComputedElements,
    file: String? = nil,
    maximumUnfoldedBytes: Int = TensorStorage.maximumUnfoldedBytes
  ) {
    content = .computed(elements)
    byteOrder = .little
    self.file = file
    fileOffset = nil
    self.maximumUnfoldedBytes = maximumUnfoldedBytes
  }

  /// The number of bytes.
  public var byteCount: Int {
    switch content {
    case .bytes(let region): region.count
    case .computed(let elements): elements.byteCount
    }
  }

  /// The number of bytes in the file that this storage comes from.
  var sourceByteCount: Int {
    switch content {
    case .bytes(let region): region.count
    case .computed(let elements): elements.sourceByteCount
    }
  }

  /// The elements that are computed, where this storage has no bytes of its own.
  var computed: (any ComputedElements)? {
    if case .computed(let elements) = content { elements } else { nil }
  }

  /// The bytes; those that are computed are computed now, all of them.
  package var region: ByteRegion {
    get throws(FormatError) {
      switch content {
      case .bytes(let region): region
      case .computed(let elements):
        ByteRegion(try SharedBytes.copying(elements.bytes(of: 0..<elements.count)))
      }
    }
  }
}
