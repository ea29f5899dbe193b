/// Cuts a text without added tokens into pieces whose tokens, one after the other, are those of the text.
///
/// It cuts before white space of ASCII that does not follow white space. Nothing changes by that:
///
/// - A word ends there. White space is in a word only at its start or among nothing but white space,
///   so that none contains a character that is no white space and then one that is.
/// - The words before do not change. The scanner looks from a word's start to its end and at the one
///   character after it. Where this is the white space at the cut, the end of the piece in its place
///   has the same effect: it ends a run of another class, and completes no contraction. A run of
///   white space does not reach the cut. A character is not cut in two, nor completed by what follows,
///   since a byte of ASCII is never part of a longer one.
/// - The words after do not change, since the scanner looks at nothing before a word's start; and the
///   tokens of a word depend on its bytes alone.
package enum TextCutter {
  /// The pieces of `text[range]`, each the shortest that is at least `length` bytes long.
  package static func pieces(
    of range: Range<Int>,
    in text: Span<UInt8>,
    length: Int
  ) -> [Range<Int>] {
    var pieces: [Range<Int>] = []
    var start = range.lowerBound
    while range.upperBound - start > length,
      let cut = (start + length..<range.upperBound).first(where: {
        isCut($0, in: text, from: start)
      })
    {
      pieces.append(start..<cut)
      start = cut
    }
    if start < range.upperBound { pieces.append(start..<range.upperBound) }
    return pieces
  }

  /// Whether a text may be cut before the byte at `position`; `start` is where its piece begins.
  static func isCut(_ position: Int, in text: Span<UInt8>, from start: Int) -> Bool {
    let byte = text[position]
    guard byte < 0x80, ScalarClass(ascii: byte) == .space, position > start else { return false }
    // Bytes that are not UTF-8 count as symbols.
    guard let (scalar, _) = text.scalar(before: position, from: start) else { return true }
    return ScalarClass(scalar) != .space
  }
}
