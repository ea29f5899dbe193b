/// The bytes of every token.
struct TokenBytes: Sendable {
  private var bytes: [UInt8] = []
  /// For each id its range within `bytes`; nil where no token has that id.
  private var ranges: [Range<Int>?] = []

  /// The largest id plus 1.
  var count: Int { ranges.count }

  /// The bytes of a token, or nil where there is no such token.
  subscript(id: Int32) -> ArraySlice<UInt8>? {
    guard id >= 0, Int(id) < ranges.count, let range = ranges[Int(id)] else { return nil }
    return bytes[range]
  }

  /// Gives an id that is not negative its bytes.
  mutating func append(_ newBytes: some Collection<UInt8>, as id: Int32) {
    let start = bytes.count
    bytes.append(contentsOf: newBytes)
    if Int(id) >= ranges.count {
      ranges.append(contentsOf: repeatElement(nil, count: Int(id) + 1 - ranges.count))
    }
    ranges[Int(id)] = start..<bytes.count
  }
}
