public import BallastBytes

/// The ways in which training data can be unfit.
public enum TrainingDataFault: FormatFault {
  case noText
  case notText
  case singleToken
  case promptsAlone
  case diverged(step: Int)
  /// The model's weights, before any step.
  case lossNotFinite
  case noEndOfText
  case needsTokenizer
  case nothingTrained
  case tooShortToSplit(Int)
  case tooManyRows(limit: Int)
  case tokenOutOfRange(Int, vocabularySize: Int)
  /// A file of llm.c that is a model or a state.
  case noTokens(format: String)
  case oddByteCount
  case recordTooLong(line: Int, limit: Int)
  case badRecord(line: Int, String)
  case moreColumns(line: Int)
  case strayQuote(line: Int)
  case openQuote(line: Int)
  case changedWhileRead
  case changedSinceRead
  case noTemporaryFolder
  /// A remark.
  case invalidUTF8(places: Int)
  /// A remark.
  case brokenCache
  /// A remark.
  case cacheNotWritten(String)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .diverged(let step): "the run has diverged: it is no longer finite at step \(step)"
    case .lossNotFinite: "the model's loss is not finite before the first step"
    case .notText: "it has NUL bytes, so it is no text"
    case .noText: "there is no text in it"
    case .singleToken: "there is one token in it, and nothing that follows it could be learned"
    case .promptsAlone: "all its tokens are those of prompts, and none is to be learned"
    case .nothingTrained: "every parameter is frozen: there is nothing to train"
    case .noEndOfText: "the tokenizer has no <|endoftext|>"
    case .needsTokenizer: "this is text, which needs a tokenizer"
    case .tooShortToSplit(let count):
      "the text has \(count) tokens, too few to set some apart for validation"
    case .tooManyRows(let limit): "the text has more than \(limit) rows of one context"
    case .tokenOutOfRange(let id, let size):
      "token \(id) is outside of the model's vocabulary of \(size)"
    case .noTokens(let format): "it is a file of \(format), and none of tokens"
    case .oddByteCount: "a file of 16-bit tokens has an even number of bytes, and this one has not"
    case .recordTooLong(let line, let limit):
      "the record that begins in line \(line) is longer than \(limit >> 20) MiB"
    case .badRecord(let line, let reason): "line \(line): \(reason)"
    case .moreColumns(let line):
      "line \(line) has more than one column, and only tables of one are read"
    case .strayQuote(let line): "line \(line) has a quote where none can stand"
    case .openQuote(let line): "the quote that begins in line \(line) is not closed"
    case .changedWhileRead: "the file has changed while it was read"
    case .changedSinceRead:
      "the data has changed since it was looked at: a token is not in the vocabulary"
    case .noTemporaryFolder: "no folder can be made in it for the tokens of the data"
    case .invalidUTF8(let places):
      "it is not UTF-8 in \(places) \(places == 1 ? "place" : "places"), and taken as it is"
    case .brokenCache: "what the cache had of it is damaged, and made anew"
    case .cacheNotWritten(let reason): "its tokens are not kept in the cache: \(reason)"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    switch self {
    case .tooShortToSplit: "give more text, or a text of its own with --validation FILE"
    case .lossNotFinite: "ballast check MODEL names weights that are NaN or infinite"
    case .diverged: "use a smaller --lr, a longer --warmup, or a smaller --clip"
    case .tokenOutOfRange: "the tokenizer, or the file of tokens, is not that of the model"
    case .noTemporaryFolder: "name another folder in the variable TMPDIR"
    case .tooManyRows: "use a longer --context"
    case .notText: "unpack what is packed, and make UTF-8 of UTF-16: gunzip, iconv"
    case .moreColumns:
      "prompts and completions are JSON Lines; a text with commas stands between quotes"
    case .strayQuote:
      "a text with commas or quotes stands between quotes, and each quote in it is two"
    case .recordTooLong: "is a quote not closed, or a line break missing?"
    default: nil
    }
  }

  /// Whether it tells how data is read, and nothing that is wrong with it.
  public var isRemark: Bool {
    switch self {
    case .invalidUTF8, .brokenCache, .cacheNotWritten: true
    default: false
    }
  }
}
