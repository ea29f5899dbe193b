import BallastBytes
import BallastGPT2
import BallastInspection
import BallastJSON

extension ModelCheck {
  /// What is said of a model beside its weights.
  struct Statement {
    var configuration: GPT2Configuration?
    /// The keys that it has; others have their defaults.
    var keys: Set<String> = []
    /// Whether a configuration says in so many words that this is a GPT-2.
    var isStatedType = false
    /// The file that says it.
    var file: String?
    /// Whether every size that it has could be read.
    var statesSizes = true
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
  mutating func statement(isGPT2: Bool) -> Statement? {
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
    var statement = Statement(
      keys: Set(json.members.map(\.key)),
      isStatedType: isStatedType,
      file: file
    )
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
      default:
        add(.error, fault.inFile(statement.file))
        if fault.fault.isOfSize { statement.statesSizes = false }
      }
    }
    return statement
  }
}

extension FormatFault {
  /// Whether it is about the value of a size in a configuration.
  fileprivate var isOfSize: Bool {
    switch self as? ConfigurationFault {
    case .wrongType(let key, _), .outOfRange(let key, _):
      ["vocab_size", "n_ctx", "n_positions", "n_embd", "n_layer", "n_head", "n_inner"].contains(key)
    default: false
    }
  }
}
