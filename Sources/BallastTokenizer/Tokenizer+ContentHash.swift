import BallastBytes

extension Tokenizer {
  /// A hash of all that decides which tokens a text has, and of the token that ends a document.
  ///
  /// Equal for tokenizers that were read from different files with the same content. Made anew each time.
  package var contentHash: UInt64 {
    var hash = XXHash64()
    tokens.add(to: &hash)
    hash.update(merges.contentHash)
    for id in byteIDs { hash.update(id) }
    for token in segmenter.tokens.sorted(by: { $0.id < $1.id }) {
      let style = token.style
      hash.update(token.id)
      for flag in [
        style.isSpecial, style.isSingleWord, style.stripsLeft, style.stripsRight,
        style.isNormalized,
      ] {
        hash.update(flag ? UInt8(1) : 0)
      }
    }
    hash.update(endOfText ?? -1)
    for flag in [splitsWords, addsPrefixSpace, wholeWords != nil] {
      hash.update(flag ? UInt8(1) : 0)
    }
    return hash.value
  }
}
