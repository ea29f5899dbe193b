import BallastJSON

extension TokenizerLists {
  /// The tokens and their ids, as `vocab.json` and OpenAI's `encoder.json` have them.
  package var vocabularyText: String {
    JSONValue.object(vocabulary { $0 != .added }).text()
  }

  /// The merges, as `merges.txt` and OpenAI's `vocab.bpe` have them.
  package var mergesText: String {
    (["#version: 0.2"] + merges).map { $0 + "\n" }.joined()
  }

  /// The whole tokenizer, as the tokenizers library keeps one in `tokenizer.json`.
  package var tokenizerText: String { JSONValue.object(tokenizerJSON).text(.indented) + "\n" }

  /// The same as JSON.
  var tokenizerJSON: JSONObject {
    let byteLevel: JSONValue = [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
    ]
    let merges = merges.map { merge in
      JSONValue.array(merge.split(separator: " ").map { .string(String($0)) })
    }
    let model: JSONValue = [
      "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": "",
      "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
      "vocab": .object(vocabulary { $0 != .added }), "merges": .array(merges),
    ]
    return [
      "version": "1.0", "truncation": .null, "padding": .null,
      "added_tokens": .array(addedTokens), "normalizer": .null, "pre_tokenizer": byteLevel,
      "post_processor": byteLevel, "decoder": byteLevel, "model": model,
    ]
  }

  /// What transformers wants to know beside it: `tokenizer_config.json`.
  package func configurationText(maximumLength: Int) -> String {
    var object: JSONObject = [
      "tokenizer_class": "GPT2Tokenizer", "add_prefix_space": false,
      "model_max_length": .integer(maximumLength),
    ]
    if let endOfText {
      for key in ["bos_token", "eos_token", "unk_token"] { object[key] = .string(endOfText) }
    }
    return JSONValue.object(object).text(.indented) + "\n"
  }

  private func vocabulary(where isIncluded: (Role) -> Bool) -> JSONObject {
    var vocabulary = JSONObject()
    for (id, token) in tokens.enumerated() {
      if let token, isIncluded(token.role) { vocabulary[token.text] = .integer(id) }
    }
    return vocabulary
  }

  private var addedTokens: [JSONValue] {
    tokens.enumerated().compactMap { id, token in
      guard let token, token.role != .text else { return nil }
      return [
        "id": .integer(id), "content": .string(token.text), "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": .bool(token.role == .control),
      ]
    }
  }
}
