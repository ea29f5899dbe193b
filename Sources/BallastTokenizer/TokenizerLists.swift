package import BallastBytes

/// A byte-level BPE as plain lists, which is how GGUF keeps one.
package struct TokenizerLists: Hashable, Sendable {
  /// What a token is for.
  package enum Role: Sendable {
    /// Made of bytes, and written in the alphabet of bytes.
    case text
    /// Found as a whole before a text is cut into words.
    case added
    /// Such a token that belongs to the model's control, as `<|endoftext|>` does.
    case control
  }

  /// A token and its role.
  package struct Token: Hashable, Sendable {
    package let text: String
    package let role: Role

    package init(_ text: String, _ role: Role) {
      self.text = text
      self.role = role
    }
  }

  /// The tokens by id; nil where an id stands for none.
  package var tokens: [Token?]
  /// The merges, the most urgent first: two tokens with a space between them.
  package var merges: [String]
  /// The token that ends a text.
  package var endOfText: String?

  package init(tokens: [Token?], merges: [String], endOfText: String? = nil) {
    self.tokens = tokens
    self.merges = merges
    self.endOfText = endOfText
  }

  /// The lists of a tokenizer's folder or file; throws what `Tokenizer(path:)` throws.
  package init(path: String) throws(FormatError) {
    let description = try TokenizerDescription(path: path)
    // Refuses ids that are negative, too large or doubled.
    let index = try VocabularyIndex(description)
    tokens = [Token?](repeating: nil, count: index.tokens.count)
    for (text, id) in description.vocabulary { tokens[Int(id)] = Token(text, .text) }
    for token in index.addedTokens {
      tokens[Int(token.id)] = Token(token.content, token.style.isSpecial ? .control : .added)
    }
    merges = description.merges.map { "\($0.left) \($0.right)" }
    endOfText = description.endOfText
  }
}

extension TokenizerDescription {
  /// What lists say.
  init(_ lists: TokenizerLists) throws(FormatError) {
    var vocabulary: [(token: String, id: Int32)] = []
    var added: [(token: AddedToken, file: String?)] = []
    for (id, token) in lists.tokens.enumerated() {
      guard let token, let id = Int32(exactly: id) else { continue }
      switch token.role {
      case .text: vocabulary.append((token.text, id))
      case .added, .control:
        let style = AddedToken.Style(isSpecial: token.role == .control, isNormalized: false)
        added.append((AddedToken(content: token.text, id: id, style: style), nil))
      }
    }
    var merges: [Merge] = []
    for merge in lists.merges {
      let parts = merge.split(separator: " ", omittingEmptySubsequences: false)
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
        throw FormatError(TokenizerFault.badMerge)
      }
      merges.append(Merge(left: String(parts[0]), right: String(parts[1]), offset: nil))
    }
    self.init(vocabulary: vocabulary, merges: merges)
    addedTokens = added
    if let endOfText = lists.endOfText { self.endOfText = endOfText }
  }
}

extension Tokenizer {
  /// A tokenizer out of lists; throws `TokenizerFault` where they are no byte-level BPE.
  package init(_ lists: TokenizerLists) throws(FormatError) {
    try self.init(TokenizerDescription(lists))
  }
}
