import BallastJSON
import BallastTestSupport
import BallastTokenizer

/// A small vocabulary, in any of the forms that tokenizers have on disk.
struct SampleVocabulary {
  /// The characters of the 256 bytes, by the book: `bytes_to_unicode` of OpenAI's encoder.py.
  static let characters: [Unicode.Scalar] = {
    let printable = Array(33...126) + Array(161...172) + Array(174...255)
    var next: UInt32 = 256
    return (0..<256).map { byte in
      if printable.contains(byte) { return Unicode.Scalar(UInt8(byte)) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? "?"
    }
  }()

  /// The name of a token in a vocabulary.
  static func name(_ bytes: some Sequence<UInt8>) -> String {
    var name = ""
    for byte in bytes { name.unicodeScalars.append(characters[Int(byte)]) }
    return name
  }

  /// The tokens by id.
  var tokens: [String]
  /// The merges, each with a space between its tokens.
  var merges: [String]

  /// The bytes as ids 0 to 255, then what each merge makes, then `<|endoftext|>`.
  init(merges: [String]) {
    self.merges = merges
    tokens =
      (UInt8.min...UInt8.max).map { Self.name([$0]) }
      + merges.map { $0.split(separator: " ").joined() } + ["<|endoftext|>"]
  }

  /// "Hello", " world" and some of their parts.
  static let hello = SampleVocabulary(merges: [
    "l l", "H e", "ll o", "He llo", "\u{120} w", "o r", "l d", "or ld", "\u{120}w orld",
  ])

  var vocabulary: JSONValue {
    var object = JSONObject()
    for (id, token) in tokens.enumerated() { object[token] = .integer(id) }
    return .object(object)
  }

  var mergesText: String { "#version: 0.2\n" + merges.map { $0 + "\n" }.joined() }

  /// A `tokenizer.json`, with changes to its members and to those of its model.
  func tokenizerJSON(
    addedTokens: [JSONValue] = [],
    changes: JSONObject = [:],
    modelChanges: JSONObject = [:]
  ) -> JSONValue {
    var model: JSONObject = [
      "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": "",
      "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false,
      "vocab": vocabulary, "merges": .array(merges.map { .string($0) }),
    ]
    for (key, value) in modelChanges.members { model[key] = value }
    var json: JSONObject = [
      "version": "1.0", "truncation": .null, "padding": .null,
      "added_tokens": .array(addedTokens), "normalizer": .null,
      "pre_tokenizer": ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true],
      "post_processor": ["type": "ByteLevel", "trim_offsets": false],
      "decoder": ["type": "ByteLevel"],
      "model": .object(model),
    ]
    for (key, value) in changes.members { json[key] = value }
    return .object(json)
  }

  /// A tokenizer that was read from a `tokenizer.json` and nothing else.
  func tokenizer(
    addedTokens: [JSONValue] = [],
    changes: JSONObject = [:],
    modelChanges: JSONObject = [:]
  ) throws -> Tokenizer {
    let json = tokenizerJSON(
      addedTokens: addedTokens,
      changes: changes,
      modelChanges: modelChanges
    )
    return try Tokenizer(files: ["tokenizer.json": json.text()])
  }
}

extension Tokenizer {
  /// Reads a folder that consists of these files, or one of the files.
  init(files: [String: String], opening name: String? = nil) throws {
    let folder = try TemporaryFolder()
    for (name, text) in files { _ = try folder.write(text.utf8, to: name) }
    try self.init(path: name.map { folder.path + "/" + $0 } ?? folder.path)
  }
}
