import BallastBytes
import BallastJSON

extension TokenizerDefinition {
  /// Reads vocab.json or encoder.json: an object of ids by token.
  mutating func readVocabulary(
    _ value: JSONValue,
    field: String = "vocabulary"
  ) throws(FormatError) {
    guard let object = value.object else {
      throw FormatError(TokenizerFault.malformedField(field))
    }
    for (token, id) in object.members {
      try add(token, id: try Self.id(id, of: token))
    }
  }

  /// Reads added_tokens.json: an object of ids by text.
  mutating func readAddedTokens(_ value: JSONValue) throws(FormatError) {
    guard let object = value.object else {
      throw FormatError(TokenizerFault.malformedField("added_tokens"))
    }
    for (content, id) in object.members {
      try add(AddedToken(content: content, id: try Self.id(id, of: content)))
    }
  }

  /// Reads tokenizer.json, the file of the tokenizers library.
  ///
  /// What it says of padding, truncation and post-processing concerns batches for a model and
  /// changes no token of a text.
  mutating func readTokenizer(_ json: JSONValue) throws(FormatError) {
    guard let model = json["model"], model.object != nil else {
      throw FormatError(TokenizerFault.malformedField("model"))
    }
    try Self.require(model["type"], in: ["BPE", nil], field: "model.type")
    try Self.require(json["normalizer"], in: [nil], field: "normalizer")
    try Self.require(json["pre_tokenizer"]?["type"], in: ["ByteLevel"], field: "pre_tokenizer.type")
    try Self.require(
      json["pre_tokenizer"]?["use_regex"],
      in: [nil, true],
      field: "pre_tokenizer.use_regex"
    )
    try Self.require(json["decoder"]?["type"], in: ["ByteLevel", nil], field: "decoder.type")
    // A dropout, an unknown token and the like are for other vocabularies or for training.
    try Self.require(model["dropout"], in: [nil, 0], field: "model.dropout")
    try Self.require(model["ignore_merges"], in: [nil, false], field: "model.ignore_merges")
    for field in ["continuing_subword_prefix", "end_of_word_suffix"] {
      try Self.require(model[field], in: [nil, ""], field: "model." + field)
    }
    if let addsSpace = json["pre_tokenizer"]?["add_prefix_space"] {
      addsPrefixSpace = try Self.bool(addsSpace, field: "pre_tokenizer.add_prefix_space")
    }
    try readVocabulary(model["vocab"] ?? .null, field: "model.vocab")
    try readMerges(model["merges"] ?? .null)
    guard let addedTokens = (json["added_tokens"] ?? .array([])).array else {
      throw FormatError(TokenizerFault.malformedField("added_tokens"))
    }
    for token in addedTokens {
      let id = try Self.id(token["id"], of: token["content"]?.string ?? "")
      try add(try Self.addedToken(token, id: id, in: "added_tokens"))
    }
  }

  /// Reads the merges of tokenizer.json: "a b" each, or, in newer files, ["a", "b"].
  private mutating func readMerges(_ value: JSONValue) throws(FormatError) {
    guard let merges = value.array else {
      throw FormatError(TokenizerFault.malformedField("model.merges"))
    }
    for merge in merges {
      if let text = merge.string, let (left, right) = Self.tokens(of: text) {
        self.merges.append(Merge(left: left, right: right))
      } else if let pair = merge.array, pair.count == 2, let left = pair[0].string,
        let right = pair[1].string
      {
        self.merges.append(Merge(left: left, right: right))
      } else {
        throw FormatError(TokenizerFault.malformedMerge)
      }
    }
  }

  /// An added token as tokenizer.json and tokenizer_config.json describe it.
  static func addedToken(
    _ value: JSONValue,
    id: Int32,
    in field: String
  ) throws(FormatError) -> AddedToken {
    guard let content = value["content"]?.string else {
      throw FormatError(TokenizerFault.malformedField(field + ".content"))
    }
    var token = AddedToken(content: content, id: id)
    if let special = value["special"] {
      token.isSpecial = try bool(special, field: field + ".special")
    }
    token.isNormalized = !token.isSpecial
    if let normalized = value["normalized"] {
      token.isNormalized = try bool(normalized, field: field + ".normalized")
    }
    if let left = value["lstrip"] {
      token.takesSpaceBefore = try bool(left, field: field + ".lstrip")
    }
    if let right = value["rstrip"] {
      token.takesSpaceAfter = try bool(right, field: field + ".rstrip")
    }
    if let single = value["single_word"] {
      token.isSingleWord = try bool(single, field: field + ".single_word")
    }
    return token
  }

  static func bool(_ value: JSONValue, field: String) throws(FormatError) -> Bool {
    guard let bool = value.bool else { throw FormatError(TokenizerFault.malformedField(field)) }
    return bool
  }

  /// Checks a field that decides how texts are tokenized; nil stands for an absent one or null.
  private static func require(
    _ value: JSONValue?,
    in supported: [JSONValue?],
    field: String
  ) throws(FormatError) {
    let value = value == .some(.null) ? Optional.none : value
    guard !supported.contains(value) else { return }
    let name = value?.string?.debugDescription ?? value?.text() ?? "absent"
    throw FormatError(TokenizerFault.unsupported(field: field, value: name))
  }
}
