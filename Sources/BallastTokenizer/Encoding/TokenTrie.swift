/// Finds the added tokens of a text: the leftmost one first, and of those the longest.
struct TokenTrie: Sendable {
  /// The longest content of an added token, in bytes: what a search at one place may cost.
  static let maximumLength = 1 << 10

  /// The bytes of all added tokens together, far above any real list: each may cost a node.
  static let maximumTotalLength = 1 << 20

  /// The tokens that it finds.
  let tokens: [AddedToken]
  private var children: [UInt64: Int] = [:]
  /// For each node, the index of the token that ends there.
  private var ends: [Int?] = [nil]
  private var isFirstByte = Array(repeating: false, count: 256)

  /// A trie of tokens with different contents; empty contents are never found.
  init(_ tokens: [AddedToken]) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() where !token.content.isEmpty {
      var node = 0
      for byte in token.content.utf8 {
        if node == 0 { isFirstByte[Int(byte)] = true }
        if let child = children[Self.key(node, byte)] {
          node = child
        } else {
          children[Self.key(node, byte)] = ends.count
          node = ends.count
          ends.append(nil)
        }
      }
      ends[node] = index
    }
  }

  /// Whether there is nothing to find.
  var isEmpty: Bool { ends.count == 1 }

  /// Whether all tokens are special.
  var isSpecialOnly: Bool { tokens.allSatisfy(\.style.isSpecial) }

  private static func key(_ node: Int, _ byte: UInt8) -> UInt64 {
    UInt64(node) << 8 | UInt64(byte)
  }

  /// The next token that starts at `start` or later and ends at `limit` or earlier.
  func firstMatch(
    in text: Span<UInt8>,
    from start: Int,
    limit: Int
  ) -> (token: AddedToken, range: Range<Int>)? {
    for position in start..<limit where isFirstByte[Int(text[position])] {
      if let (token, end) = longestMatch(in: text, at: position, limit: limit) {
        return (token, position..<end)
      }
    }
    return nil
  }

  private func longestMatch(
    in text: Span<UInt8>,
    at start: Int,
    limit: Int
  ) -> (token: AddedToken, end: Int)? {
    var node = 0
    var found: (token: AddedToken, end: Int)?
    for position in start..<limit {
      guard let child = children[Self.key(node, text[position])] else { break }
      node = child
      if let index = ends[node] { found = (tokens[index], position + 1) }
    }
    return found
  }
}
