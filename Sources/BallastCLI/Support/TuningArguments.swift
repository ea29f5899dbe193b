import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastTokenizer
import BallastTraining

/// What of a model is trained: all of it, a part, or low-rank adapters in its place.
struct TuningArguments: ParsableArguments {
  @Option(value: "GLOB", help: "Leave parameters of such names as they are; may be repeated.")
  var freeze: [NamePattern] = []
  @Option(value: "N", in: 1..., help: "Train the last N blocks and ln_f alone.")
  var lastLayers: Int?
  @Option(
    in: 1...65_536,
    help: "Train low-rank adapters (LoRA) of this rank in place of the model."
  )
  var loraRank: Int?
  @Option(
    in: .moreThan(0),
    help: "The adapters' scale is this through the rank; twice the rank if not given."
  )
  var loraAlpha: Double?
  @Option(in: GPT2Configuration.dropoutRange, help: "Dropout before the adapters.")
  var loraDropout: Double?
  @Option(
    value: "NAMES",
    help: """
      The maps that get an adapter, c_attn if none is given: names with commas between them; may \
      be repeated.
      """
  )
  var loraTargets: [TargetNames] = []
  @OptionGroup var adapter: AdapterArguments
  @Flag(help: "Write a whole model with the adapters added, in place of the adapters.")
  var merge = false

  @Option(
    value: "TEXT",
    help: """
      Add a token, which stands for this text; its embedding begins as the mean of the others. May \
      be repeated.
      """
  )
  var addToken: [AddedTokenText] = []

  func validate() throws {
    let limit = ExtendedTokenizer.maximumTokenBytes
    if let length = addToken.map(\.text.utf8.count).max(), length > limit {
      throw UsageError("'--add-token' takes at most \(limit) bytes, and one text has \(length)")
    }
    var added: Set<ExactString> = []
    for token in addToken where !added.insert(ExactString(token.text)).inserted {
      throw UsageError("'--add-token' is given \(token.text.debugDescription) twice")
    }
    let isAdapted = loraRank != nil || adapter.adapter != nil
    if loraRank != nil, adapter.adapter != nil {
      throw UsageError("give '--lora-rank' for new adapters or '--adapter' for some, not both")
    }
    if loraRank == nil, loraAlpha != nil || loraDropout != nil || !loraTargets.isEmpty {
      throw UsageError(
        "'--lora-alpha', '--lora-dropout' and '--lora-targets' go with '--lora-rank'"
      )
    }
    if merge, !isAdapted { throw UsageError("'--merge' goes with '--lora-rank' or '--adapter'") }
    if isAdapted, !freeze.isEmpty || lastLayers != nil {
      throw UsageError(
        "with adapters the whole model is frozen: leave out '--freeze' and '--last-layers'"
      )
    }
    if isAdapted, !addToken.isEmpty {
      throw UsageError("an adapter has no embeddings: '--add-token' goes with a model alone")
    }
  }

  /// The adapters to train; nil where the model itself is trained.
  func adapters(from saved: PEFTAdapter?) -> LoRAOptions? {
    if let saved { return saved.options }
    guard let loraRank else { return nil }
    let targets = loraTargets.isEmpty ? [.attentionInput] : loraTargets.flatMap(\.targets)
    return LoRAOptions(
      rank: loraRank,
      alpha: loraAlpha ?? Double(2 * loraRank),
      dropout: loraDropout ?? 0,
      targets: Set(targets)
    )
  }

  /// The canonical names of what is trained; nil for all.
  ///
  /// Throws for a pattern that no name has.
  func trained(of configuration: GPT2Configuration) throws -> Set<String>? {
    guard !freeze.isEmpty || lastLayers != nil else { return nil }
    let names = WeightMap.slots(configuration).map(\.name)
    var trained = Set(names)
    for pattern in freeze {
      let matched = names.filter {
        pattern.matches($0) || pattern.matches(HuggingFaceFolder.weightName($0))
      }
      guard !matched.isEmpty else {
        throw UsageError("no parameter is called '\(pattern.text)': see ballast inspect")
      }
      trained.subtract(matched)
    }
    if let lastLayers {
      let first = max(0, configuration.layers - lastLayers)
      trained = trained.filter { name in
        name.hasPrefix("ln_f.") || WeightMap.layer(of: name).map { $0 >= first } ?? false
      }
    }
    return trained
  }

  /// What a resumed run must be told again.
  func settings(_ options: TrainingOptions) -> JSONObject {
    var json: JSONObject = [
      "trained": .string(
        options.trained.map { "\($0.count): \($0.sorted().joined(separator: " "))" } ?? "all"
      ),
      "added_tokens": .array(addToken.map { .string($0.text) }), "lora_rank": 0,
    ]
    if let adapters = options.adapters {
      json["lora_rank"] = .integer(adapters.rank)
      json["lora_alpha"] = .number(adapters.alpha)
      json["lora_dropout"] = .number(adapters.dropout)
      json["lora_targets"] = .string(
        adapters.targets.map(\.rawValue).sorted().joined(separator: " ")
      )
    }
    return json
  }
}

/// The text of a token that can be added.
struct AddedTokenText: ExpressibleByArgument {
  let text: String
  var argument: String { text }

  init(argument: String) throws(InvalidArgument) {
    guard !argument.unicodeScalars.allSatisfy(\.properties.isWhitespace) else {
      throw InvalidArgument("expected a text that is not only white space")
    }
    // Data are cut there before they are read as tokens, so that it would never be found.
    guard !argument.contains(TextDocuments.separator) else {
      throw InvalidArgument(
        "expected a text without \(TextDocuments.separator), which ends documents"
      )
    }
    text = argument
  }
}

/// Ends of the paths of linear maps, as PEFT takes them: `c_proj` stands for those of attention and of the MLP.
struct TargetNames: ExpressibleByArgument {
  let argument: String
  let targets: [LoRAOptions.Target]

  init(argument: String) throws(InvalidArgument) {
    var targets: [LoRAOptions.Target] = []
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let found = LoRAOptions.Target.allCases.filter {
        $0.rawValue == name || $0.rawValue.hasSuffix("." + name)
      }
      guard !found.isEmpty else {
        throw InvalidArgument("expected c_attn, c_proj, c_fc, attn.c_proj or mlp.c_proj")
      }
      targets += found
    }
    self.argument = argument
    self.targets = targets
  }
}
