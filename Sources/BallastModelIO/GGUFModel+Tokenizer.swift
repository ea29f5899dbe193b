package import BallastBytes
package import BallastCheckpoint
import BallastFormats
import BallastJSON
package import BallastTokenizer

extension GGUFModel {
  /// The types of tokens in tokenizer.ggml.token_type.
  private enum TokenType {
    static let normal: Int32 = 1
    static let control: Int32 = 3
    static let userDefined: Int32 = 4
    static let unused: Int32 = 5
  }

  private static let prefix = "tokenizer.ggml."

  /// The tokenizer that a GGUF file carries, or nil where it carries none.
  ///
  /// Throws `GGUFModelFault` where it is of another kind than GPT-2's.
  package static func tokenizer(of checkpoint: Checkpoint) throws(FormatError) -> Tokenizer? {
    try tokenizerLists(of: checkpoint).map { (lists) throws(FormatError) in try Tokenizer(lists) }
  }

  /// The same as plain lists.
  package static func tokenizerLists(
    of checkpoint: Checkpoint
  ) throws(FormatError) -> TokenizerLists? {
    func value(_ key: String) -> JSONValue? { checkpoint.metadata[prefix + key] }
    guard let model = value("model") else { return nil }
    guard model == "gpt2", value("pre") == nil || value("pre") == "gpt-2" else {
      let name = value("pre")?.string ?? model.string ?? ""
      throw FormatError(GGUFModelFault.otherTokenizer(name))
    }
    let texts = try strings(checkpoint, key: prefix + "tokens")
    let merges = try strings(checkpoint, key: prefix + "merges")
    let types = value("token_type")?.array ?? []
    let tokens = texts.enumerated().map { id, text -> TokenizerLists.Token? in
      switch id < types.count ? types[id].integer.flatMap(Int32.init(exactly:)) : nil {
      case TokenType.control: .init(text, .control)
      case TokenType.userDefined: .init(text, .added)
      case TokenType.unused: nil
      default: .init(text, .text)
      }
    }
    let end = value("eos_token_id")?.integer
    let endOfText = end.flatMap { texts.indices.contains($0) ? texts[$0] : nil }
    return TokenizerLists(tokens: tokens, merges: merges, endOfText: endOfText)
  }

  private static func strings(
    _ checkpoint: Checkpoint,
    key: String
  ) throws(FormatError) -> [String] {
    guard let values = checkpoint.metadata[key]?.array else {
      throw FormatError(GGUFModelFault.missingKey(key))
    }
    let texts = values.compactMap(\.string)
    guard texts.count == values.count else { throw FormatError(GGUFModelFault.missingKey(key)) }
    return texts
  }

  /// The keys for a tokenizer; ids up to the model's vocabulary that stand for no token are named
  /// as llama.cpp's converter names them.
  static func metadata(
    of tokenizer: TokenizerLists,
    vocabularySize: Int
  ) -> [GGUFWriter.Member] {
    var texts: [GGUFValue] = []
    var types: [GGUFValue] = []
    for id in 0..<max(vocabularySize, tokenizer.tokens.count) {
      let token = id < tokenizer.tokens.count ? tokenizer.tokens[id] : nil
      texts.append(.string(token?.text ?? "[PAD\(id)]"))
      let type =
        switch token?.role {
        case .text: TokenType.normal
        case .added: TokenType.userDefined
        case .control: TokenType.control
        case nil: TokenType.unused
        }
      types.append(.i32(type))
    }
    return [
      (prefix + "model", .string("gpt2")),
      (prefix + "pre", .string("gpt-2")),
      (prefix + "tokens", .array(.string, texts)),
      (prefix + "token_type", .array(.i32, types)),
      (prefix + "merges", .strings(tokenizer.merges)),
    ]
  }
}
