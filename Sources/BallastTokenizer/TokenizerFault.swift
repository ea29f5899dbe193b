public import BallastBytes

/// The ways in which a tokenizer's files can be wrong, and ids that they do not know.
public enum TokenizerFault: FormatFault {
  /// A folder holds none of the files that make a tokenizer.
  case noTokenizer
  /// A vocabulary stands without its merges.
  case noMerges
  /// A file is neither a vocabulary, nor merges, nor a tokenizer.json.
  case unrecognized
  /// A field of a JSON file is missing or is of another type.
  case malformedField(String)
  /// A part of tokenizer.json is not what byte-level BPE has there.
  case unsupported(field: String, value: String)
  /// A token's id is no integer from 0 to the limit.
  case badID(token: String, limit: Int)
  /// Two tokens have one id.
  case repeatedID(Int32, token: String)
  /// One token has two ids.
  case repeatedToken(String)
  /// The vocabulary has no token for a single byte, so some texts could not be encoded.
  case missingByte(UInt8)
  /// A line of the merges is not two tokens with one space between them.
  case malformedMerge
  /// A merge joins, or results in, something that is not in the vocabulary.
  case unknownMergeToken(String)
  /// An added token has no text.
  case emptyAddedToken
  /// An id stands for no token.
  case unknownID(Int32)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .noTokenizer: "there is no tokenizer in this folder"
    case .noMerges: "the vocabulary stands without its merges"
    case .unrecognized: "this is neither a vocabulary, nor merges, nor a tokenizer.json"
    case .malformedField(let field): "the field \(field) is missing or malformed"
    case .unsupported(let field, let value):
      "\(field) is \(value), which is not GPT-2's byte-level BPE"
    case .badID(let token, let limit):
      "the id of the token \(token.debugDescription) is no integer from 0 to \(limit - 1)"
    case .repeatedID(let id, let token):
      "the token \(token.debugDescription) has the id \(id), which another token has already"
    case .repeatedToken(let token): "the token \(token.debugDescription) has two ids"
    case .missingByte(let byte): "the vocabulary has no token for the byte \(byte)"
    case .malformedMerge: "a merge is not two tokens with one space between them"
    case .unknownMergeToken(let token):
      "a merge needs the token \(token.debugDescription), which the vocabulary does not have"
    case .emptyAddedToken: "an added token has no text"
    case .unknownID(let id): "the id \(id) stands for no token"
    }
  }

  /// Which files to provide, where one is missing.
  public var hint: String? {
    switch self {
    case .noTokenizer: "needed: tokenizer.json, or vocab.json and merges.txt"
    case .noMerges: "merges.txt belongs to vocab.json, vocab.bpe to encoder.json"
    default: nil
    }
  }
}
