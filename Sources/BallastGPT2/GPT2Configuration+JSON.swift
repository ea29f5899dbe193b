public import BallastBytes
public import BallastJSON
import BallastKernels

extension GPT2Configuration {
  /// The largest size that a key may have: token ids are 32 bits wide.
  static let maximumSize = Int(Int32.max)

  /// The probabilities with which elements may be dropped; what survives is divided by 1 - p.
  package static let dropoutRange = 0...0.999

  /// Reads `config.json`; keys that are missing have transformers' defaults.
  ///
  /// Throws the first fault that there is.
  public init(json: JSONValue) throws(FormatError) {
    var faults: [FormatError] = []
    try self.init(json: json, faults: &faults)
    if let fault = faults.first { throw fault }
  }

  /// Reads what can be read of `config.json`, a key with a wrong value as if it were missing, and
  /// gathers everything that is wrong.
  ///
  /// Throws where it is no object, or another model's.
  package init(json: JSONValue, faults: inout [FormatError]) throws(FormatError) {
    guard let object = json.object else { throw FormatError(ConfigurationFault.notObject) }
    if let type = object["model_type"]?.string, type != "gpt2" {
      throw FormatError(ConfigurationFault.otherModel(type))
    }
    var keys = Keys(object: object)
    self.init()
    keys.read("vocab_size", into: &vocabularySize)
    keys.read("n_ctx", into: &positions)
    keys.read("n_positions", into: &positions)
    keys.read("n_embd", into: &width)
    keys.read("n_layer", into: &layers)
    keys.read("n_head", into: &heads)
    var inner = 0
    keys.read("n_inner", into: &inner)
    explicitInnerWidth = inner == 0 ? nil : inner
    keys.read("activation_function", into: &activation)
    keys.read("layer_norm_epsilon", into: &normEpsilon, within: 0...1)
    keys.read("resid_pdrop", into: &residualDropout, within: Self.dropoutRange)
    keys.read("embd_pdrop", into: &embeddingDropout, within: Self.dropoutRange)
    keys.read("attn_pdrop", into: &attentionDropout, within: Self.dropoutRange)
    keys.read("initializer_range", into: &initializerRange, within: 0...100)
    keys.read("scale_attn_weights", into: &scalesAttention)
    keys.read("scale_attn_by_inverse_layer_idx", into: &scalesAttentionByInverseLayer)
    keys.read("reorder_and_upcast_attn", into: &reordersAndUpcastsAttention)
    keys.read("tie_word_embeddings", into: &tiesHead)
    beginningToken = keys.tokens("bos_token_id", default: [50256]).first
    endTokens = keys.tokens("eos_token_id", default: endTokens)
    var hasCrossAttention = false
    keys.read("add_cross_attention", into: &hasCrossAttention)
    faults += keys.faults
    if hasCrossAttention { faults.append(FormatError(ConfigurationFault.crossAttention)) }
    // What follows from a size that was not read is no fault of its own.
    faults += validityFaults.filter { !keys.lacksSize || !$0.isRatio }.map { FormatError($0) }
  }

  /// Checks what the sizes have to do with one another; throws the first fault that there is.
  public func validate() throws(FormatError) {
    if let fault = validityFaults.first { throw FormatError(fault) }
  }

  private var validityFaults: [ConfigurationFault] {
    var faults: [ConfigurationFault] = []
    for (key, value) in [
      ("vocab_size", vocabularySize), ("n_positions", positions), ("n_embd", width),
      ("n_layer", layers), ("n_head", heads),
    ] where value < 1 || value > Self.maximumSize {
      faults.append(.outOfRange(key: key, value: String(value)))
    }
    // What follows is computed with sizes in their range.
    guard faults.isEmpty else { return faults }
    if innerWidth < 1 || innerWidth > Self.maximumSize {
      return [.outOfRange(key: "n_inner", value: String(innerWidth))]
    }
    if width % heads != 0 { faults.append(.indivisibleWidth(width: width, heads: heads)) }
    if Activation(name: activation) == nil { faults.append(.unknownActivation(activation)) }
    // Every count that is computed later stays far below 2^63.
    let largest = Double(max(vocabularySize, positions, innerWidth, 3 * width)) * Double(width)
    if largest * Double(layers) >= 1e15 { faults.append(.tooLarge) }
    return faults
  }

  /// The configuration as `config.json`; keys of `original` that Ballast does not know are kept.
  public func json(extending original: JSONObject = [:]) -> JSONObject {
    var object = original
    if object["architectures"] == nil { object["architectures"] = ["GPT2LMHeadModel"] }
    object["model_type"] = "gpt2"
    object["vocab_size"] = .integer(vocabularySize)
    object["n_positions"] = .integer(positions)
    if object["n_ctx"] != nil { object["n_ctx"] = .integer(positions) }
    object["n_embd"] = .integer(width)
    object["n_layer"] = .integer(layers)
    object["n_head"] = .integer(heads)
    object["n_inner"] = explicitInnerWidth.map { .integer($0) } ?? .null
    object["activation_function"] = .string(activation)
    object["layer_norm_epsilon"] = .number(normEpsilon)
    object["resid_pdrop"] = .number(residualDropout)
    object["embd_pdrop"] = .number(embeddingDropout)
    object["attn_pdrop"] = .number(attentionDropout)
    object["initializer_range"] = .number(initializerRange)
    object["scale_attn_weights"] = .bool(scalesAttention)
    object["scale_attn_by_inverse_layer_idx"] = .bool(scalesAttentionByInverseLayer)
    object["reorder_and_upcast_attn"] = .bool(reordersAndUpcastsAttention)
    object["tie_word_embeddings"] = .bool(tiesHead)
    object["bos_token_id"] = beginningToken.map { .integer($0) } ?? .null
    object["eos_token_id"] =
      switch endTokens.count {
      case 0: .null
      case 1: .integer(endTokens[0])
      default: .array(endTokens.map { .integer($0) })
      }
    return object
  }
}

extension ConfigurationFault {
  /// Whether it is about sizes that do not go together.
  fileprivate var isRatio: Bool {
    switch self {
    case .indivisibleWidth, .tooLarge: true
    default: false
    }
  }
}

/// Typed access to the keys of a configuration; null counts as missing, and so does what is wrong.
private struct Keys {
  let object: JSONObject
  /// What is wrong with the values that were asked for.
  private(set) var faults: [FormatError] = []
  /// Whether a size is among them.
  private(set) var lacksSize = false

  init(object: JSONObject) {
    self.object = object
  }

  private func value(_ key: String) -> JSONValue? {
    object[key].flatMap { $0 == .null ? nil : $0 }
  }

  private mutating func refuse(_ fault: ConfigurationFault) {
    faults.append(FormatError(fault))
  }

  mutating func read(_ key: String, into target: inout Int) {
    guard let value = value(key) else { return }
    guard let size = value.integer else {
      lacksSize = true
      return refuse(.wrongType(key: key, expected: "a whole number"))
    }
    guard size > 0, size <= GPT2Configuration.maximumSize else {
      lacksSize = true
      return refuse(.outOfRange(key: key, value: String(size)))
    }
    target = size
  }

  mutating func read(
    _ key: String,
    into target: inout Double,
    within range: ClosedRange<Double>
  ) {
    guard let value = value(key) else { return }
    guard let number = value.number else {
      return refuse(.wrongType(key: key, expected: "a number"))
    }
    guard range.contains(number) else {
      return refuse(.outOfRange(key: key, value: String(number)))
    }
    target = number
  }

  mutating func read(_ key: String, into target: inout Bool) {
    guard let value = value(key) else { return }
    guard let bool = value.bool else {
      return refuse(.wrongType(key: key, expected: "true or false"))
    }
    target = bool
  }

  mutating func read(_ key: String, into target: inout String) {
    guard let value = value(key) else { return }
    guard let string = value.string else {
      return refuse(.wrongType(key: key, expected: "a text"))
    }
    target = string
  }

  /// Token ids: one, none for null, or a list of several ends of text.
  mutating func tokens(_ key: String, default: [Int]) -> [Int] {
    guard let value = object[key] else { return `default` }
    if value == .null { return [] }
    let ids = value.array ?? [value]
    let numbers = ids.compactMap(\.integer)
    guard numbers.count == ids.count else {
      refuse(.wrongType(key: key, expected: "a token id"))
      return `default`
    }
    return numbers
  }
}
