package import BallastBytes

/// Tokens that were looked at once: all are in the vocabulary, and it is known where documents end.
package struct ScannedTokens: Sendable {
  /// The tokens.
  package let storage: TokenStorage
  /// Where each document ends: behind its end-of-text token, and the last one at the end.
  ///
  /// Of very many documents neighbours are taken together, so that a file cannot make this list long.
  package private(set) var ends: [Int] = []
  /// The XXH64 of all tokens as 32-bit numbers, prompts marked, wherever they lie.
  package let hash: UInt64

  /// The documents of one storage that are kept apart; as many more would take 50 MB more in a run.
  package static let maximumDocuments = 1 << 20

  /// Looks at all tokens, piece by piece.
  ///
  /// A document ends with `endOfText`, which a mark never is; without it all tokens are one. End-of-text tokens that
  /// follow one another end one document, and those at the start belong to the first. Throws
  /// `TrainingDataFault.tokenOutOfRange`, with its place, for a token that is not in a vocabulary of that size.
  /// `progress` gets the number of tokens that are done, and may throw to give up.
  package init(
    _ storage: TokenStorage,
    endOfText: Int32?,
    vocabularySize: Int,
    maximumDocuments: Int = Self.maximumDocuments,
    progress: (_ done: Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) {
    self.storage = storage
    // No token is the smallest number: as a mark it would stand for an id beyond any vocabulary.
    let endOfText = endOfText ?? .min
    let mayBeMarked = storage.mayBeMarked
    var ends: [Int] = []
    var hash = XXHash64()
    // How many documents are taken together, and how many of those that come next are there.
    var (group, gathered) = (1, 0)
    var (hasText, hasEnded) = (false, false)
    try storage.forEachPiece { (piece, start) throws(FormatError) in
      try progress(start)
      let tokens = piece.span
      hash.update(tokens.bytes)
      for index in tokens.indices {
        let token = tokens[index]
        let id = token < 0 && mayBeMarked ? ~token : token
        guard id >= 0, id < vocabularySize else {
          throw FormatError(
            TrainingDataFault.tokenOutOfRange(
              Int(UInt32(bitPattern: id)),
              vocabularySize: vocabularySize
            ),
            at: storage.offset(of: start + index)
          )
        }
        guard token != endOfText else {
          hasEnded = hasText
          continue
        }
        hasText = true
        guard hasEnded else { continue }
        hasEnded = false
        gathered += 1
        guard gathered == group else { continue }
        gathered = 0
        ends.append(start + index)
        guard ends.count == maximumDocuments else { continue }
        ends = stride(from: 1, to: ends.count, by: 2).map { ends[$0] }
        group *= 2
      }
    }
    try progress(storage.count)
    if storage.count > 0 { ends.append(storage.count) }
    self.ends = ends
    self.hash = hash.value
  }

  /// Tokens whose documents are known, the last one ending with the last token.
  ///
  /// Throws `TrainingDataFault.tokenOutOfRange` for a token that is not in the vocabulary.
  package init(
    _ tokens: [Int32],
    ends: [Int],
    vocabularySize: Int
  ) throws(FormatError) {
    try self.init(TokenStorage(tokens), endOfText: nil, vocabularySize: vocabularySize)
    self.ends = ends
  }
}
