import BallastBytes
import BallastJSON

extension TokenizerDescription {
  /// The keys under which a configuration names special tokens, one each.
  private static let roles = [
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
  ]

  /// The keys under which a configuration lists special tokens.
  private static let lists = ["additional_special_tokens", "extra_special_tokens"]

  /// Reads what transformers keeps beside a tokenizer: which tokens were added, and their roles.
  mutating func readCompanions(in folder: inout TokenizerFolder) throws(FormatError) {
    var hasDecoder = false
    var endOfText: String?
    for file in ["tokenizer_config.json", "special_tokens_map.json"] {
      guard let json = try folder.json(file) else { continue }
      do {
        for key in Self.roles { try nameToken(json[key], role: key) }
        for key in Self.lists {
          for token in json[key]?.array ?? [] { try nameToken(token, role: key) }
        }
        endOfText = endOfText ?? Self.content(of: json["eos_token"])
        guard file == "tokenizer_config.json" else { continue }
        addsPrefixSpace = try Self.flag("add_prefix_space", of: json, default: addsPrefixSpace)
        hasDecoder = json["added_tokens_decoder"]?.object != nil
        for (key, token) in json["added_tokens_decoder"]?.object?.members.map({ $0 }) ?? [] {
          let id = try Self.id(Int(key).map { .integer($0) }, of: key)
          addedTokens.append((try AddedToken(parsing: token, id: id), file))
        }
      } catch {
        throw error.inFile(file)
      }
    }
    if !hasDecoder { try readAddedTokens(in: &folder) }
    if let endOfText { self.endOfText = endOfText }
  }

  /// The older form, `added_tokens.json`: an object of ids.
  private mutating func readAddedTokens(in folder: inout TokenizerFolder) throws(FormatError) {
    let file = "added_tokens.json"
    guard let json = try folder.json(file) else { return }
    let known = Set(addedTokens.map { ExactString($0.token.content) })
    let special = Set(namedTokens.map { ExactString($0.content) })
    do {
      for (content, id) in try Self.tokens(of: json)
      where !known.contains(ExactString(content)) {
        let isSpecial = special.contains(ExactString(content))
        let style = AddedToken.Style(isSpecial: isSpecial, isNormalized: !isSpecial)
        addedTokens.append((AddedToken(content: content, id: id, style: style), file))
      }
    } catch {
      throw error.inFile(file)
    }
  }

  private mutating func nameToken(_ value: JSONValue?, role: String) throws(FormatError) {
    guard let value, value != .null, value != false else { return }
    guard let content = Self.content(of: value) else {
      throw FormatError(TokenizerFault.badValue(role))
    }
    var style = AddedToken.Style.special
    if value.object != nil {
      style = try AddedToken.Style(parsing: value, isSpecial: true)
      style.isSpecial = true
    }
    namedTokens.append((content, style))
  }

  /// A token that is written as a text, or as an object with its text.
  private static func content(of value: JSONValue?) -> String? {
    value?.string ?? value?["content"]?.string
  }
}
