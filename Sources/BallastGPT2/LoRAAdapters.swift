package import BallastBytes
import BallastKernels

/// The adapters of a model while it is trained, with the memory that they work in: one pass at a time.
package final class LoRAAdapters: Sendable {
  package let options: LoRAOptions
  package let parameters: LoRAParameters
  private let layers: Int
  private let workspace: Storage
  private let rows: Int

  /// Adapters for passes over at most `rows` tokens; A and B are zero.
  package init(
    _ options: LoRAOptions,
    for model: GPT2Parameters,
    rows: Int
  ) throws(FormatError) {
    let weights = Self.weights(of: model, options)
    self.options = options
    self.rows = rows
    layers = model.blocks.count
    parameters = try LoRAParameters(weights.map { ($0, options.rank) })
    workspace = try Storage(
      count: Self.workspaceCount(options, inFeatures: weights.map { $0.shape[1] }, rows: rows)
    )
  }

  /// A as PyTorch initialises a linear map, uniform within ±1/√in; B zero, so that nothing is changed at first.
  package func initialize(seed: UInt64) {
    var generator = SplitMix64(state: seed)
    for parameter in parameters.all where parameter.name.hasSuffix("lora_A.weight") {
      let bound = 1 / Float(parameter.shape[1]).squareRoot()
      for index in 0..<parameter.count {
        parameter.pointer[index] = Float.random(in: -bound...bound, using: &generator)
      }
    }
  }

  /// The adapter of a weight, ready to run.
  subscript(weight: Parameter) -> LoRAAdapter? {
    guard let pair = parameters[weight], let layer = WeightMap.layer(of: weight.name) else {
      return nil
    }
    let reduced = Arena.padded(rows * options.rank)
    return LoRAAdapter(
      pair: pair,
      scale: Float(options.alpha / Double(options.rank)),
      place: layer * LoRAOptions.Target.allCases.count + Self.index(of: weight),
      options: options,
      reduced: workspace.base,
      reducedGradient: workspace.base + reduced,
      wide: workspace.base + 2 * reduced,
      capacity: rows
    )
  }

  /// The weights that get an adapter.
  package static func weights(of model: GPT2Parameters, _ options: LoRAOptions) -> [Parameter] {
    model.blocks.flatMap { block in
      let maps: [(LoRAOptions.Target, LinearParameters)] = [
        (.attentionInput, block.attentionInput), (.attentionOutput, block.attentionOutput),
        (.mlpInput, block.mlpInput), (.mlpOutput, block.mlpOutput),
      ]
      return maps.filter { options.targets.contains($0.0) }.map { $0.1.weight }
    }
  }

  private static func index(of weight: Parameter) -> Int {
    LoRAOptions.Target.allCases.firstIndex { weight.name.hasSuffix($0.rawValue + ".weight") } ?? 0
  }

  /// The number of floats that passes over so many tokens work in.
  package static func workspaceCount(
    _ configuration: GPT2Configuration,
    _ options: LoRAOptions,
    rows: Int
  ) -> Int {
    let widths = options.targets.map { target in
      target == .mlpOutput ? configuration.innerWidth : configuration.width
    }
    return workspaceCount(options, inFeatures: widths, rows: rows)
  }

  /// Two reduced inputs, and with dropout an input of the widest map.
  private static func workspaceCount(
    _ options: LoRAOptions,
    inFeatures: [Int],
    rows: Int
  ) -> Int {
    let widest = inFeatures.max() ?? 0
    return 2 * Arena.padded(rows * options.rank)
      + (options.dropout > 0 ? Arena.padded(rows * widest) : 0)
  }
}

extension GPT2Parameters {
  /// Adds an adapter to the weight that it goes with, which must be owned: W += scale · B A.
  package func merge(_ pair: LoRAPair, scale: Double, into weight: Parameter) {
    let (rank, inFeatures) = (pair.down.shape[0], pair.down.shape[1])
    Matrix.multiply(
      output: weight.pointer,
      outputStride: inFeatures,
      left: .init(pair.up.pointer, rowStride: rank),
      right: .init(pair.down.pointer, rowStride: inFeatures),
      rows: weight.shape[0],
      columns: inFeatures,
      inner: rank,
      scale: Float(scale),
      outputScale: 1
    )
  }
}

extension GPT2Model {
  /// A parameter with its adapter added, as a copy; itself where it has none.
  ///
  /// Throws where memory is short.
  package func merged(_ parameter: Parameter) throws(FormatError) -> Parameter {
    guard let adapters, let pair = adapters.parameters[parameter] else { return parameter }
    let storage = try Storage(count: parameter.count)
    let sum = Parameter(like: parameter, storage: storage, offset: 0)
    sum.pointer.update(from: parameter.pointer, count: parameter.count)
    parameters.merge(
      pair,
      scale: adapters.options.alpha / Double(adapters.options.rank),
      into: sum
    )
    return sum
  }
}
