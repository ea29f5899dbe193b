public import BallastBytes
public import BallastJSON
import BallastKernels

extension GPT2Configuration {
  /// The largest size that a key may have: token ids are 32 bits wide.
  static let maximumSize = Int(Int32.max)

  /// The probabilities with which elements may be dropped; what survives is divided by 1 - p.
  package static let dropoutRange = 0...0.999

  /// Reads `config.json`; keys that are missing have transformers' defaults.
  public init(json: JSONValue) throws(FormatError) {
    guard let object = json.object else { throw FormatError(ConfigurationFault.notObject) }
    if let type = object["model_type"]?.string, type != "gpt2" {
      throw FormatError(ConfigurationFault.otherModel(type))
    }
    let keys = Keys(object: object)
    self.init()
    try keys.read("vocab_size", into: &vocabularySize)
    try keys.read("n_ctx", into: &positions)
    try keys.read("n_positions", into: &positions)
    try keys.read("n_embd", into: &width)
    try keys.read("n_layer", into: &layers)
    try keys.read("n_head", into: &heads)
    var inner = 0
    try keys.read("n_inner", into: &inner)
    explicitInnerWidth = inner == 0 ? nil : inner
    try keys.read("activation_function", into: &activation)
    try keys.read("layer_norm_epsilon", into: &normEpsilon, within: 0...1)
    try keys.read("resid_pdrop", into: &residualDropout, within: Self.dropoutRange)
    try keys.read("embd_pdrop", into: &embeddingDropout, within: Self.dropoutRange)
    try keys.read("attn_pdrop", into: &attentionDropout, within: Self.dropoutRange)
    try keys.read("initializer_range", into: &initializerRange, within: 0...100)
    try keys.read("scale_attn_weights", into: &scalesAttention)
    try keys.read("scale_attn_by_inverse_layer_idx", into: &scalesAttentionByInverseLayer)
    try keys.read("reorder_and_upcast_attn", into: &reordersAndUpcastsAttention)
    try keys.read("tie_word_embeddings", into: &tiesHead)
    beginningToken = try keys.tokens("bos_token_id", default: [50256]).first
    endTokens = try keys.tokens("eos_token_id", default: endTokens)
    var hasCrossAttention = false
    try keys.read("add_cross_attention", into: &hasCrossAttention)
    guard !hasCrossAttention else { throw FormatError(ConfigurationFault.crossAttention) }
    try validate()
  }

  /// Checks what the sizes have to do with one another.
  public func validate() throws(FormatError) {
    for (key, value) in [
      ("vocab_size", vocabularySize), ("n_positions", positions), ("n_embd", width),
      ("n_layer", layers), ("n_head", heads), ("n_inner", innerWidth),
    ] where value < 1 || value > Self.maximumSize {
      throw FormatError(ConfigurationFault.outOfRange(key: key, value: String(value)))
    }
    guard width % heads == 0 else {
      throw FormatError(ConfigurationFault.indivisibleWidth(width: width, heads: heads))
    }
    guard Activation(name: activation) != nil else {
      throw FormatError(ConfigurationFault.unknownActivation(activation))
    }
    // Every count that is computed later stays far below 2^63.
    let largest = Double(max(vocabularySize, positions, innerWidth, 3 * width)) * Double(width)
    guard largest * Double(layers) < 1e15 else { throw FormatError(ConfigurationFault.tooLarge) }
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

/// Typed access to the keys of a configuration; null counts as missing.
private struct Keys {
  let object: JSONObject

  func value(_ key: String) -> JSONValue? {
    object[key].flatMap { $0 == .null ? nil : $0 }
  }

  func read(_ key: String, into target: inout Int) throws(FormatError) {
    guard let value = value(key) else { return }
    guard let size = value.integer else {
      throw FormatError(ConfigurationFault.wrongType(key: key, expected: "a whole number"))
    }
    guard size > 0, size <= GPT2Configuration.maximumSize else {
      throw FormatError(ConfigurationFault.outOfRange(key: key, value: String(size)))
    }
    target = size
  }

  func read(
    _ key: String,
    into target: inout Double,
    within range: ClosedRange<Double>
  ) throws(FormatError) {
    guard let value = value(key) else { return }
    guard let number = value.number else {
      throw FormatError(ConfigurationFault.wrongType(key: key, expected: "a number"))
    }
    guard range.contains(number) else {
      throw FormatError(ConfigurationFault.outOfRange(key: key, value: String(number)))
    }
    target = number
  }

  func read(_ key: String, into target: inout Bool) throws(FormatError) {
    guard let value = value(key) else { return }
    guard let bool = value.bool else {
      throw FormatError(ConfigurationFault.wrongType(key: key, expected: "true or false"))
    }
    target = bool
  }

  func read(_ key: String, into target: inout String) throws(FormatError) {
    guard let value = value(key) else { return }
    guard let string = value.string else {
      throw FormatError(ConfigurationFault.wrongType(key: key, expected: "a text"))
    }
    target = string
  }

  /// Token ids: one, none for null, or a list of several ends of text.
  func tokens(_ key: String, default: [Int]) throws(FormatError) -> [Int] {
    guard let value = object[key] else { return `default` }
    if value == .null { return [] }
    return try (value.array ?? [value]).map { (id) throws(FormatError) in
      guard let id = id.integer else {
        throw FormatError(ConfigurationFault.wrongType(key: key, expected: "a token id"))
      }
      return id
    }
  }
}
