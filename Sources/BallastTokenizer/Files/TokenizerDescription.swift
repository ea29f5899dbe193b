import BallastBytes

/// What a tokenizer's files say, in whichever form they say it.
struct TokenizerDescription {
  /// Two tokens that become one, as the vocabulary writes them.
  struct Merge {
    let left: String
    let right: String
    /// The place in the file, for errors.
    let offset: Int?
  }

  /// The tokens in the alphabet of bytes, and their ids.
  var vocabulary: [(token: String, id: Int32)]
  /// The merges, the most urgent first.
  var merges: [Merge]
  /// The file of a set that the vocabulary came from.
  var vocabularyFile: String?
  /// The file of a set that the merges came from.
  var mergesFile: String?
  /// The added tokens, and the file of a set that each came from.
  var addedTokens: [(token: AddedToken, file: String?)] = []
  /// Tokens that have a role; they are special if the vocabulary has them.
  var namedTokens: [(content: String, style: AddedToken.Style)] = []
  /// The token that ends a text.
  var endOfText = Self.endOfTextName
  /// Whether a space is put before a text that does not start with one.
  var addsPrefixSpace = false
  /// Whether a text is cut into words first.
  var splitsWords = true
  /// Whether a word that is a token stands for itself, whatever the merges.
  var ignoresMerges = false
  /// The files that were read.
  var sourceFiles: [String] = []

  /// What GPT-2 calls the token that separates documents.
  static let endOfTextName = "<|endoftext|>"

  /// Far above any real vocabulary (the largest have some 2^18 tokens); keeps tables by id small.
  static let maximumID = 1 << 22

  init(vocabulary: [(token: String, id: Int32)], merges: [Merge]) {
    self.vocabulary = vocabulary
    self.merges = merges
  }
}
