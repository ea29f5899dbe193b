/// Encodes one short word: of all pairs, the one whose merge is earliest is merged, again and again.
///
/// To look at all pairs of a short word is quicker than to keep them in order, as `WordMerger` does.
struct ShortWordMerger: Sendable {
  /// The most bytes of a word: the steps grow with their square.
  static let maximumLength = 32

  /// A token, and what it and its successor become.
  private struct Part {
    var id: Int32 = 0
    var merge = MergeTable.PackedMerge.none
  }

  private var parts = Array(repeating: Part(), count: maximumLength)

  /// Encodes `text[word]`, which has 1 to `maximumLength` bytes; returns the number of its tokens.
  mutating func encode(_ word: Range<Int>, of text: Span<UInt8>, with tokenizer: Tokenizer) -> Int {
    var parts = parts.mutableSpan
    if let id = tokenizer.wholeWordID(word, of: text) {
      parts[0].id = id
      return 1
    }
    var next = Int(text[word.lowerBound])
    for index in 0..<word.count - 1 {
      let byte = next
      next = Int(text[word.lowerBound + index + 1])
      parts[index] = Part(id: tokenizer.byteIDs[byte], merge: tokenizer.bytePairs[byte << 8 | next])
    }
    parts[word.count - 1].id = tokenizer.byteIDs[next]
    return Self.merge(&parts, count: word.count, tokenizer.merges)
  }

  /// A token of the word that was encoded last.
  @inline(__always)
  func token(at index: Int) -> Int32 { parts[index].id }

  /// Merges what can be of the first `count` tokens, whose merges are known, and returns how many are left.
  private static func merge(
    _ parts: inout MutableSpan<Part>,
    count: Int,
    _ merges: borrowing MergeTable
  ) -> Int {
    var count = count
    while true {
      var best = MergeTable.PackedMerge.none
      var place = 0
      // The leftmost of equals.
      for index in 0..<count - 1 where parts[index].merge < best {
        best = parts[index].merge
        place = index
      }
      guard best != .none else { return count }
      count -= 1
      for index in place..<count { parts[index] = parts[index + 1] }
      parts[place].id = best.id
      if place > 0 { consider(place - 1, of: &parts, merges) }
      if place < count - 1 { consider(place, of: &parts, merges) }
    }
  }

  /// Notes the merge of a token and its successor.
  @inline(__always)
  private static func consider(
    _ index: Int,
    of parts: inout MutableSpan<Part>,
    _ merges: borrowing MergeTable
  ) {
    parts[index].merge = MergeTable.PackedMerge(merges[parts[index].id, parts[index + 1].id])
  }
}
