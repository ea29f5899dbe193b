import BallastBytes
import BallastJSON

extension TokenizerDescription {
  /// What a `tokenizer.json` of Hugging Face's `tokenizers` says.
  ///
  /// Parts that would change ids in a way that GPT-2's encoding does not know are refused:
  /// normalisers, other pre-tokenisers, dropout, prefixes and suffixes of subwords. Truncation,
  /// padding and the post-processor concern what is put around a text, and are not read. Nor is
  /// what serves unknown characters only (`unk_token`, `byte_fallback`): every byte has a token.
  init(tokenizerJSON json: JSONValue, file: String?) throws(FormatError) {
    do {
      try self.init(tokenizerJSON: json)
      for token in try Self.elements(of: "added_tokens", in: json) {
        let content = token["content"]?.string ?? ""
        let id = try Self.id(token["id"], of: content)
        addedTokens.append((try AddedToken(parsing: token, id: id), file))
      }
    } catch {
      throw error.inFile(file)
    }
    vocabularyFile = file
    mergesFile = file
  }

  private init(tokenizerJSON json: JSONValue) throws(FormatError) {
    guard let model = json["model"], model.object != nil else {
      throw FormatError(TokenizerFault.badValue("model"))
    }
    // Files of 2019 have no type; only BPE has merges.
    try Self.require("model type", model["type"] ?? "BPE", isOneOf: ["BPE"])
    try Self.require("model.dropout", model["dropout"], isOneOf: [0])
    try Self.require(
      "model.continuing_subword_prefix",
      model["continuing_subword_prefix"],
      isOneOf: [""]
    )
    try Self.require("model.end_of_word_suffix", model["end_of_word_suffix"], isOneOf: [""])
    try Self.require("version", json["version"], isOneOf: ["1.0"])
    try Self.require("normalizer", json["normalizer"], isOneOf: [])
    if let decoder = json["decoder"], decoder != .null {
      try Self.require("decoder", decoder["type"] ?? decoder, isOneOf: ["ByteLevel"])
    }
    guard let vocabulary = model["vocab"] else {
      throw FormatError(TokenizerFault.badValue("model.vocab"))
    }
    self.init(vocabulary: try Self.tokens(of: vocabulary), merges: try Self.merges(of: model))
    ignoresMerges = try Self.flag("ignore_merges", of: model, default: false)
    try readPreTokenizer(json["pre_tokenizer"] ?? .null)
  }

  private mutating func readPreTokenizer(_ value: JSONValue) throws(FormatError) {
    var byteLevel = value
    if value["type"] == "Sequence", let parts = value["pretokenizers"]?.array, parts.count == 1 {
      byteLevel = parts[0]
    }
    guard byteLevel["type"] == "ByteLevel" else {
      throw FormatError(
        TokenizerFault.unsupported(
          part: "pre_tokenizer",
          value: (value["type"] ?? value).shortText
        )
      )
    }
    addsPrefixSpace = try Self.flag("add_prefix_space", of: byteLevel, default: true)
    splitsWords = try Self.flag("use_regex", of: byteLevel, default: true)
  }

  /// Merges as "a b", or as ["a", "b"].
  private static func merges(of model: JSONValue) throws(FormatError) -> [Merge] {
    var merges: [Merge] = []
    guard let list = model["merges"]?.array else {
      throw FormatError(TokenizerFault.badValue("model.merges"))
    }
    merges.reserveCapacity(list.count)
    for element in list {
      let parts =
        element.array?.compactMap(\.string)
        ?? element.string?.utf8.split(
          separator: UInt8(ascii: " "),
          omittingEmptySubsequences: false
        )
        .compactMap { String($0) } ?? []
      guard parts.count == 2, element.array?.count ?? 2 == 2, !parts.contains("") else {
        throw FormatError(TokenizerFault.badMerge)
      }
      merges.append(Merge(left: parts[0], right: parts[1], offset: nil))
    }
    return merges
  }

  /// Refuses a part that is there and is none of the values that change nothing.
  private static func require(
    _ part: String,
    _ value: JSONValue?,
    isOneOf values: [JSONValue]
  ) throws(FormatError) {
    guard let value, value != .null, !values.contains(value) else { return }
    if case .number(0) = value, values.contains(0) { return }
    throw FormatError(
      TokenizerFault.unsupported(part: part, value: (value["type"] ?? value).shortText)
    )
  }

  /// A truth value that may be left out.
  static func flag(
    _ key: String,
    of object: JSONValue,
    default standard: Bool
  ) throws(FormatError) -> Bool {
    guard let value = object[key], value != .null else { return standard }
    guard let flag = value.bool else { throw FormatError(TokenizerFault.badValue(key)) }
    return flag
  }

  /// The elements of an array that may be left out.
  static func elements(
    of key: String,
    in object: JSONValue
  ) throws(FormatError) -> [JSONValue] {
    guard let value = object[key], value != .null else { return [] }
    guard let array = value.array else { throw FormatError(TokenizerFault.badValue(key)) }
    return array
  }
}

extension JSONValue {
  /// The value for a message, cut where it is long.
  fileprivate var shortText: String {
    let text = string ?? text()
    return text.count > 40 ? text.prefix(40) + "…" : text
  }
}
