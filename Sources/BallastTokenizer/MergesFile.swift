import BallastBytes

extension TokenizerDefinition {
  /// Reads merges.txt or vocab.bpe: a line "#version: …", then two tokens a line, a space between.
  mutating func readMerges(_ bytes: RawSpan) throws(FormatError) {
    var start = 0
    while start < bytes.byteCount {
      var end = start
      while end < bytes.byteCount, bytes.byte(end) != UInt8(ascii: "\n") { end += 1 }
      var last = end
      if last > start, bytes.byte(last - 1) == UInt8(ascii: "\r") { last -= 1 }
      let line = try String(validating: bytes.extracting(start..<last), at: start)
      if !line.isEmpty, !line.utf8.starts(with: "#version".utf8) {
        guard let (left, right) = Self.tokens(of: line) else {
          throw FormatError(TokenizerFault.malformedMerge, at: start)
        }
        merges.append(Merge(left: left, right: right, offset: start))
      }
      start = end + 1
    }
  }

  /// The two tokens of a merge that is written with one space between them.
  static func tokens(of merge: String) -> (left: String, right: String)? {
    let parts = merge.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
    return (String(Substring(parts[0])), String(Substring(parts[1])))
  }
}

extension RawSpan {
  /// The byte at an index that is below the count.
  fileprivate func byte(_ index: Int) -> UInt8 {
    unsafeLoad(fromByteOffset: index, as: UInt8.self)
  }
}
