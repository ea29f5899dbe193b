import BallastBytes
import BallastJSON

/// What tokenizer_config.json and special_tokens_map.json say beside the vocabulary.
struct TokenizerConfiguration {
  /// The fields that name one special token each.
  private static let roles = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]
  /// The fields that name several.
  private static let lists = ["additional_special_tokens", "extra_special_tokens"]

  /// The texts of the special tokens.
  private(set) var specialTokens: [String] = []
  /// The text of the token that ends a text.
  private(set) var endOfText: String?
  /// Whether a text that does not start with a space is given one, if the files tell.
  private(set) var addsPrefixSpace: Bool?
  private var addedTokens: [AddedToken] = []

  /// Reads either file; what was read before holds where both speak.
  mutating func read(_ json: JSONValue) throws(FormatError) {
    for role in Self.roles {
      guard let text = try Self.text(json[role], field: role) else { continue }
      specialTokens.append(text)
      if role == "eos_token" { endOfText = endOfText ?? text }
    }
    for list in Self.lists {
      for element in json[list]?.array ?? [] {
        if let text = try Self.text(element, field: list) { specialTokens.append(text) }
      }
    }
    if addsPrefixSpace == nil, let value = json["add_prefix_space"], value != .null {
      addsPrefixSpace = try TokenizerDefinition.bool(value, field: "add_prefix_space")
    }
    for (key, value) in (json["added_tokens_decoder"]?.object ?? JSONObject()).members {
      let content = value["content"]?.string ?? ""
      let id = try TokenizerDefinition.id(Int(key).map(JSONValue.integer), of: content)
      addedTokens.append(
        try TokenizerDefinition.addedToken(value, id: id, in: "added_tokens_decoder")
      )
    }
  }

  /// The tokens of `added_tokens_decoder` that were read since the last call.
  mutating func takeAddedTokens() -> [AddedToken] {
    defer { addedTokens = [] }
    return addedTokens
  }

  /// A special token: its text, or an object that has the text as `content`.
  private static func text(_ value: JSONValue?, field: String) throws(FormatError) -> String? {
    guard let value, value != .null else { return nil }
    guard let text = value.string ?? value["content"]?.string else {
      throw FormatError(TokenizerFault.malformedField(field))
    }
    return text
  }
}
