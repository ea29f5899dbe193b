extension Tokenizer {
  /// The token ids of a text.
  public func encode(_ text: String, specialTokens: SpecialTokens = .asText) -> [Int32] {
    encode(bytes: text.utf8, specialTokens: specialTokens)
  }

  /// The token ids of bytes, which need not be UTF-8: decoding gives them back in any case.
  ///
  /// The exceptions are tokenizers whose files say so: a space is put before the text
  /// (`add_prefix_space`), or an added token takes the white space around it (`lstrip`, `rstrip`).
  public func encode(
    bytes: some Collection<UInt8>,
    specialTokens: SpecialTokens = .asText
  ) -> [Int32] {
    let bytes = Array(bytes)
    var ids: [Int32] = []
    // Prose has some four bytes a token.
    ids.reserveCapacity(bytes.count / 4 + 1)
    let matchers = specialTokens == .parsed ? parsedMatchers : textMatchers
    append(bytes.span, bytes.indices, matchers: matchers[...], to: &ids)
    return ids
  }

  private func append(
    _ bytes: Span<UInt8>,
    _ range: Range<Int>,
    matchers: ArraySlice<AddedTokenMatcher>,
    to ids: inout [Int32]
  ) {
    guard let matcher = matchers.first else { return appendText(bytes, range, to: &ids) }
    for piece in matcher.pieces(of: bytes, in: range) {
      switch piece {
      case .token(let id): ids.append(id)
      case .text(let range): append(bytes, range, matchers: matchers.dropFirst(), to: &ids)
      }
    }
  }

  private func appendText(_ bytes: Span<UInt8>, _ range: Range<Int>, to ids: inout [Int32]) {
    guard let first = range.first else { return }
    if addsPrefixSpace, bytes[first] != 0x20 {
      let prefixed = [0x20] + range.map { bytes[$0] }
      appendPieces(prefixed.span, prefixed.indices, to: &ids)
    } else {
      appendPieces(bytes, range, to: &ids)
    }
  }

  private func appendPieces(_ bytes: Span<UInt8>, _ range: Range<Int>, to ids: inout [Int32]) {
    var position = range.lowerBound
    while position < range.upperBound {
      let end = PreTokenizer.end(ofPieceAt: position, in: bytes, limit: range.upperBound)
      vocabulary.merger.append(position..<end, of: bytes, to: &ids)
      position = end
    }
  }
}
