package import BallastBytes
package import BallastCheckpoint
import BallastFormats
import BallastGPT2
package import BallastJSON
package import BallastTokenizer

/// GPT-2 as OpenAI released it: a tensor bundle, hparams.json, encoder.json and vocab.bpe.
///
/// Weights are Conv1D's, [1, in, out], under the names of TensorFlow's variables.
package enum OpenAIRelease {
  /// What the kinds of a canonical name are called: of layer norms, and of linear maps.
  private static let normKinds = ["weight": "g", "bias": "b"]
  private static let linearKinds = ["weight": "w", "bias": "b"]
  /// The endings of an optimiser's variables, which stand beside each weight in a training run.
  private static let optimizerSuffixes = ["/Adam", "/Adam_1"]

  static let hyperparametersName = "hparams.json"
  private static let checkpointName = "model.ckpt"

  /// The variable of a canonical name, or nil where GPT-2's release has none.
  package static func name(ofCanonical name: String) -> String? {
    guard let (_, layer) = WeightMap.entry(named: name[...]), name != "lm_head.weight",
      let dot = name.lastIndex(of: ".")
    else { return nil }
    let kind = String(name[name.index(after: dot)...])
    let prefix = layer.map { "h.\($0)." } ?? ""
    let module = name[..<dot].dropFirst(prefix.count)
    let start = "model/" + (layer.map { "h\($0)/" } ?? "")
    if module == "wte" || module == "wpe" { return start + module }
    let kinds = module.hasPrefix("ln_") ? normKinds : linearKinds
    return kinds[kind].map {
      start + module.split(separator: ".").joined(separator: "/") + "/" + $0
    }
  }

  /// The canonical name of a variable, or nil where it is none of GPT-2's.
  package static func canonicalName(_ variable: String) -> String? {
    var parts = variable.split(separator: "/", omittingEmptySubsequences: false)[...]
    guard parts.popFirst() == "model", let first = parts.first else { return nil }
    var prefix = ""
    if parts.count > 1, first.first == "h" {
      prefix = "h.\(first.dropFirst())."
      parts.removeFirst()
    }
    guard let last = parts.last else { return nil }
    let kinds = ["g": "weight", "w": "weight", "b": "bias"]
    let isEmbedding = prefix.isEmpty && parts.count == 1
    let kind = isEmbedding ? "weight" : kinds[String(last)]
    let module = (isEmbedding ? parts : parts.dropLast()).joined(separator: ".")
    guard let kind else { return nil }
    let canonical = prefix + module + "." + kind
    // There and back: `model/ln_f/w` is no variable.
    return name(ofCanonical: canonical) == variable ? canonical : nil
  }

  /// The weights of a bundle, the dimension of 1 before a matrix taken off.
  static func weights(of checkpoint: Checkpoint) throws(FormatError) -> [NamedTensor] {
    var weights: [NamedTensor] = []
    for tensor in checkpoint.tensors {
      if let name = canonicalName(tensor.name) {
        let isWrapped = tensor.shape.rank == 3 && tensor.shape.dimensions[0] == 1
        weights.append(NamedTensor(.canonical(name), isWrapped ? try tensor.element(0) : tensor))
      } else {
        let isModels = tensor.name.hasPrefix("model/")
        let isOptimizers = optimizerSuffixes.contains(where: tensor.name.hasSuffix)
        weights.append(NamedTensor(isModels && !isOptimizers ? .byName : .other, tensor))
      }
    }
    return weights
  }

  /// The configuration that hparams.json and OpenAI's arithmetic give, as `config.json` says it.
  ///
  /// Throws `ConfigurationFault.notObject` where it is no object.
  package static func configuration(
    hyperparameters: JSONValue
  ) throws(FormatError) -> JSONObject {
    guard let object = hyperparameters.object else {
      throw FormatError(ConfigurationFault.notObject)
    }
    var json = GPT2Configuration.publishedJSON
    for (key, name) in [
      ("n_vocab", "vocab_size"), ("n_ctx", "n_positions"), ("n_embd", "n_embd"),
      ("n_head", "n_head"), ("n_layer", "n_layer"),
    ] {
      guard let value = object[key] else {
        throw FormatError(ConfigurationFault.wrongType(key: key, expected: "there"))
      }
      json[name] = value
    }
    json.dropTokensOutsideVocabulary()
    return json
  }

  /// Writes a GPT-2 as OpenAI's code loads it, in float32; returns the number of bytes of data.
  ///
  /// The folder has all files but model.ckpt.meta, TensorFlow's graph, which that code does not
  /// read. Without a tokenizer encoder.json and vocab.bpe are missing too. Throws
  /// `ModelFault.notExpressible` where OpenAI's code would compute another model, and
  /// `ModelFault.outputExists` where the folder exists and `replacing` is false.
  @discardableResult
  package static func write(
    _ model: OpenedModel,
    tokenizer: TokenizerLists?,
    to path: String,
    replacing: Bool = false,
    losses: CastLosses? = nil,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let configuration = model.configuration
    try configuration.requirePublishedForm(for: "OpenAI's release")
    var files = [(name: "checkpoint", text: "")]
    for key in ["model_checkpoint_path", "all_model_checkpoint_paths"] {
      files[0].text += "\(key): \"\(checkpointName)\"\n"
    }
    let hyperparameters: JSONObject = [
      "n_vocab": .integer(configuration.vocabularySize),
      "n_ctx": .integer(configuration.positions), "n_embd": .integer(configuration.width),
      "n_head": .integer(configuration.heads), "n_layer": .integer(configuration.layers),
    ]
    files.append((hyperparametersName, JSONValue.object(hyperparameters).text(.indented) + "\n"))
    if let tokenizer {
      files += [
        ("encoder.json", tokenizer.vocabularyText), ("vocab.bpe", tokenizer.mergesText),
      ]
    }
    let staging = try StagingFolder(for: path, replacing: replacing)
    let bytes = try TensorBundleWriter.write(
      try outputs(of: model, losses: losses),
      to: staging.path + "/" + checkpointName,
      progress: progress
    )
    for (name, text) in files {
      let file = try AtomicFile(path: staging.path + "/" + name, replacing: true)
      try file.write(text)
      try file.commit()
    }
    let suffixes = [".data-00000-of-00001", ".index"]
    try staging.publish(suffixes.map { checkpointName + $0 } + files.map(\.name))
    return bytes
  }

  /// The weights under the variables' names, each once, in float32.
  static func outputs(
    of model: OpenedModel,
    losses: CastLosses? = nil
  ) throws(FormatError) -> [TensorOutput] {
    var outputs: [TensorOutput] = []
    for slot in WeightMap.slots(model.configuration) {
      guard let view = model.weights[slot.name], let name = name(ofCanonical: slot.name) else {
        throw FormatError(ModelFault.missing([slot.name]))
      }
      let stored = try slot.isConv1D ? view.transposed : view
      let output = stored.output(as: .f32, name: name, losses: losses)
      let sizes = (slot.isConv1D ? [1] : []) + output.shape.dimensions
      outputs.append(
        TensorOutput(name: name, dtype: .f32, shape: try Shape(sizes), castFrom: output.castFrom) {
          (sink) throws(FormatError) in
          try output.write(to: sink)
        }
      )
    }
    return outputs
  }
}
