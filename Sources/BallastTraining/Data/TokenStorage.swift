package import BallastBytes

/// Tokens that lie one after the other, in memory or in a mapped file.
///
/// A token of a prompt, which is not to be learned, is *marked*: in its place stands `~id`, which is negative.
package struct TokenStorage: Sendable {
  /// How a file holds tokens; little-endian.
  package enum Encoding: UInt32, Sendable {
    /// Ids in 16 bits, none marked.
    case uint16 = 2
    /// Ids in 32 bits, none marked.
    case uint32 = 4
    /// Ids or marks in 32 bits with a sign.
    case marked = 5

    /// The bytes of a token.
    package var byteWidth: Int { self == .uint16 ? 2 : 4 }
  }

  private enum Content: Sendable {
    case memory([Int32])
    case file(ByteRegion, Encoding)
  }

  private let content: Content

  /// The number of tokens that are read, checked or written at once: 4 MiB in memory.
  package static let pieceCount = 1 << 20

  /// Tokens in memory, which may be marked.
  package init(_ tokens: [Int32]) {
    content = .memory(tokens)
  }

  /// The tokens that a region of a file holds; bytes at its end that are no whole token are left out.
  package init(_ region: ByteRegion, _ encoding: Encoding) {
    content = .file(region, encoding)
  }

  /// The number of tokens.
  package var count: Int {
    switch content {
    case .memory(let tokens): tokens.count
    case .file(let region, let encoding): region.count / encoding.byteWidth
    }
  }

  /// Whether tokens may be marked.
  package var mayBeMarked: Bool {
    switch content {
    case .memory: true
    case .file(_, let encoding): encoding == .marked
    }
  }

  /// Appends the tokens of a range, which must lie within the storage.
  package func append(_ range: Range<Int>, to tokens: inout [Int32]) {
    switch content {
    case .memory(let all): tokens += all[range]
    case .file(let region, let encoding):
      let width = encoding.byteWidth
      let part = region.bytes.extracting(width * range.lowerBound..<width * range.upperBound)
      if encoding == .uint16 {
        part.appendUInt16s(to: &tokens)
      } else {
        part.appendInt32s(to: &tokens)
      }
    }
  }

  /// Where a token stands in its file; nil in memory.
  package func offset(of token: Int) -> Int? {
    guard case .file(let region, let encoding) = content else { return nil }
    return region.range.lowerBound + token * encoding.byteWidth
  }

  /// Calls `body` with all tokens, piece by piece, and gives back the pages that were read.
  ///
  /// Throws `ByteFault.unreadable` where the file has become shorter, and what `body` throws.
  package func forEachPiece(
    _ body: ([Int32], _ start: Int) throws(FormatError) -> Void
  ) throws(FormatError) {
    var piece: [Int32] = []
    piece.reserveCapacity(min(count, Self.pieceCount))
    var start = 0
    while start < count {
      let end = min(count, start + Self.pieceCount)
      piece.removeAll(keepingCapacity: true)
      let bytes = bytes(of: start..<end)
      if let bytes { try bytes.source.populate(bytes.range) }
      append(start..<end, to: &piece)
      if let bytes { bytes.source.giveBack(bytes.range) }
      try body(piece, start)
      start = end
    }
  }

  /// Lets go of the pages of a file that have been read; they come back when they are read again.
  package func giveBack() {
    guard case .file(let region, _) = content else { return }
    region.source.giveBack(region.range)
  }

  private func bytes(of range: Range<Int>) -> (source: SharedBytes, range: Range<Int>)? {
    guard case .file(let region, let encoding) = content else { return nil }
    let start = region.range.lowerBound
    let width = encoding.byteWidth
    return (region.source, start + width * range.lowerBound..<start + width * range.upperBound)
  }
}
