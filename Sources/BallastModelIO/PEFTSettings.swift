import BallastBytes
import BallastGPT2
import BallastJSON

/// What adapter_config.json says of a low-rank adapter; whatever would change the sums otherwise is refused by name.
struct PEFTSettings {
  /// The rank, unless the factors of a map have another.
  let rank: Int
  let dropout: Double
  /// What the scale is made of, for maps that have none of their own.
  let alpha: Double
  /// Whether the scale is alpha / √rank in place of alpha / rank.
  private let isRankStabilized: Bool
  /// The alphas of certain maps, of which the first that fits counts.
  private let patterns: [(name: String, alpha: Double)]

  /// The most rows of A that are believed: more than the width of any model.
  private static let maximumRank = 1 << 16

  /// Reads the settings; throws `AdapterFault`.
  init(_ value: JSONValue) throws(FormatError) {
    guard let json = value.object, let type = json["peft_type"]?.string else {
      throw FormatError(AdapterFault.setting("peft_type"))
    }
    guard type == "LORA" else { throw FormatError(AdapterFault.unsupported("peft_type " + type)) }
    try Self.refuseOthers(json)
    guard let rank = json["r"]?.integer, (1...Self.maximumRank).contains(rank) else {
      throw FormatError(AdapterFault.setting("r"))
    }
    self.rank = rank
    guard let alpha = json["lora_alpha"]?.number, alpha.isFinite else {
      throw FormatError(AdapterFault.setting("lora_alpha"))
    }
    self.alpha = alpha
    dropout = try Self.given("lora_dropout", in: json, \.number) ?? 0
    guard GPT2Configuration.dropoutRange.contains(dropout) else {
      throw FormatError(AdapterFault.setting("lora_dropout"))
    }
    isRankStabilized = try Self.given("use_rslora", in: json, \.bool) ?? false
    patterns = try Self.patterns(try Self.given("alpha_pattern", in: json, \.object) ?? [:])
  }

  /// What the product of the factors of a map such as "h.3.attn.c_attn" is multiplied by.
  func scale(of map: String, rank: Int) -> Double {
    let full = "transformer." + map
    let own = patterns.first { pattern, _ in
      pattern.hasPrefix("^")
        ? [map, full].contains(String(pattern.dropFirst()))
        : full == pattern || full.hasSuffix("." + pattern)
    }
    return (own?.alpha ?? alpha) / (isRankStabilized ? Double(rank).squareRoot() : Double(rank))
  }

  /// A value that may be left out, but not be of another type.
  private static func given<Value>(
    _ key: String,
    in json: JSONObject,
    _ read: (JSONValue) -> Value?
  ) throws(FormatError) -> Value? {
    guard let value = json[key], value != .null else { return nil }
    guard let read = read(value) else { throw FormatError(AdapterFault.setting(key)) }
    return read
  }

  /// PEFT takes keys for regular expressions of the end of a module's name; those that are names are read.
  private static func patterns(
    _ json: JSONObject
  ) throws(FormatError) -> [(name: String, alpha: Double)] {
    var patterns: [(name: String, alpha: Double)] = []
    for (key, value) in json.members {
      let isName = key.drop { $0 == "^" }.utf8.allSatisfy { byte in
        byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
          || Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
      }
      guard isName else { throw FormatError(AdapterFault.unsupported("alpha_pattern " + key)) }
      guard let alpha = value.number, alpha.isFinite else {
        throw FormatError(AdapterFault.setting("alpha_pattern"))
      }
      patterns.append((key, alpha))
    }
    return patterns
  }

  /// Initialisations that leave the model's own weights as they are.
  private static let initializations: Set = ["gaussian", "eva", "orthogonal"]

  /// Refuses what is more than two factors beside weights that are the model's.
  private static func refuseOthers(_ json: JSONObject) throws(FormatError) {
    if let bias = json["bias"]?.string, bias != "none" {
      throw FormatError(AdapterFault.unsupported("bias " + bias))
    }
    for key in [
      "use_dora", "lora_bias", "use_qalora", "use_bdlora", "modules_to_save",
      "trainable_token_indices", "target_parameters", "layer_replication", "arrow_config",
      "alora_invocation_tokens", "kasa_config", "monteclora_config", "velora_config",
    ] {
      guard let value = json[key], value != .null, value != false,
        value.array?.isEmpty != true, value.object?.count != 0
      else { continue }
      throw FormatError(AdapterFault.unsupported(key))
    }
    if let name = json["init_lora_weights"]?.string,
      !initializations.contains(name.lowercased())
    {
      throw FormatError(AdapterFault.unsupported("init_lora_weights " + name))
    }
  }
}
