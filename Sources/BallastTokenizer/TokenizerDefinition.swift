import BallastBytes
import BallastJSON

/// What a tokenizer's files say, gathered from wherever they say it.
struct TokenizerDefinition {
  /// Two tokens that are joined, in the byte alphabet; the earlier, the lower in rank.
  struct Merge {
    var left: String
    var right: String
    /// Where it stands in its file, if that is known.
    var offset: Int?
  }

  /// A vocabulary that reaches further is damaged: the largest in use have some 300,000 tokens.
  static let idLimit = 1 << 22

  /// The vocabulary: the texts, in the byte alphabet, and their ids.
  private(set) var ids: [ExactString: Int32] = [:]
  /// The merges, in order.
  var merges: [Merge] = []
  /// The added tokens, each text once.
  private(set) var addedTokens: [AddedToken] = []
  /// Whether a text that does not start with a space is given one.
  var addsPrefixSpace = false
  /// The file that the vocabulary comes from, for errors.
  var vocabularyFile: String?
  /// The file that the merges come from, for errors.
  var mergesFile: String?
  private var texts: [Int32: String] = [:]
  /// The place of an added token among them, by id.
  private var places: [Int32: Int] = [:]

  /// Adds a token of the vocabulary.
  mutating func add(_ token: String, id: Int32) throws(FormatError) {
    if let text = texts[id], ExactString(text) != ExactString(token) {
      throw FormatError(TokenizerFault.repeatedID(id, token: token))
    }
    guard ids.updateValue(id, forKey: ExactString(token)) ?? id == id else {
      throw FormatError(TokenizerFault.repeatedToken(token))
    }
    texts[id] = token
  }

  /// Adds an added token; where two files tell of one, the later tells how it is looked for.
  mutating func add(_ token: AddedToken) throws(FormatError) {
    guard !token.content.isEmpty else { throw FormatError(TokenizerFault.emptyAddedToken) }
    try add(token.content, id: token.id)
    if let place = places[token.id] {
      addedTokens[place] = token
    } else {
      places[token.id] = addedTokens.count
      addedTokens.append(token)
    }
  }

  /// Makes special those added tokens and tokens of the vocabulary that have these texts.
  mutating func markSpecial(_ texts: [String]) throws(FormatError) {
    for text in texts where !text.isEmpty {
      guard let id = ids[ExactString(text)] else { continue }
      if let place = places[id] {
        addedTokens[place].isSpecial = true
      } else {
        try add(AddedToken(content: text, id: id, isSpecial: true, isNormalized: false))
      }
    }
  }

  /// An id from a JSON file.
  static func id(_ value: JSONValue?, of token: String) throws(FormatError) -> Int32 {
    guard let id = value?.integer, (0..<idLimit).contains(id) else {
      throw FormatError(TokenizerFault.badID(token: token, limit: idLimit))
    }
    return Int32(id)
  }

  /// Numbers the tokens of merges that come without a vocabulary, as GPT-2 does: the bytes, the
  /// merges in order, and the end of text.
  mutating func numberTokens() throws(FormatError) {
    for (id, byte) in ByteAlphabet.order.enumerated() {
      try add(String(Character(ByteAlphabet.scalar(of: byte))), id: Int32(id))
    }
    guard ids.count + merges.count < Self.idLimit else {
      throw FormatError(
        TokenizerFault.badID(token: Tokenizer.endOfTextMark, limit: Self.idLimit)
      )
    }
    for merge in merges {
      do throws(FormatError) {
        try add(merge.left + merge.right, id: Int32(ids.count))
      } catch {
        throw FormatError(error.fault, at: merge.offset)
      }
    }
    if ids[ExactString(Tokenizer.endOfTextMark)] == nil {
      try add(Tokenizer.endOfTextMark, id: Int32(ids.count))
    }
  }
}
