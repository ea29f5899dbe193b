public import BallastBytes

/// How the texts of special tokens, such as `<|endoftext|>`, are read when they occur in a text.
public enum SpecialTokens: Sendable {
  /// As any other text: what a user writes cannot steer the model.
  case asText
  /// As the tokens, the leftmost first and of those the longest.
  case parsed
}

/// GPT-2's byte-level BPE: turns texts into token ids and back, byte for byte.
///
/// The ids are those of transformers with `add_special_tokens=False`; `SpecialTokens.asText` is its
/// `split_special_tokens=True`. Added tokens that are not special are words of the vocabulary: they
/// are found in either case.
public struct Tokenizer: Sendable {
  /// The text of GPT-2's only special token.
  static let endOfTextMark = "<|endoftext|>"

  /// The id of the token that ends a text: `eos_token` of tokenizer_config.json or
  /// special_tokens_map.json, or else `<|endoftext|>`.
  public let endOfText: Int32?
  /// The paths of the tokenizer's files that are there: what to copy along with a model.
  public let sourceFiles: [String]

  let vocabulary: Vocabulary
  /// What to look for before the text between is tokenized, one matcher after the other.
  let parsedMatchers: [AddedTokenMatcher]
  /// The same without special tokens.
  let textMatchers: [AddedTokenMatcher]
  let addsPrefixSpace: Bool

  /// Reads a tokenizer.
  ///
  /// - Parameter path: a folder that holds tokenizer.json, vocab.json and merges.txt, encoder.json
  ///   and vocab.bpe, or merges alone, the first of these; or one such file. The files beside it
  ///   that tell of added tokens are read too.
  ///
  /// - Throws: `TokenizerFault`, `JSONFault`, `ByteFault` or `InputOutputFault`; the error names
  ///   the file within the folder.
  public init(path: String) throws(FormatError) {
    let files = try TokenizerFiles(path: path)
    let definition = files.definition
    vocabulary = try Vocabulary(definition)
    let stages = [
      definition.addedTokens.filter { !$0.isNormalized },
      definition.addedTokens.filter(\.isNormalized),
    ]
    parsedMatchers = stages.filter { !$0.isEmpty }.map(AddedTokenMatcher.init)
    textMatchers = stages.map { $0.filter { !$0.isSpecial } }
      .filter { !$0.isEmpty }.map(AddedTokenMatcher.init)
    addsPrefixSpace = definition.addsPrefixSpace
    endOfText =
      [files.endOfText, Self.endOfTextMark].lazy.compactMap { $0 }
      .compactMap { definition.ids[ExactString($0)] }.first
    sourceFiles = try files.paths()
  }

  /// The highest id and one; the model's embedding needs at least as many rows.
  public var vocabularySize: Int { vocabulary.tokens.size }
}
