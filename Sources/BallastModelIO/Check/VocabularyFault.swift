import BallastBytes

/// The ways in which tokens and a model's embedding of them can disagree.
package enum VocabularyFault: FormatFault {
  /// The tokenizer makes ids that the embedding has no row for.
  case beyondEmbedding(tokens: Int, rows: Int)
  /// A warning: more rows are never used than padding explains.
  case unusedRows(tokens: Int, rows: Int)
  /// A token of the configuration that the embedding has no row for.
  case tokenBeyondEmbedding(key: String, token: Int, isDefault: Bool, rows: Int)

  /// The rows of an embedding are often padded to a multiple of this.
  static let padding = 128

  package var description: String {
    switch self {
    case .beyondEmbedding(let tokens, let rows):
      "the tokenizer has ids up to \(tokens - 1), and the embedding \(rows) rows"
    case .unusedRows(let tokens, let rows):
      "the tokenizer has \(tokens) ids, and the embedding \(rows) rows: more than "
        + "padding to a multiple of \(Self.padding) explains"
    case .tokenBeyondEmbedding(let key, let token, let isDefault, let rows):
      "\(key) is \(token)\(isDefault ? " by default" : ""), and the embedding has \(rows) rows"
    }
  }
}

/// The ways in which ties that are recorded and tensors that are stored can disagree.
package enum TieFault: FormatFault {
  /// The tensor that is to be repeated is not there, so that the tied one cannot be restored.
  case noOriginal(name: String, original: String)
  /// Both are stored, with other values.
  case differs(name: String, original: String)

  package var description: String {
    switch self {
    case .noOriginal(let name, let original):
      "the metadata ties \(name.debugDescription) to \(original.debugDescription), "
        + "and there is no such tensor"
    case .differs(let name, let original):
      "the metadata ties \(name.debugDescription) to \(original.debugDescription), "
        + "and both are stored with different values"
    }
  }
}
