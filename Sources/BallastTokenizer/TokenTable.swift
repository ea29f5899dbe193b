/// The bytes of every token, by id; ids that stand for nothing are known as such.
struct TokenTable: Sendable {
  private var bytes: [UInt8] = []
  private var ranges: [Range<Int>?] = []

  /// The highest id and one.
  var size: Int { ranges.count }

  /// A table of tokens.
  init(_ tokens: some Collection<(id: Int32, bytes: [UInt8])>) {
    ranges = Array(repeating: nil, count: (tokens.map { Int($0.id) }.max() ?? -1) + 1)
    for token in tokens {
      let start = bytes.count
      bytes += token.bytes
      ranges[Int(token.id)] = start..<bytes.count
    }
  }

  /// The bytes of a token; nil where no token has this id.
  subscript(id: Int32) -> ArraySlice<UInt8>? {
    guard ranges.indices.contains(Int(id)), let range = ranges[Int(id)] else { return nil }
    return bytes[range]
  }
}
