package import BallastBytes
import BallastJSON

/// A tokenizer with further tokens, and the files that make it known to others.
///
/// The tokens are found in a text as a whole, like `<|endoftext|>`, but belong to the text. Their ids follow those that
/// there are.
package struct ExtendedTokenizer {
  /// The most bytes of a token that is added.
  package static let maximumTokenBytes = TokenTrie.maximumLength

  /// What encodes and decodes.
  package let tokenizer: Tokenizer
  /// The id of the first of the tokens.
  package let firstID: Int
  /// The largest id plus 1 of the tokens that were not added, now or before.
  package let unaddedSize: Int
  /// The files that differ from those that the tokenizer was read from, or are needed besides.
  package let files: [(name: String, text: String)]

  private static let mainFile = "tokenizer.json"
  private static let configurationFile = "tokenizer_config.json"

  /// Adds tokens to the tokenizer of a folder or file.
  ///
  /// - Parameters:
  ///   - path: the folder or the file.
  ///   - companions: the files that are copied along, some of which list added tokens too.
  ///   - texts: what the tokens stand for.
  ///   - maximumLength: the length of texts, for a configuration of the tokenizer where it has none.
  /// - Throws: what reading a tokenizer throws; `TokenizerFault.present` for a token that it has.
  package init(
    path: String,
    companions: [String],
    adding texts: [String],
    maximumLength: Int
  ) throws(FormatError) {
    let description = try TokenizerDescription(path: path)
    let addition = try Addition(of: texts, to: description)
    var files: [(name: String, text: String)] = []
    if let json = Self.tokenizerJSON(in: description.sourceFiles) {
      files.append((Self.mainFile, Self.text(addition.applied(to: json))))
    } else {
      let lists = try TokenizerLists(path: path)
      files.append((Self.mainFile, Self.text(addition.applied(to: lists.tokenizerJSON))))
      if !companions.contains(where: { Self.name($0) == Self.configurationFile }) {
        files.append(
          (Self.configurationFile, lists.configurationText(maximumLength: maximumLength))
        )
      }
    }
    for companion in companions {
      let name = Self.name(companion)
      guard [Self.configurationFile, "added_tokens.json"].contains(name) else { continue }
      do {
        guard var json = try JSONValue(contentsOf: companion).object else { continue }
        if name == "added_tokens.json" {
          for token in addition.tokens { json[token.content] = .integer(Int(token.id)) }
        } else {
          guard var decoder = json["added_tokens_decoder"]?.object else { continue }
          for token in addition.tokens { decoder["\(token.id)"] = .object(token.json) }
          json["added_tokens_decoder"] = .object(decoder)
        }
        files.append((name, Self.text(json)))
      } catch {
        throw error.inFile(name)
      }
    }
    tokenizer = addition.tokenizer
    firstID = addition.firstID
    unaddedSize = addition.unaddedSize
    self.files = files
  }

  /// Adds tokens to a tokenizer that is in no files of its own; throws as with one of files.
  package init(
    _ lists: TokenizerLists,
    adding texts: [String],
    maximumLength: Int
  ) throws(FormatError) {
    let addition = try Addition(of: texts, to: TokenizerDescription(lists))
    var lists = lists
    // Ids that fill a model's vocabulary up stand for no token, and are taken first.
    lists.tokens = lists.tokens.prefix(addition.firstID) + texts.map { .init($0, .added) }
    tokenizer = addition.tokenizer
    firstID = addition.firstID
    unaddedSize = addition.unaddedSize
    files = [
      (Self.mainFile, lists.tokenizerText), ("vocab.json", lists.vocabularyText),
      ("merges.txt", lists.mergesText),
      (Self.configurationFile, lists.configurationText(maximumLength: maximumLength)),
    ]
  }

  /// The file of the tokenizers library among those that were read, whatever its name.
  private static func tokenizerJSON(in files: [String]) -> JSONObject? {
    for file in files {
      // One that is no JSON is a list of merges.
      if let json = (try? JSONValue(contentsOf: file))?.object, json["model"]?.object != nil {
        return json
      }
    }
    return nil
  }

  private static func text(_ json: JSONObject) -> String {
    JSONValue.object(json).text(.indented) + "\n"
  }

  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

/// Tokens that are added to a tokenizer, beside those that it has.
private struct Addition {
  let tokens: [AddedToken]
  let tokenizer: Tokenizer
  let firstID: Int
  /// The ids of the vocabulary, in which added tokens may be too.
  private let vocabulary: [(token: String, id: Int32)]
  private let earlier: [AddedToken]

  init(of texts: [String], to original: TokenizerDescription) throws(FormatError) {
    let index = try VocabularyIndex(original)
    let known = index.idsByBytes
    var description = original
    var tokens: [AddedToken] = []
    var seen: Set<ExactString> = []
    for (offset, text) in texts.enumerated() {
      // transformers would take the id of what is written so in the vocabulary, whatever its bytes.
      guard index.id(of: text) == nil, known[ArraySlice(text.utf8)] == nil,
        seen.insert(ExactString(text)).inserted
      else { throw FormatError(TokenizerFault.present(text)) }
      let id = index.tokens.count + offset
      guard id <= TokenizerDescription.maximumID else {
        throw FormatError(TokenizerFault.badID(token: text))
      }
      let style = AddedToken.Style(isSpecial: false, isNormalized: false)
      tokens.append(AddedToken(content: text, id: Int32(id), style: style))
    }
    description.addedTokens += tokens.map { ($0, nil) }
    self.tokens = tokens
    tokenizer = try Tokenizer(description)
    firstID = index.tokens.count
    vocabulary = original.vocabulary
    earlier = index.addedTokens
  }

  var unaddedSize: Int { vocabulary.map { Int($0.id) + 1 }.max() ?? 0 }

  /// A `tokenizer.json` with all added tokens, also those that it left to other files.
  ///
  /// They are in the order of their ids: the tokenizers library counts on from one to the next.
  func applied(to json: JSONObject) -> JSONObject {
    var json = json
    var entries: [Int32: JSONValue] = [:]
    for token in earlier + tokens {
      var entry: JSONObject = ["id": .integer(Int(token.id))]
      for (key, value) in token.json.members { entry[key] = value }
      entries[token.id] = .object(entry)
    }
    json["added_tokens"] = .array(entries.sorted { $0.key < $1.key }.map(\.value))
    if var model = json["model"]?.object, var known = model["vocab"]?.object {
      for (token, id) in vocabulary { known[token] = .integer(Int(id)) }
      model["vocab"] = .object(known)
      json["model"] = .object(model)
    }
    return json
  }
}

extension AddedToken {
  /// What the tokenizers library keeps of an added token beside its id.
  fileprivate var json: JSONObject {
    [
      "content": .string(content), "single_word": .bool(style.isSingleWord),
      "lstrip": .bool(style.stripsLeft), "rstrip": .bool(style.stripsRight),
      "normalized": .bool(style.isNormalized), "special": .bool(style.isSpecial),
    ]
  }
}
