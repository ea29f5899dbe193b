public import BallastBytes
public import BallastCheckpoint
public import BallastFormats
public import BallastGPT2
public import BallastJSON
public import BallastTokenizer
import FoundationEssentials

/// A MODEL on disk: configuration, weights and tokenizer, each checked against the others.
///
/// A folder in Hugging Face layout, or a single checkpoint file. A file may carry its
/// configuration (Ballast's native layout, GGUF and llm.c do); otherwise `config.json` beside it counts,
/// and at last the shapes of the weights.
public struct OpenedModel: Sendable {
  /// The path that was opened.
  public let path: String
  /// The folder in which configuration and tokenizer are looked for.
  public let folder: String
  /// The sizes and constants.
  public let configuration: GPT2Configuration
  /// `config.json` as it was, with the keys that Ballast does not know.
  public let configurationJSON: JSONObject
  /// The tensors as they stand in the file.
  public let checkpoint: Checkpoint
  /// The weights under canonical names.
  package internal(set) var weights: CanonicalCheckpoint
  /// What a user should know, such as an assumption that was made.
  public let notices: [String]
  /// Where the tokenizer is, if that was given.
  let tokenizerPath: String?

  /// The key of safetensors metadata under which a native file carries its configuration.
  package static let configurationKey = "ballast.config"

  /// Opens and checks a model; no weight is read yet.
  ///
  /// - Parameters:
  ///   - path: a folder or a file.
  ///   - configurationPath: a `config.json` that takes precedence.
  ///   - tokenizerPath: a folder or file with the tokenizer, in place of the model's folder.
  ///   - limits: what the checkpoint may ask of its reader.
  /// - Throws: `FormatError` that names what is missing, left over or of the wrong shape.
  public init(
    path: String,
    configurationPath: String? = nil,
    tokenizerPath: String? = nil,
    limits: ReadingLimits = .standard
  ) throws(FormatError) {
    try self.init(
      Checkpoint.open(path: path, limits: limits),
      path: path,
      configurationPath: configurationPath,
      tokenizerPath: tokenizerPath
    )
  }

  /// Checks a checkpoint that was opened at `path` already; throws as opening it does.
  package init(
    _ checkpoint: Checkpoint,
    path: String,
    configurationPath: String? = nil,
    tokenizerPath: String? = nil
  ) throws(FormatError) {
    self.checkpoint = checkpoint
    weights = try CanonicalCheckpoint(checkpoint)
    let folder = Self.folder(of: path)
    var notices: [String] = []
    if let json = try Self.configurationJSON(configurationPath, folder, checkpoint) {
      configurationJSON = json
      do {
        configuration = try GPT2Configuration(json: .object(json))
      } catch {
        throw error.inFile(configurationPath ?? "config.json")
      }
      if configurationPath == nil, NanoGPT.matches(checkpoint) { notices.append(NanoGPT.notice) }
    } else {
      configurationJSON = [:]
      configuration = try GPT2Configuration.inferred(from: weights)
      notices.append(
        "no config.json: assuming the published model of width \(configuration.width): "
          + "\(configuration.heads) heads and gelu_new; --config FILE overrides"
      )
    }
    self.path = path
    self.folder = folder
    self.tokenizerPath = tokenizerPath
    self.notices = notices
    try checkWeights()
  }

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

  /// How many weights may be missing for all of them to be named.
  private static let maximumMissing = 10

  /// Every weight of the map is there once, with its shape, and no other.
  private func checkWeights() throws(FormatError) {
    // A configuration of a billion layers is not unfolded into names: some are missing, and the first
    // of them comes after no more names than there are weights.
    if WeightMap.slotCount(configuration) > weights.weights.count + Self.maximumMissing,
      let first = WeightMap.blockNames(configuration).first(where: { weights[$0] == nil })
    {
      throw FormatError(ModelFault.missing([first]))
    }
    let slots = WeightMap.slots(configuration)
    let missing = slots.filter { weights[$0.name] == nil }
    guard missing.isEmpty else { throw FormatError(ModelFault.missing(missing.map(\.name))) }
    for slot in slots {
      guard let view = weights[slot.name] else { continue }
      guard view.shape.dimensions == slot.dimensions else {
        throw FormatError(
          ModelFault.wrongShape(
            slot.name,
            expected: slot.dimensions,
            found: view.shape.dimensions
          ),
          at: view.fileOffset,
          in: view.storage.file
        )
      }
      guard view.dtype.isFloatingPoint else {
        throw FormatError(
          ModelFault.notFloatingPoint(slot.name, view.dtype.rawValue),
          at: view.fileOffset,
          in: view.storage.file
        )
      }
    }
    // All are there, and each is there once.
    guard weights.weights.count > slots.count else { return }
    let expected = Set(slots.map(\.name))
    let extra = weights.weights.filter { !expected.contains($0.name) }
    for view in extra {
      guard view.name == "lm_head.weight", let embedding = weights["wte.weight"] else {
        throw FormatError(
          ModelFault.unexpected(extra.map(\.name)),
          at: view.fileOffset,
          in: view.storage.file
        )
      }
      guard try view.holdsSame(as: embedding) else {
        throw FormatError(ModelFault.headDiffers, at: view.fileOffset, in: view.storage.file)
      }
    }
  }

  /// Reads the weights into a model.
  ///
  /// Weights that lie in the file as the model needs them are used in place, unless `copying`
  /// asks for an arena of their own, as training does.
  public func loadModel(
    copying: Bool = false,
    precision: Precision = .float32
  ) throws(FormatError) -> GPT2Model {
    try GPT2Model(
      configuration,
      parameters: try GPT2Parameters.load(configuration, copying: copying) { weights[$0] },
      precision: precision
    )
  }

  /// Reads the weights into a model that is to generate.
  ///
  /// Weights of linear maps stay F16, BF16 or Q8_0 where they are, since generating takes as long as
  /// reading them does. Only `GPT2Generator` and `GPT2Model.logits` run such a model.
  public func loadModelAsStored() throws(FormatError) -> GPT2Model {
    try GPT2Model(
      configuration,
      parameters: try GPT2Parameters.load(configuration, copying: false, asStored: true) {
        weights[$0]
      }
    )
  }

  /// Whether `loadModelAsStored` keeps weights in fewer bits than `loadModel`.
  package var hasNarrowWeights: Bool {
    WeightMap.slots(configuration).contains { slot in
      weights[slot.name].map { slot.staysNarrow($0.dtype) } ?? false
    }
  }

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

  /// Whether a configuration lies beside a checkpoint, which a single file does not carry.
  package static func hasConfiguration(beside path: String) -> Bool {
    ["config.json", "hparams.json"].contains {
      FileManager.default.fileExists(atPath: folder(of: path) + "/" + $0)
    }
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

extension OpenedModel {
  /// The number of bytes of the weights in the file.
  package var byteCount: Int { weights.weights.reduce(0) { $0 &+ $1.byteCount } }
}
