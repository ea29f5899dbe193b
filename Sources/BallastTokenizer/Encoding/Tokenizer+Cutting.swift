extension Tokenizer {
  /// The last place at which a text that goes on can be cut without a change to its tokens.
  ///
  /// The tokens of what stands before it, then those of what stands after it and comes next, are those of the whole,
  /// whatever comes next. Special tokens are read as text. Nil where there is no such place, as in a single word.
  package func lastCut(of text: Span<UInt8>) -> Int? {
    guard splitsWords else { return nil }
    // Nearer to the end an added token might begin that what comes next completes.
    let end = text.count - segmenter.lookAhead
    for segment in segmenter.segments(of: text, parsingSpecial: false).reversed() {
      guard case .text(let range) = segment else { continue }
      var position = min(range.upperBound, end) - 1
      while position > range.lowerBound {
        // A space is put before a text that begins with other white space.
        if !addsPrefixSpace || text[position] == UInt8(ascii: " "),
          TextCutter.isCut(position, in: text, from: range.lowerBound)
        {
          return position
        }
        position -= 1
      }
    }
    return nil
  }
}
