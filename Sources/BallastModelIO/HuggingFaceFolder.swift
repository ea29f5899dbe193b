package import BallastBytes
package import BallastCheckpoint
import BallastFormats
package import BallastJSON
import FoundationEssentials

/// A folder as transformers writes it: config.json, model.safetensors, and the tokenizer's files.
package struct HuggingFaceFolder {
  /// The weights under transformers' names, in Conv1D's orientation.
  package let weights: [TensorOutput]
  /// The configuration.
  package let configuration: JSONObject
  /// Files that are copied as they are: the tokenizer's, generation_config.json.
  package let companions: [String]

  package init(weights: [TensorOutput], configuration: JSONObject, companions: [String]) {
    self.weights = weights
    self.configuration = configuration
    self.companions = companions
  }

  /// The files of a tokenizer.
  private static let tokenizerNames = [
    "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json", "encoder.json", "vocab.bpe",
  ]

  /// The other files beside the weights that belong to a model and go with it.
  private static let modelNames = ["generation_config.json"]

  /// Those of a model's companions that are there; its tokenizer may be in another folder.
  package static func companions(in folder: String, tokenizer: String) -> [String] {
    let paths = tokenizerNames.map { tokenizer + "/" + $0 } + modelNames.map { folder + "/" + $0 }
    return paths.filter(FileManager.default.fileExists)
  }

  /// What an existing folder holds that would be read with the weights and is not written anew.
  package func remainders(in folder: String) -> [String] {
    let written = companions.map(Self.name)
    let others =
      Self.tokenizerNames + Self.modelNames + [
        "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json",
      ]
    return others.filter {
      !written.contains($0) && FileManager.default.fileExists(atPath: folder + "/" + $0)
    }
  }

  /// The prefix of the names of everything but the head.
  package static func weightName(_ canonical: String) -> String {
    canonical == "lm_head.weight" ? canonical : "transformer." + canonical
  }

  /// Writes the folder and returns the number of bytes of the weights' file.
  ///
  /// All files are first written beside their place, and appear there only once all are on disk: a
  /// new folder by one rename, the files of an existing one (`replacing`) by one rename each.
  /// Throws `ModelFault.outputExists` where the folder exists and `replacing` is false.
  @discardableResult
  package func write(
    to path: String,
    replacing: Bool,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let staging = try StagingFolder(for: path, replacing: replacing)
    let bytes = try SafetensorsWriter.write(
      weights,
      metadata: [("format", "pt")],
      to: staging.path + "/model.safetensors",
      progress: progress
    )
    let config = try AtomicFile(path: staging.path + "/config.json")
    try config.write(JSONValue.object(configuration).text(.indented) + "\n")
    try config.commit()
    var names = ["model.safetensors", "config.json"]
    for companion in companions {
      let name = Self.name(of: companion)
      guard !names.contains(name) else { continue }
      try Self.copy(companion, to: staging.path + "/" + name)
      names.append(name)
    }
    try staging.publish(names)
    return bytes
  }
}

extension HuggingFaceFolder {
  /// The name that transformers knows a companion by; OpenAI's release has two others.
  private static func name(of companion: String) -> String {
    let name = companion.split(separator: "/").last.map(String.init) ?? companion
    return ["encoder.json": "vocab.json", "vocab.bpe": "merges.txt"][name] ?? name
  }

  private static func copy(_ path: String, to target: String) throws(FormatError) {
    let file = try AtomicFile(path: target)
    try file.write(try SharedBytes.contents(path: path))
    try file.commit()
  }
}
