public import BallastBytes

/// The ways in which a tokenizer's files, or token ids, can be wrong.
public enum TokenizerFault: FormatFault {
  /// The folder holds no tokenizer.
  case noTokenizer
  /// A file that the others need is not there.
  case missingFile(String)
  /// A file is larger than any tokenizer's.
  case fileTooLarge(limit: Int)
  /// The file is none of a tokenizer's.
  case notATokenizer
  /// A value of a JSON file is missing or of another type than it must be.
  case badValue(String)
  /// The file asks for something that GPT-2's encoding does not have.
  case unsupported(part: String, value: String)
  /// A token's id is not an integer, or is negative or far too large.
  case badID(token: String)
  /// Two tokens have the same id.
  case duplicateID(Int, String, String)
  /// A token comes twice, with different ids.
  case duplicateToken(String)
  /// A line of merges is not two tokens with a space between them.
  case badMerge
  /// A merge names, or makes, a token that the vocabulary does not have.
  case mergeOfUnknownToken(String)
  /// The vocabulary has no token for a byte, so that some texts could not be encoded.
  case missingByte(UInt8)
  /// The text of an added token is too long to look for.
  case addedTokenTooLong(limit: Int)
  /// The added tokens take more bytes than they may altogether.
  case tooManyAddedTokens(limit: Int)
  /// The tokens are so long that finding their merges takes too many steps.
  case tooManySteps(limit: Int)
  /// Only for writers: a token is longer than llm.c's length of one byte says.
  case tokenTooLong(Int)
  /// A token that is to be added is there.
  case present(String)
  /// No token has this id.
  case unknownToken(Int32)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .noTokenizer: "the folder has no tokenizer"
    case .missingFile(let name): "\(name) is missing"
    case .fileTooLarge(let limit): "the file is larger than \(limit) bytes"
    case .notATokenizer: "the file is neither a tokenizer, nor a vocabulary, nor merges"
    case .badValue(let key): "\(key) is missing or is not what it should be"
    case .unsupported(let part, let value):
      "\(part) \(value) is not supported: only the byte-level BPE of GPT-2 is"
    case .badID(let token): "the id of token \(token.debugDescription) is not a usable integer"
    case .duplicateID(let id, let first, let second):
      "tokens \(first.debugDescription) and \(second.debugDescription) have the same id \(id)"
    case .duplicateToken(let token): "token \(token.debugDescription) has two ids"
    case .badMerge: "a merge is not two tokens with a space between them"
    case .mergeOfUnknownToken(let token):
      "a merge needs token \(token.debugDescription), which is not in the vocabulary"
    case .missingByte(let byte): "the vocabulary has no token for byte \(byte)"
    case .addedTokenTooLong(let limit): "an added token is longer than \(limit) bytes"
    case .tooManyAddedTokens(let limit): "the added tokens are longer than \(limit) bytes in all"
    case .tooManySteps(let limit): "finding the merges takes more than \(limit) steps"
    case .tokenTooLong(let id): "token \(id) is longer than 255 bytes"
    case .present(let token): "the tokenizer has the token \(token.debugDescription) already"
    case .unknownToken(let id): "the tokenizer has no token \(id)"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    guard case .noTokenizer = self else { return nil }
    return "a tokenizer is tokenizer.json, or vocab.json with merges.txt, or encoder.json with "
      + "vocab.bpe, or gpt2_tokenizer.bin; name another folder with --tokenizer"
  }
}
