import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import FoundationEssentials

/// Where the configuration of a model stands: in the checkpoint, or beside it.
extension OpenedModel {
  /// The folder in which the companions of a model lie: itself, or the one that holds the file.
  package static func folder(of path: String) -> String {
    var isFolder = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder {
      return path
    }
    return CheckpointPath.folder(of: path)
  }

  /// The configuration that a checkpoint carries or has beside it; nil where there is none, or none
  /// that can be understood.
  static func statedConfiguration(of checkpoint: Checkpoint, path: String) -> GPT2Configuration? {
    guard let json = try? configurationJSON(nil, folder(of: path), checkpoint) else { return nil }
    return try? GPT2Configuration(json: .object(json))
  }

  /// What the configuration given by path says, or else the file's own or that beside it.
  static func configurationJSON(
    _ given: String?,
    _ folder: String,
    _ checkpoint: Checkpoint
  ) throws(FormatError) -> JSONObject? {
    if given == nil, let text = checkpoint.metadata[configurationKey]?.string {
      guard let object = try JSONValue(parsing: text).object else {
        throw FormatError(ConfigurationFault.notObject)
      }
      return object
    }
    switch given == nil ? checkpoint.format : nil {
    case GGUF.name: return try GGUFModel.configuration(of: checkpoint)
    case LLMC.name: return LLMCModel.configuration(of: checkpoint)
    case GGML.name: return try GGMLModel.configuration(of: checkpoint)
    case TensorBundle.name: return try hyperparameters(in: folder)
    default: break
    }
    if given == nil, NanoGPT.matches(checkpoint) {
      return try NanoGPT.configuration(of: checkpoint)
    }
    if let given { return try configurationFile(given, name: given, isGiven: true) }
    return try configurationFile(folder + "/config.json", name: "config.json")
  }

  /// The file whose words `configurationJSON` gives; nil where the checkpoint says them itself.
  static func configurationName(_ checkpoint: Checkpoint, _ folder: String) -> String? {
    let isOwn =
      checkpoint.metadata[configurationKey] != nil || NanoGPT.matches(checkpoint)
      || [GGUF.name, LLMC.name, GGML.name].contains(checkpoint.format)
    let name = OpenAIRelease.hyperparametersName
    let isRelease = checkpoint.format == TensorBundle.name
    if isRelease, FileManager.default.fileExists(atPath: folder + "/" + name) { return name }
    return isOwn ? nil : "config.json"
  }

  /// The object in a configuration's file; nil where none was given and none is there.
  static func configurationFile(
    _ path: String,
    name: String,
    isGiven: Bool = false
  ) throws(FormatError) -> JSONObject? {
    if !isGiven, !FileManager.default.fileExists(atPath: path) { return nil }
    do throws(FormatError) {
      let value = try JSONValue(contentsOf: path)
      guard let object = value.object else { throw FormatError(ConfigurationFault.notObject) }
      return object
    } catch {
      throw error.inFile(name)
    }
  }

  /// What hparams.json says, or else config.json, where one of them lies beside a bundle.
  private static func hyperparameters(in folder: String) throws(FormatError) -> JSONObject? {
    let name = OpenAIRelease.hyperparametersName
    let path = folder + "/" + name
    guard FileManager.default.fileExists(atPath: path) else {
      return try configurationFile(folder + "/config.json", name: "config.json")
    }
    do throws(FormatError) {
      return try OpenAIRelease.configuration(hyperparameters: JSONValue(contentsOf: path))
    } catch {
      throw error.inFile(name)
    }
  }

  /// Whether a configuration lies beside a checkpoint, which a single file does not carry.
  package static func hasConfiguration(beside path: String) -> Bool {
    ["config.json", "hparams.json"].contains {
      FileManager.default.fileExists(atPath: folder(of: path) + "/" + $0)
    }
  }
}
