import BallastBytes

/// A tokenizer's description, checked and turned into tables.
struct VocabularyIndex {
  private(set) var tokens = TokenBytes()
  private(set) var byteIDs: [Int32] = []
  private(set) var merges: MergeTable
  private(set) var addedTokens: [AddedToken] = []
  private var ids: [ExactString: Int32] = [:]

  /// Checks a description.
  ///
  /// Throws `TokenizerFault`.
  init(_ description: TokenizerDescription) throws(FormatError) {
    merges = MergeTable(capacity: description.merges.count)
    ids.reserveCapacity(description.vocabulary.count)
    for (token, id) in description.vocabulary {
      do {
        try insert(token, id, bytes: ByteAlphabet.bytes(of: token))
      } catch {
        throw error.inFile(description.vocabularyFile)
      }
    }
    for character in ByteAlphabet.characters {
      guard let id = self.id(of: String(character)) else {
        let byte = UInt8(byteIDs.count)
        throw FormatError(TokenizerFault.missingByte(byte), in: description.vocabularyFile)
      }
      byteIDs.append(id)
    }
    for (rank, merge) in description.merges.enumerated() {
      do {
        try insert(merge, rank: Int32(rank))
      } catch {
        throw error.inFile(description.mergesFile)
      }
    }
    try add(description)
  }

  /// The id of a token as it is written in the vocabulary.
  func id(of token: String) -> Int32? { ids[ExactString(token)] }

  /// The ids of all tokens by their bytes.
  var idsByBytes: [ArraySlice<UInt8>: Int32] {
    Dictionary(
      ids.values.compactMap { id in tokens[id].map { ($0, id) } },
      uniquingKeysWith: { min($0, $1) }
    )
  }

  private mutating func insert(
    _ token: String,
    _ id: Int32,
    bytes: some Collection<UInt8>
  ) throws(FormatError) {
    if tokens[id] != nil {
      let other = ids.first { $0.value == id }?.key.string ?? ""
      throw FormatError(TokenizerFault.duplicateID(Int(id), other, token))
    }
    guard ids.updateValue(id, forKey: ExactString(token)) == nil else {
      throw FormatError(TokenizerFault.duplicateToken(token))
    }
    tokens.append(bytes, as: id)
  }

  private mutating func insert(
    _ merge: TokenizerDescription.Merge,
    rank: Int32
  ) throws(FormatError) {
    func known(_ token: String) throws(FormatError) -> Int32 {
      guard let id = id(of: token) else {
        throw FormatError(TokenizerFault.mergeOfUnknownToken(token), at: merge.offset)
      }
      return id
    }
    let left = try known(merge.left)
    let right = try known(merge.right)
    merges[left, right] = .init(rank: rank, id: try known(merge.left + merge.right))
  }

  private mutating func add(_ description: TokenizerDescription) throws(FormatError) {
    var places: [Int32: Int] = [:]
    var totalLength = 0
    for (token, file) in description.addedTokens {
      let length = token.content.utf8.count
      totalLength += length
      guard length <= TokenTrie.maximumLength else {
        let fault = TokenizerFault.addedTokenTooLong(limit: TokenTrie.maximumLength)
        throw FormatError(fault, in: file)
      }
      guard totalLength <= TokenTrie.maximumTotalLength else {
        let fault = TokenizerFault.tooManyAddedTokens(limit: TokenTrie.maximumTotalLength)
        throw FormatError(fault, in: file)
      }
      if let known = id(of: token.content) {
        guard known == token.id else {
          throw FormatError(TokenizerFault.duplicateToken(token.content), in: file)
        }
      } else {
        do {
          try insert(token.content, token.id, bytes: token.content.utf8)
        } catch {
          throw error.inFile(file)
        }
      }
      // A later file knows better how a token is found.
      if let place = places[token.id] {
        addedTokens[place] = token
      } else {
        places[token.id] = addedTokens.count
        addedTokens.append(token)
      }
    }
    // GPT-2's tokenizer treats the last one as special without being told.
    let endOfText = TokenizerDescription.endOfTextName
    for (content, style) in description.namedTokens + [(endOfText, .special)] {
      guard let id = id(of: content), places[id] == nil else { continue }
      places[id] = addedTokens.count
      addedTokens.append(AddedToken(content: content, id: id, style: style))
    }
  }
}
