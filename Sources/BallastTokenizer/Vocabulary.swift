import BallastBytes

/// A checked vocabulary in the form that encoding and decoding use.
struct Vocabulary: Sendable {
  /// The bytes of every token, added tokens included.
  let tokens: TokenTable
  /// Merges the bytes of a piece of text.
  let merger: BytePairMerger

  /// Builds the tables; throws where the vocabulary lacks a byte, or a token that a merge needs.
  init(_ definition: TokenizerDefinition) throws(FormatError) {
    let added = Set(definition.addedTokens.map(\.id))
    let plain = definition.ids.filter { !added.contains($0.value) }
      .map { (id: $0.value, bytes: ByteAlphabet.bytes(of: $0.key.string)) }
    tokens = TokenTable(
      plain + definition.addedTokens.map { (id: $0.id, bytes: Array($0.content.utf8)) }
    )
    merger = BytePairMerger(
      byteTokens: try Self.byteTokens(definition),
      merges: try Self.merges(definition)
    )
  }

  private static func byteTokens(_ definition: TokenizerDefinition) throws(FormatError) -> [Int32] {
    var byteTokens: [Int32] = []
    for byte in 0...UInt8.max {
      let token = ExactString(String(Character(ByteAlphabet.scalar(of: byte))))
      guard let id = definition.ids[token] else {
        throw FormatError(TokenizerFault.missingByte(byte), in: definition.vocabularyFile)
      }
      byteTokens.append(id)
    }
    return byteTokens
  }

  private static func merges(_ definition: TokenizerDefinition) throws(FormatError) -> MergeTable {
    var table = MergeTable(count: definition.merges.count)
    for (rank, merge) in definition.merges.enumerated() {
      var ids: [Int32] = []
      for token in [merge.left, merge.right, merge.left + merge.right] {
        guard let id = definition.ids[ExactString(token)] else {
          throw FormatError(
            TokenizerFault.unknownMergeToken(token),
            at: merge.offset,
            in: definition.mergesFile
          )
        }
        ids.append(id)
      }
      table.insert(ids[0], ids[1], rank: Int32(clamping: rank), result: ids[2])
    }
    return table
  }
}
