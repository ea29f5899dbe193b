extension DType {
  /// A run of elements that share scales, and the bytes that it takes.
  public struct Block: Hashable, Sendable {
    /// The number of elements, consecutive along the last dimension.
    public let elements: Int
    /// The number of bytes.
    public let bytes: Int

    /// Whether a range of elements, or all of them, is made of whole blocks.
    func divides(_ range: Range<Int>?) -> Bool {
      guard let range else { return true }
      return range.lowerBound % elements == 0 && range.count % elements == 0
    }
  }

  /// How ggml groups the elements of this type, or nil where each stands for itself.
  public var block: Block? {
    switch self {
    case .q40: Block(elements: 32, bytes: 2 + 16)
    case .q41: Block(elements: 32, bytes: 2 + 2 + 16)
    case .q50: Block(elements: 32, bytes: 2 + 4 + 16)
    case .q51: Block(elements: 32, bytes: 2 + 2 + 4 + 16)
    case .q80: Block(elements: 32, bytes: 2 + 32)
    case .q2k: Block(elements: 256, bytes: 16 + 64 + 2 + 2)
    case .q3k: Block(elements: 256, bytes: 32 + 64 + 12 + 2)
    case .q4k: Block(elements: 256, bytes: 2 + 2 + 12 + 128)
    case .q5k: Block(elements: 256, bytes: 2 + 2 + 12 + 32 + 128)
    case .q6k: Block(elements: 256, bytes: 128 + 64 + 16 + 2)
    case .q8k: Block(elements: 256, bytes: 4 + 256 + 32)
    default: nil
    }
  }

  /// Whether safetensors has this type.
  package var isInSafetensors: Bool { self != .c32 && self != .c128 && block == nil }
}
