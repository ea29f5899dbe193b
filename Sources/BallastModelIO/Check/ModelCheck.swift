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
  /// What is wrong: the first `IntegrityFinding.maximumOfRule` findings of each rule.
  package private(set) var findings: [IntegrityFinding] = []
  /// The number of findings beyond them.
  package private(set) var leftOut = 0
  private var counts: [String: Int] = [:]
  /// What could not be checked, and why.
  package internal(set) var notices: [String] = []
  /// Whether weights were compared with a configuration, and a tokenizer with an embedding.
  package private(set) var hasConfiguration = false
  package private(set) var hasTokenizer = false

  let path: String
  let checkpoint: Checkpoint?

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
      // Sizes that were not understood are not compared with their defaults.
      let stated = statement.statesSizes ? statement.configuration : nil
      let check = WeightCheck(weights, of: checkpoint, stated: stated, keys: statement.keys)
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

  mutating func add(
    _ severity: IntegrityFinding.Severity,
    _ error: FormatError,
    tensor: String? = nil,
    details: String = ""
  ) {
    // What is not listed is not put into words either.
    let rule = IntegrityFinding.rule(of: error.fault)
    counts[rule, default: 0] += 1
    guard counts[rule, default: 0] <= IntegrityFinding.maximumOfRule else {
      leftOut += 1
      return
    }
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
  /// The tokenizer, and the tokens that the configuration names, against the embedding.
  private mutating func checkTokens(_ weights: CanonicalCheckpoint?, _ statement: Statement) {
    let configuration = statement.configuration
    let rows = weights?["wte.weight"]?.shape.dimensions.first ?? configuration?.vocabularySize
    guard let rows else { return }
    if let configuration {
      let beginning = configuration.beginningToken.map { ("bos_token_id", $0) }
      let ends = configuration.endTokens.map { ("eos_token_id", $0) }
      for (key, token) in [beginning].compactMap(\.self) + ends where !(0..<rows).contains(token) {
        let fault = VocabularyFault.tokenBeyondEmbedding(
          key: key,
          token: token,
          isDefault: !statement.keys.contains(key),
          rows: rows
        )
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
