package import BallastBytes
package import BallastCheckpoint
import BallastFormats
import BallastGPT2
package import BallastInspection
import BallastJSON
import BallastTokenizer

/// What a checkpoint is held to beyond its format: the ties that it records, and where it is a GPT-2
/// its configuration and its tokenizer.
package struct ModelCheck: Sendable {
  /// What is wrong.
  package private(set) var findings: [IntegrityFinding] = []
  /// What could not be checked, and why.
  package private(set) var notices: [String] = []
  /// Whether weights were compared with a configuration, and a tokenizer with an embedding.
  package private(set) var hasConfiguration = false
  package private(set) var hasTokenizer = false

  private let path: String
  private let checkpoint: Checkpoint?

  /// Checks what lies at `path`, where `checkpoint` is what could be opened of it.
  ///
  /// Where that is not the whole, weights that are missing are no further finding.
  /// Throws only what `progress` does, which gets the number of elements that were read since.
  package init(
    _ checkpoint: Checkpoint?,
    path: String,
    isWhole: Bool = true,
    progress: @escaping DifferenceProgress = { _ in }
  ) throws(FormatError) {
    self.checkpoint = checkpoint
    self.path = path
    if let checkpoint { try checkRecordedTies(in: checkpoint, progress) }
    var faults: [FormatError] = []
    var weights: CanonicalCheckpoint?
    var isOther = false
    if let checkpoint {
      do {
        weights = try CanonicalCheckpoint(checkpoint, faults: &faults)
      } catch {
        isOther = error.fault as? ModelFault == .notGPT2
        if !isOther { faults.append(error) }
      }
    }
    let statement = statement(isGPT2: checkpoint != nil && !isOther)
    guard let statement else { return }
    if isOther {
      // The folder says that it is a GPT-2, and its tensors are others.
      if statement.isStatedType { add(.error, FormatError(ModelFault.notGPT2)) }
      return
    }
    for fault in faults where !statement.allows(fault) { addEach(fault) }
    if FolderCheck.isShard(path) {
      notices.append("one shard of several: it was not checked against a configuration")
      return
    }
    hasConfiguration = statement.configuration != nil && weights != nil
    if let weights, let checkpoint {
      let check = WeightCheck(weights, of: checkpoint, stated: statement.configuration)
      for fault in check.faults where isWhole || !Self.isAbsence(fault) { addEach(fault) }
      try checkHead(weights, statement.configuration, progress)
    }
    checkTokens(weights, statement)
  }

  private static func isAbsence(_ error: FormatError) -> Bool {
    switch error.fault as? ModelFault {
    case .missing, .missingLayers: true
    default: false
    }
  }

  private mutating func add(
    _ severity: IntegrityFinding.Severity,
    _ error: FormatError,
    tensor: String? = nil,
    details: String = ""
  ) {
    findings.append(IntegrityFinding(severity, error, tensor: tensor, details: details))
  }

  /// A fault that lists tensors as one finding for each of them.
  private mutating func addEach(_ error: FormatError) {
    guard let fault = error.fault as? ModelFault else { return add(.error, error) }
    switch fault {
    case .missing(let names):
      for name in names { add(.error, FormatError(ModelFault.missing([name])), tensor: name) }
    case .unexpected(let names):
      for name in names {
        let view = checkpoint?[name]
        let error = FormatError(
          ModelFault.unexpected([name]),
          at: view?.fileOffset,
          in: view?.storage.file
        )
        add(.error, error, tensor: name)
      }
    case .wrongShape(let name, _, _), .notFloatingPoint(let name, _):
      add(.error, error, tensor: name)
    case .mixedTypes: add(.warning, error)
    default: add(.error, error)
    }
  }
}

extension ModelCheck {
  /// What is said of a model beside its weights.
  private struct Statement {
    var configuration: GPT2Configuration?
    /// Whether a configuration says in so many words that this is a GPT-2.
    var isStatedType = false
    /// The file that says it.
    var file: String?
    /// Whether it is a GPT-2 with another head than that of a language model.
    var hasOtherHead = false

    /// Whether an unexpected tensor is such a head's, which stands beside the transformer.
    func allows(_ error: FormatError) -> Bool {
      guard hasOtherHead, case .unexpected(let names) = error.fault as? ModelFault else {
        return false
      }
      return names.allSatisfy { !$0.contains("transformer.") && !$0.hasPrefix("h.") }
    }
  }

  /// Reads the configuration and says what is wrong with it; nil where the model is another one, so
  /// that nothing is known of it.
  private mutating func statement(isGPT2: Bool) -> Statement? {
    let folder = OpenedModel.folder(of: path)
    let json: JSONObject?
    do throws(FormatError) {
      json =
        if let checkpoint {
          try OpenedModel.configurationJSON(nil, folder, checkpoint)
        } else {
          try OpenedModel.configurationFile(folder + "/config.json", name: "config.json")
        }
    } catch {
      // Other architectures have tensors of these names too.
      if case .otherArchitecture = error.fault as? GGUFModelFault { return nil }
      if isGPT2 || folder == path { add(.error, error) }
      return isGPT2 ? Statement() : nil
    }
    guard let json else {
      if isGPT2 {
        notices.append("no config.json: the weights were checked against each other alone")
      }
      return isGPT2 ? Statement() : nil
    }
    let isStatedType = json["model_type"]?.string == "gpt2"
    // A single file of something else may lie beside anything.
    guard isGPT2 || isStatedType && folder == path else { return nil }
    let file = checkpoint.map { OpenedModel.configurationName($0, folder) } ?? "config.json"
    var statement = Statement(isStatedType: isStatedType, file: file)
    let architectures = json["architectures"]?.array ?? []
    statement.hasOtherHead = !architectures.isEmpty && !architectures.contains("GPT2LMHeadModel")
    var faults: [FormatError] = []
    do {
      statement.configuration = try GPT2Configuration(json: .object(json), faults: &faults)
    } catch {
      if case .otherModel = error.fault as? ConfigurationFault { return nil }
      add(.error, error.inFile(statement.file))
    }
    for fault in faults {
      switch fault.fault as? ConfigurationFault {
      case .crossAttention:
        notices.append(fault.description)
        return nil
      case .unknownActivation: add(.warning, fault.inFile(statement.file))
      default: add(.error, fault.inFile(statement.file))
      }
    }
    return statement
  }

  /// A head of its own although the configuration ties it, and how far it is from the embedding.
  private mutating func checkHead(
    _ weights: CanonicalCheckpoint,
    _ configuration: GPT2Configuration?,
    _ progress: @escaping DifferenceProgress
  ) throws(FormatError) {
    guard let configuration, configuration.tiesHead, let head = weights["lm_head.weight"],
      let embedding = weights["wte.weight"], head.shape == embedding.shape,
      let difference = try difference(head, embedding, progress)
    else { return }
    let error = FormatError(
      ModelFault.headDiffers,
      at: head.fileOffset,
      in: head.storage.file
    )
    add(.error, error, tensor: weights.sourceNames["lm_head.weight"], details: difference)
  }

  /// Ties that the metadata records and the tensors contradict.
  private mutating func checkRecordedTies(
    in checkpoint: Checkpoint,
    _ progress: @escaping DifferenceProgress
  ) throws(FormatError) {
    for (name, original) in Conversion.statedTies(in: checkpoint) {
      guard let source = checkpoint[original] else {
        let error = FormatError(TieFault.noOriginal(name: name, original: original))
        add(.error, error, tensor: name)
        continue
      }
      guard let tied = checkpoint[name] else { continue }
      let fault = TieFault.differs(name: name, original: original)
      let error = FormatError(fault, at: tied.fileOffset, in: tied.storage.file)
      if tied.shape != source.shape {
        add(.error, error, tensor: name, details: ": \(tied.shape) and \(source.shape)")
      } else if let difference = try difference(tied, source, progress) {
        add(.error, error, tensor: name, details: difference)
      }
    }
  }

  /// How two tensors of one shape differ, in words that go on; nil where they are the same.
  private func difference(
    _ a: TensorView,
    _ b: TensorView,
    _ progress: @escaping DifferenceProgress
  ) throws(FormatError) -> String? {
    if a.isTied(to: b) { return nil }
    let figures: DifferenceFigures?
    do {
      figures = try DifferenceFigures.between(a, b, progress: progress)
    } catch {
      // Values that cannot be read are another finding; work that was given up is none.
      try progress(0)
      return nil
    }
    guard a.dtype == b.dtype else { return ": \(a.dtype.rawValue) and \(b.dtype.rawValue)" }
    guard let figures else { return nil }
    guard figures.changed > 0 else { return nil }
    return ": by \(figures.maximumAbsolute) at most, in \(figures.changed) of "
      + "\(figures.count) values"
  }

  /// The tokenizer, and the tokens that the configuration names, against the embedding.
  private mutating func checkTokens(_ weights: CanonicalCheckpoint?, _ statement: Statement) {
    let configuration = statement.configuration
    let rows = weights?["wte.weight"]?.shape.dimensions.first ?? configuration?.vocabularySize
    guard let rows else { return }
    if let configuration {
      let beginning = configuration.beginningToken.map { ("bos_token_id", $0) }
      let ends = configuration.endTokens.map { ("eos_token_id", $0) }
      for (key, token) in [beginning].compactMap(\.self) + ends where !(0..<rows).contains(token) {
        let fault = VocabularyFault.tokenBeyondEmbedding(key: key, token: token, rows: rows)
        add(.error, FormatError(fault, in: statement.file))
      }
    }
    let tokens: Int
    do {
      tokens = try OpenedModel.tokenizer(of: checkpoint, path: path).vocabularySize
    } catch {
      switch error.fault {
      case TokenizerFault.noTokenizer: return
      case TokenizerFault.unsupported, GGUFModelFault.otherTokenizer:
        notices.append("the tokenizer was not checked: \(error)")
      default: add(.error, error)
      }
      return
    }
    hasTokenizer = true
    let padded = (tokens + VocabularyFault.padding - 1) / VocabularyFault.padding
    if tokens > rows {
      add(.error, FormatError(VocabularyFault.beyondEmbedding(tokens: tokens, rows: rows)))
    } else if rows > padded * VocabularyFault.padding {
      add(.warning, FormatError(VocabularyFault.unusedRows(tokens: tokens, rows: rows)))
    }
  }
}
