/// Finds added tokens in a text, the leftmost first and of those the longest.
struct AddedTokenMatcher: Sendable {
  /// A part of a text.
  enum Piece {
    case text(Range<Int>)
    case token(Int32)
  }

  private struct Edge: Hashable {
    var node: Int
    var byte: UInt8
  }

  private let tokens: [AddedToken]
  /// A trie of the tokens' bytes; node 0 is its root.
  private var children: [Edge: Int] = [:]
  /// For each node, the index of the token that ends there.
  private var endings: [Int?] = [nil]
  /// Which bytes a token starts with: nearly every position of a text is dismissed by this.
  private var isFirst = [Bool](repeating: false, count: 256)

  /// A matcher for these tokens, none of which is empty.
  init(_ tokens: [AddedToken]) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() {
      var node = 0
      for byte in token.content.utf8 {
        if node == 0 { isFirst[Int(byte)] = true }
        let edge = Edge(node: node, byte: byte)
        if let child = children[edge] {
          node = child
        } else {
          endings.append(nil)
          node = endings.count - 1
          children[edge] = node
        }
      }
      endings[node] = index
    }
  }

  /// Whether there is anything to look for.
  var isEmpty: Bool { tokens.isEmpty }

  /// Cuts the text in `range` at its added tokens.
  func pieces(of bytes: Span<UInt8>, in range: Range<Int>) -> [Piece] {
    var pieces: [Piece] = []
    var start = range.lowerBound
    var position = start
    while position < range.upperBound {
      guard let (token, end) = match(bytes, at: position, limit: range.upperBound) else {
        position += 1
        continue
      }
      let found = position..<end
      position = end
      if token.isSingleWord, touchesWord(found, in: range, of: bytes) { continue }
      var (lower, upper) = (found.lowerBound, found.upperBound)
      if token.takesSpaceBefore { lower = spaceStart(before: lower, downTo: start, in: bytes) }
      if token.takesSpaceAfter {
        upper = spaceEnd(after: upper, limit: range.upperBound, in: bytes)
      }
      if start < lower { pieces.append(.text(start..<lower)) }
      pieces.append(.token(token.id))
      start = upper
    }
    if start < range.upperBound { pieces.append(.text(start..<range.upperBound)) }
    return pieces
  }

  /// The longest token at a place, and its end.
  private func match(
    _ bytes: Span<UInt8>,
    at start: Int,
    limit: Int
  ) -> (token: AddedToken, end: Int)? {
    guard isFirst[Int(bytes[start])] else { return nil }
    var found: (AddedToken, Int)?
    var node = 0
    var position = start
    while position < limit, let child = children[Edge(node: node, byte: bytes[position])] {
      node = child
      position += 1
      if let index = endings[node] { found = (tokens[index], position) }
    }
    return found
  }

  private func touchesWord(
    _ found: Range<Int>,
    in range: Range<Int>,
    of bytes: Span<UInt8>
  ) -> Bool {
    let before = scalar(before: found.lowerBound, downTo: range.lowerBound, in: bytes)
    if let before, before.value.isWordCharacter { return true }
    guard found.upperBound < range.upperBound,
      case .scalar(let after, _) = UTF8Step(
        bytes,
        at: found.upperBound,
        limit: range.upperBound
      )
    else { return false }
    return after.isWordCharacter
  }

  private func spaceStart(before end: Int, downTo start: Int, in bytes: Span<UInt8>) -> Int {
    var position = end
    while let (scalar, place) = scalar(before: position, downTo: start, in: bytes),
      scalar.properties.isWhitespace
    {
      position = place
    }
    return position
  }

  private func spaceEnd(after start: Int, limit: Int, in bytes: Span<UInt8>) -> Int {
    var position = start
    while position < limit {
      let (scalarClass, length) = ScalarClass.read(bytes, at: position, limit: limit)
      guard scalarClass == .space else { break }
      position += length
    }
    return position
  }

  /// The character that ends at `end`, and where it starts.
  private func scalar(
    before end: Int,
    downTo start: Int,
    in bytes: Span<UInt8>
  ) -> (value: Unicode.Scalar, start: Int)? {
    for length in 1...4 where end - length >= start {
      if case .scalar(let scalar, length) = UTF8Step(bytes, at: end - length, limit: end) {
        return (scalar, end - length)
      }
    }
    return nil
  }
}

extension Unicode.Scalar {
  /// Whether this is what regular expressions call `\w` (UTS 18, annex C).
  fileprivate var isWordCharacter: Bool {
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    default: properties.isAlphabetic || properties.isJoinControl
    }
  }
}
