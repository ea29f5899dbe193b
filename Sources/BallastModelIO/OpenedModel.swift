public import BallastBytes
public import BallastCheckpoint
public import BallastFormats
public import BallastGPT2
public import BallastJSON

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

  /// The number of bytes of the weights in the file.
  package var byteCount: Int { weights.weights.reduce(0) { $0 &+ $1.byteCount } }
}
