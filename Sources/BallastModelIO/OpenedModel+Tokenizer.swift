public import BallastBytes
import BallastCheckpoint
import BallastFormats
public import BallastTokenizer
import FoundationEssentials

/// The tokenizer of a model, and the other files that go with it.
extension OpenedModel {
  /// The files that go with a copy of this model.
  package var companions: [String] {
    HuggingFaceFolder.companions(
      in: folder,
      tokenizer: tokenizerPath.map(Self.folder) ?? folder
    )
  }

  /// Whether a tokenizer's files go with a copy of this model.
  package var hasTokenizer: Bool { companions.contains(where: Self.isOfTokenizer) }

  /// Whether a companion is one of the tokenizer's files.
  static func isOfTokenizer(_ companion: String) -> Bool {
    !companion.hasSuffix("/generation_config.json")
  }

  /// Reads the tokenizer; throws where there is none.
  public func loadTokenizer() throws(FormatError) -> Tokenizer {
    if let tokenizerPath { return try Tokenizer(path: tokenizerPath) }
    return try Self.tokenizer(of: checkpoint, path: path)
  }

  /// The tokenizer that a checkpoint carries or has beside it; throws where there is none.
  static func tokenizer(
    of checkpoint: Checkpoint?,
    path: String
  ) throws(FormatError) -> Tokenizer {
    if let checkpoint, checkpoint.format == GGUF.name,
      let tokenizer = try GGUFModel.tokenizer(of: checkpoint)
    {
      return tokenizer
    }
    if let checkpoint, checkpoint.format == GGML.name {
      return try Tokenizer(try GGMLModel.tokenizerLists(path: path))
    }
    return try Tokenizer(path: folder(of: path))
  }

  /// The tokenizer as plain lists, or nil where there is none.
  package func tokenizerLists() throws(FormatError) -> TokenizerLists? {
    if tokenizerPath == nil, checkpoint.format == GGUF.name {
      return try GGUFModel.tokenizerLists(of: checkpoint)
    }
    if tokenizerPath == nil, checkpoint.format == GGML.name {
      return try GGMLModel.tokenizerLists(path: path)
    }
    let llmc = folder + "/" + LLMCTokenizer.customaryName
    guard tokenizerPath != nil || hasTokenizer || FileManager.default.fileExists(atPath: llmc)
    else { return nil }
    return try TokenizerLists(path: tokenizerPath ?? folder)
  }
}
