/// Tokens on their way into an array: a small block that stays in the processor's cache.
///
/// Four tokens are written at once, of which the next ones may overwrite some: appending to the array
/// itself would ask for its capacity and its owner each time.
struct TokenBuffer: ~Copyable, Sendable {
  private static let size = 1 << 11
  /// The room that is kept: more than nine words of up to 15 bytes take, each at most a token a byte.
  private static let room = 256
  private var block = InlineArray<2048, Int32>(repeating: 0)
  private var count = 0

  /// Whether there is room for the words that are cut off at a time (8), and one more.
  @inline(__always)
  var hasRoom: Bool { count <= Self.size - Self.room }

  /// Appends the first `newCount` of four tokens.
  @inline(__always)
  mutating func append(_ ids: SIMD4<Int32>, count newCount: Int) {
    let offset = count * MemoryLayout<Int32>.stride
    var span = block.mutableSpan
    var bytes = span.mutableBytes
    bytes.storeBytes(of: ids, toByteOffset: offset, as: SIMD4<Int32>.self)
    count += newCount
  }

  /// Appends a token.
  mutating func append(_ id: Int32) {
    block[count] = id
    count += 1
  }

  /// Moves all tokens to the end of an array.
  mutating func flush(into ids: inout [Int32]) {
    let span = block.span
    for index in 0..<count { ids.append(span[index]) }
    count = 0
  }
}
