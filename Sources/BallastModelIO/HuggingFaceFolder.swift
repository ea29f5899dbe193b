package import BallastBytes
package import BallastCheckpoint
import BallastFormats
package import BallastJSON
package import BallastTokenizer
import FoundationEssentials

/// A folder as transformers writes it: config.json, model.safetensors, and the tokenizer's files.
package struct HuggingFaceFolder {
  /// The weights under transformers' names, in Conv1D's orientation.
  package let weights: [TensorOutput]
  /// The configuration.
  package let configuration: JSONObject
  /// Files that are copied as they are: the tokenizer's, generation_config.json.
  package let companions: [String]
  /// Files that are made, such as those of a tokenizer that is in no file of its own.
  package var madeFiles: [(name: String, text: String)] = []
  /// Files of tensors that lie beside the weights: an optimiser's averages.
  package var tensorFiles: [(name: String, tensors: [TensorOutput])] = []
  /// Whether it is a low-rank adapter's, whose files have other names.
  package var isAdapter = false
  /// The most bytes of tensors that one file of weights gets; nil for a single file.
  package var shardSize: Int?

  package init(weights: [TensorOutput], configuration: JSONObject, companions: [String]) {
    self.weights = weights
    self.configuration = configuration
    self.companions = companions
  }

  /// Adds the files of a tokenizer that came in none, for texts of so many tokens.
  package mutating func addTokenizer(_ tokenizer: TokenizerLists, maximumLength: Int) {
    madeFiles += [
      ("tokenizer.json", tokenizer.tokenizerText), ("vocab.json", tokenizer.vocabularyText),
      ("merges.txt", tokenizer.mergesText),
      ("tokenizer_config.json", tokenizer.configurationText(maximumLength: maximumLength)),
    ]
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
    let written = companions.map(Self.name) + madeFiles.map(\.name)
    let others =
      Self.tokenizerNames + Self.modelNames + ["pytorch_model.bin", "pytorch_model.bin.index.json"]
    return others.filter {
      !written.contains($0) && FileManager.default.fileExists(atPath: folder + "/" + $0)
    }
  }

  /// The prefix of the names of everything but the head.
  package static func weightName(_ canonical: String) -> String {
    canonical == "lm_head.weight" ? canonical : "transformer." + canonical
  }

  /// Writes the folder and returns the number of bytes of the weights' files.
  ///
  /// All files are first written beside their place, and appear there only once all are on disk.
  /// Where the folder exists and is replaced, weights of before go, whatever files they were in.
  /// Throws `ModelFault.outputExists` where the folder exists and `replacing` is false.
  @discardableResult
  package func write(
    to path: String,
    replacing: Bool,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let staging = try StagingFolder(for: path, replacing: replacing)
    var (names, byteCount) = try writeWeights(into: staging.path, progress: progress)
    func add(_ name: String, _ contents: [UInt8]) throws(FormatError) {
      guard !names.contains(name) else { return }
      let file = try AtomicFile(path: staging.path + "/" + name, replacing: true)
      try file.write(contents)
      try file.commit()
      names.append(name)
    }
    let configurationFile = isAdapter ? PEFTAdapter.configurationFile : "config.json"
    try add(configurationFile, Array((JSONValue.object(configuration).text(.indented) + "\n").utf8))
    // What is made takes the place of what would be copied.
    for companion in companions
    where !madeFiles.contains(where: { $0.name == Self.name(of: companion) }) {
      try add(Self.name(of: companion), try SharedBytes.contents(path: companion))
    }
    for (name, text) in madeFiles { try add(name, Array(text.utf8)) }
    for (name, tensors) in tensorFiles {
      _ = try SafetensorsWriter.write(tensors, to: staging.path + "/" + name)
      names.append(name)
    }
    try staging.publish(names, superseding: isAdapter ? { _ in false } : Self.isOfWeights)
    return byteCount
  }

  /// Whether a model that is written in its place supersedes a file: weights, and adapters, which transformers would
  /// add to them.
  private static func isOfWeights(_ name: String) -> Bool {
    SafetensorsShards.isName(name)
      || [PEFTAdapter.configurationFile, PEFTAdapter.weightsFile].contains(name)
  }

  private func writeWeights(
    into folder: String,
    progress: (Int) throws(FormatError) -> Void
  ) throws(FormatError) -> (names: [String], byteCount: Int) {
    let metadata = [(key: "format", value: "pt")]
    guard isAdapter else {
      return try SafetensorsShards.write(
        weights,
        metadata: metadata,
        limit: shardSize,
        into: folder,
        progress: progress
      )
    }
    let name = PEFTAdapter.weightsFile
    let path = folder + "/" + name
    return (
      [name],
      try SafetensorsWriter.write(weights, metadata: metadata, to: path, progress: progress)
    )
  }
}

extension HuggingFaceFolder {
  /// The name that transformers knows a companion by; OpenAI's release has two others.
  private static func name(of companion: String) -> String {
    let name = companion.split(separator: "/").last.map(String.init) ?? companion
    return ["encoder.json": "vocab.json", "vocab.bpe": "merges.txt"][name] ?? name
  }
}
