import BallastBytes

/// Reads `merges.txt` and `vocab.bpe`: a version line, then two tokens with a space in each line.
///
///     #version: 0.2
///     Ġ t
///     Ġ a
///     h e
enum MergeList {
  /// The merges, in order.
  ///
  /// Throws `TokenizerFault.badMerge`, or `ByteFault.invalidUTF8`.
  static func parse(_ bytes: RawSpan) throws(FormatError) -> [TokenizerDescription.Merge] {
    let text = Span<UInt8>(_bytes: bytes)
    var merges: [TokenizerDescription.Merge] = []
    var start = 0
    while start < text.count {
      let line = line(from: start, of: text)
      if let merge = try merge(line.content, of: text) { merges.append(merge) }
      start = line.next
    }
    return merges
  }

  /// Whether the first line is one of a list of merges.
  static func isRecognized(_ bytes: RawSpan) -> Bool {
    let text = Span<UInt8>(_bytes: bytes)
    let first = line(from: 0, of: text).content
    if starts(first, of: text, with: version) { return true }
    guard let merge = try? merge(first, of: text) else { return false }
    return !merge.left.isEmpty
  }

  private static let version: StaticString = "#version"

  private static func line(
    from start: Int,
    of text: Span<UInt8>
  ) -> (content: Range<Int>, next: Int) {
    var end = start
    while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
    let isTwoByteEnding = end > start && text[end - 1] == UInt8(ascii: "\r")
    return (start..<(isTwoByteEnding ? end - 1 : end), end + 1)
  }

  private static func starts(
    _ line: Range<Int>,
    of text: Span<UInt8>,
    with prefix: StaticString
  ) -> Bool {
    // Nearly every line of thousands is told by its first byte.
    guard line.count >= prefix.utf8CodeUnitCount, let first = prefix.description.utf8.first,
      text[line.lowerBound] == first
    else { return false }
    return zip(line, prefix.description.utf8).allSatisfy { text[$0] == $1 }
  }

  /// The merge in a line, or nil for an empty line and for the version.
  private static func merge(
    _ line: Range<Int>,
    of text: Span<UInt8>
  ) throws(FormatError) -> TokenizerDescription.Merge? {
    if line.isEmpty || starts(line, of: text, with: version) { return nil }
    func isSpace(_ position: Int) -> Bool { text[position] == UInt8(ascii: " ") }
    guard let space = line.first(where: isSpace), space > line.lowerBound,
      space + 1 < line.upperBound, !(space + 1..<line.upperBound).contains(where: isSpace)
    else { throw FormatError(TokenizerFault.badMerge, at: line.lowerBound) }
    return TokenizerDescription.Merge(
      left: try string(line.lowerBound..<space, of: text),
      right: try string(space + 1..<line.upperBound, of: text),
      offset: line.lowerBound
    )
  }

  private static func string(
    _ range: Range<Int>,
    of text: Span<UInt8>
  ) throws(FormatError) -> String {
    do {
      return String(copying: try UTF8Span(validating: text.extracting(range)))
    } catch {
      throw FormatError(ByteFault.invalidUTF8, at: range.lowerBound)
    }
  }
}
