package import BallastBytes
import BallastCheckpoint
import BallastFormats
package import BallastGPT2
import BallastJSON
import FoundationEssentials

/// A low-rank adapter as PEFT saves it: a folder with adapter_config.json and adapter_model.safetensors.
///
/// Its tensors are called `base_model.model.transformer.h.3.attn.c_attn.lora_A.weight` [r, in] and
/// `….lora_B.weight` [out, r].
package struct PEFTAdapter {
  /// The file of the settings.
  package static let configurationFile = "adapter_config.json"
  package static let weightsFile = "adapter_model.safetensors"
  private static let prefix = "base_model.model."

  /// The rank, alpha and dropout that it was made with, and the maps that it has factors for.
  package let options: LoRAOptions
  private let settings: PEFTSettings
  private let pairs: [Pair]

  /// The name of a map, such as "h.3.attn.c_attn", with its two tensors.
  private typealias Pair = (map: String, down: TensorView, up: TensorView)

  /// Opens a folder; throws `AdapterFault` for what cannot be carried into a GPT-2.
  package init(path: String) throws(FormatError) {
    do throws(FormatError) {
      settings = try PEFTSettings(JSONValue(contentsOf: path + "/" + Self.configurationFile))
    } catch {
      throw error.inFile(Self.configurationFile)
    }
    do throws(FormatError) {
      pairs = try Self.pairs(of: Checkpoint.open(path: path + "/" + Self.weightsFile))
    } catch {
      throw error.inFile(Self.weightsFile)
    }
    let targets = pairs.compactMap { pair in
      LoRAOptions.Target.allCases.first { pair.map.hasSuffix("." + $0.rawValue) }
    }
    options = LoRAOptions(
      rank: settings.rank,
      alpha: settings.alpha,
      dropout: settings.dropout,
      targets: Set(targets)
    )
  }

  /// Adds the adapter to the weights of a model, which must own them.
  package func merge(into model: GPT2Model) throws(FormatError) {
    let (parameters, weights) = try load(for: model.parameters)
    for weight in weights {
      guard let pair = parameters[weight] else { continue }
      let scale = settings.scale(of: Self.map(of: weight), rank: pair.down.shape[0])
      model.parameters.merge(pair, scale: scale, into: weight)
    }
  }

  /// What the adapter adds to each of its weights, by canonical name, each [out, in].
  func products(
    for configuration: GPT2Configuration
  ) throws(FormatError) -> [(weight: String, product: LoRAProduct)] {
    let slots = Dictionary(
      uniqueKeysWithValues: WeightMap.slots(configuration).map { ($0.name, $0.dimensions) }
    )
    var products: [(weight: String, product: LoRAProduct)] = []
    for pair in pairs {
      let name = pair.map + ".weight"
      let rank = try Self.rank(of: pair, beside: slots[name])
      let product = LoRAProduct(
        down: try pair.down.floats(),
        up: try pair.up.floats(),
        rank: rank,
        scale: settings.scale(of: pair.map, rank: rank)
      )
      products.append((name, product))
    }
    return products
  }

  /// Reads the factors into adapters that are to be trained further; throws where they are not all of one rank and
  /// scale, as those of this trainer are.
  package func read(into adapters: LoRAAdapters, of model: GPT2Parameters) throws(FormatError) {
    let (parameters, weights) = try load(for: model)
    let expected = LoRAAdapters.weights(of: model, adapters.options)
    let scale = adapters.options.alpha / Double(adapters.options.rank)
    guard Set(weights.map(\.name)) == Set(expected.map(\.name)),
      weights.allSatisfy({ settings.scale(of: Self.map(of: $0), rank: settings.rank) == scale })
    else { throw FormatError(AdapterFault.uneven, in: Self.weightsFile) }
    for weight in weights {
      guard let from = parameters[weight], let to = adapters.parameters[weight],
        from.down.shape == to.down.shape
      else { throw FormatError(AdapterFault.uneven, in: Self.weightsFile) }
      to.down.pointer.update(from: from.down.pointer, count: to.down.count)
      to.up.pointer.update(from: from.up.pointer, count: to.up.count)
    }
  }

  /// The factors, checked against the model, and the weights that they go with.
  private func load(
    for model: GPT2Parameters
  ) throws(FormatError) -> (LoRAParameters, [Parameter]) {
    var weights: [(weight: Parameter, rank: Int)] = []
    for pair in pairs {
      let weight = model[pair.map + ".weight"]
      let rank = try Self.rank(of: pair, beside: weight?.shape)
      if let weight { weights.append((weight, rank)) }
    }
    let parameters = try LoRAParameters(weights)
    for (pair, place) in zip(pairs, weights) {
      guard let own = parameters[place.weight] else { continue }
      try pair.down.readFloats(into: own.down.pointer)
      try pair.up.readFloats(into: own.up.pointer)
    }
    return (parameters, weights.map(\.weight))
  }

  /// The rank of the factors of a map whose weight is of that shape, or is not there.
  private static func rank(of pair: Pair, beside shape: [Int]?) throws(FormatError) -> Int {
    let rank = pair.down.shape.dimensions.first ?? 0
    guard let shape, shape.count == 2, pair.map.hasPrefix("h."), rank > 0,
      pair.down.shape.dimensions == [rank, shape[1]],
      pair.up.shape.dimensions == [shape[0], rank]
    else {
      throw FormatError(
        AdapterFault.doesNotFit(pair.map),
        at: pair.down.fileOffset,
        in: weightsFile
      )
    }
    return rank
  }

  /// The path of the map that a weight is of.
  private static func map(of weight: Parameter) -> String {
    String(weight.name.dropLast(".weight".count))
  }

  /// The tensors, two for each map.
  private static func pairs(
    of checkpoint: Checkpoint
  ) throws(FormatError) -> [Pair] {
    var downs: [String: TensorView] = [:]
    var ups: [String: TensorView] = [:]
    for view in checkpoint.tensors {
      var name = Substring(view.name)
      for prefix in [prefix, "transformer."] where name.hasPrefix(prefix) {
        name = name.dropFirst(prefix.count)
      }
      guard view.dtype.isFloatingPoint, name.hasSuffix(".weight") else {
        throw FormatError(AdapterFault.unknownTensor(view.name), at: view.fileOffset)
      }
      let map = name.dropLast(".weight".count)
      if map.hasSuffix(".lora_A") {
        downs[String(map.dropLast(".lora_A".count))] = view
      } else if map.hasSuffix(".lora_B") {
        ups[String(map.dropLast(".lora_B".count))] = view
      } else {
        throw FormatError(AdapterFault.unknownTensor(view.name), at: view.fileOffset)
      }
    }
    guard Set(downs.keys) == Set(ups.keys), !downs.isEmpty else {
      throw FormatError(AdapterFault.unpaired)
    }
    return downs.sorted { $0.key < $1.key }.compactMap { map, down in
      ups[map].map { (map, down, $0) }
    }
  }
}

extension LoRAAdapters {
  /// The adapters as a folder that PEFT loads.
  package func folder(base: String, companions: [String]) -> HuggingFaceFolder {
    let targets = options.targets.map(\.rawValue).sorted()
    let configuration: JSONObject = [
      "peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": .string(base),
      "r": .integer(options.rank), "lora_alpha": .number(options.alpha),
      "lora_dropout": .number(options.dropout),
      "target_modules": .array(targets.map { .string($0) }), "fan_in_fan_out": true,
      "bias": "none", "inference_mode": true,
    ]
    var folder = HuggingFaceFolder(
      weights: parameters.all.map {
        $0.output(name: "base_model.model.transformer." + $0.name, asConv1D: false)
      },
      configuration: configuration,
      companions: companions
    )
    folder.isAdapter = true
    return folder
  }
}

/// The ways in which an adapter can be unfit.
package enum AdapterFault: FormatFault {
  case setting(String)
  case unsupported(String)
  case unknownTensor(String)
  case unpaired
  case doesNotFit(String)
  case uneven

  /// What is wrong, in one line.
  package var description: String {
    switch self {
    case .setting(let key): "'\(key)' is missing, or not what it should be"
    case .unsupported(let what): "adapters with \(what) are not supported"
    case .unknownTensor(let name): "tensor '\(name)' is no factor of a low-rank adapter"
    case .unpaired: "it does not have a lora_A and a lora_B for each map"
    case .doesNotFit(let map): "the factors of '\(map)' do not fit the model"
    case .uneven:
      "its factors differ in rank or scale, or some blocks lack them: it can be merged, not trained"
    }
  }
}
