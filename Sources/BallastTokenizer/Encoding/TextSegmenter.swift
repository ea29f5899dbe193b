/// A stretch of text without added tokens, or an added token.
enum TextSegment: Equatable {
  case text(Range<Int>)
  case token(Int32)
}

/// Cuts texts at the added tokens in them, as Hugging Face's `AddedVocabulary` does.
struct TextSegmenter: Sendable {
  private let first: TokenTrie
  private let second: TokenTrie

  /// A segmenter for added tokens with different contents.
  init(_ tokens: [AddedToken]) {
    first = TokenTrie(tokens.filter { !$0.style.isNormalized })
    second = TokenTrie(tokens.filter(\.style.isNormalized))
  }

  /// All added tokens.
  var tokens: [AddedToken] { first.tokens + second.tokens }

  /// How far from the end of a text that goes on it is open what is an added token, if special ones are text.
  ///
  /// A token that begins before that, and the character after it that may matter, are there whole; so is one of the
  /// first kind that may begin within one of the second.
  var lookAhead: Int {
    let longest = tokens.filter { !$0.style.isSpecial }.map(\.content.utf8.count).max()
    return longest.map { 2 * $0 + Self.longestCharacter } ?? 0
  }

  private static let longestCharacter = 4

  /// The segments of a text; special tokens remain text unless `parsingSpecial`.
  func segments(of text: Span<UInt8>, parsingSpecial: Bool) -> [TextSegment] {
    let whole = [TextSegment.text(0..<text.count)]
    let once = Self.cut(whole, of: text, at: first, parsingSpecial: parsingSpecial)
    return Self.cut(once, of: text, at: second, parsingSpecial: parsingSpecial)
  }

  private static func cut(
    _ segments: [TextSegment],
    of text: Span<UInt8>,
    at trie: TokenTrie,
    parsingSpecial: Bool
  ) -> [TextSegment] {
    if trie.isEmpty || trie.isSpecialOnly && !parsingSpecial { return segments }
    var result: [TextSegment] = []
    for segment in segments {
      guard case .text(let range) = segment else {
        result.append(segment)
        continue
      }
      var position = range.lowerBound
      var textStart = range.lowerBound
      while let match = trie.firstMatch(in: text, from: position, limit: range.upperBound) {
        position = match.range.upperBound
        let token = match.token
        if token.style.isSpecial, !parsingSpecial { continue }
        if token.style.isSingleWord, touchesWord(match.range, of: text, within: range) { continue }
        var start = match.range.lowerBound
        var end = match.range.upperBound
        if token.style.stripsLeft {
          start = max(textStart, startOfSpace(before: start, of: text, within: range))
        }
        if token.style.stripsRight { end = endOfSpace(from: end, of: text, within: range) }
        // White space that the token before swallowed may leave nothing of this one.
        guard start < end else { continue }
        if textStart < start { result.append(.text(textStart..<start)) }
        result.append(.token(token.id))
        textStart = end
      }
      if textStart < range.upperBound { result.append(.text(textStart..<range.upperBound)) }
    }
    return result
  }

  private static func touchesWord(
    _ match: Range<Int>,
    of text: Span<UInt8>,
    within range: Range<Int>
  ) -> Bool {
    let before = text.scalar(before: match.lowerBound, from: range.lowerBound)
    if let before, isWordCharacter(before.scalar) { return true }
    guard match.upperBound < range.upperBound,
      let after = text.scalar(at: match.upperBound, limit: range.upperBound)
    else { return false }
    return isWordCharacter(after.scalar)
  }

  /// `\w` as Unicode has it (UTS #18, annex C).
  private static func isWordCharacter(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    guard properties.isKnownToReference else { return false }
    if properties.isAlphabetic || properties.isJoinControl { return true }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation:
      return true
    default: return false
    }
  }

  private static func startOfSpace(
    before end: Int,
    of text: Span<UInt8>,
    within range: Range<Int>
  ) -> Int {
    var start = end
    while let (scalar, length) = text.scalar(before: start, from: range.lowerBound),
      scalar.properties.isWhitespace
    {
      start -= length
    }
    return start
  }

  private static func endOfSpace(
    from start: Int,
    of text: Span<UInt8>,
    within range: Range<Int>
  ) -> Int {
    var end = start
    while end < range.upperBound,
      let (scalar, length) = text.scalar(at: end, limit: range.upperBound),
      scalar.properties.isWhitespace
    {
      end += length
    }
    return end
  }
}
