package import BallastBytes
package import BallastGPT2

/// What a run trains, side by side with its gradients: parameters of the model, or its adapters.
package struct TrainedParameters {
  /// What is trained.
  package let parameters: [Parameter]
  /// The gradients of the model's parameters; those that are not trained are absent.
  package let model: GPT2Parameters
  /// The gradients of the adapters, where there are any.
  package let adapters: LoRAParameters?

  /// The gradient of each of `parameters`.
  package var gradients: [Parameter] { model.present + (adapters?.all ?? []) }

  /// Gradients of zero for what is trained: the adapters, if the model has any, or the parameters of these names, or
  /// all.
  ///
  /// Throws `TrainingDataFault.nothingTrained` where that is nothing.
  package init(of network: GPT2Model, trained: Set<String>?) throws(FormatError) {
    let hasAdapters = network.adapters != nil
    func isTrained(_ name: String) -> Bool {
      hasAdapters ? false : trained?.contains(name) ?? true
    }
    model = try .zeros(network.configuration, where: isTrained)
    adapters = try network.adapters.map { adapters throws(FormatError) in
      let weights = LoRAAdapters.weights(of: network.parameters, adapters.options)
      return try LoRAParameters(weights.map { ($0, adapters.options.rank) })
    }
    parameters =
      network.parameters.all.filter { isTrained($0.name) }
      + (network.adapters?.parameters.all ?? [])
    guard !parameters.isEmpty else { throw FormatError(TrainingDataFault.nothingTrained) }
  }

  /// The number of values that are trained.
  package static func count(
    _ configuration: GPT2Configuration,
    trained: Set<String>?,
    adapters: LoRAOptions?
  ) -> Int {
    sizes(configuration, trained, adapters).reduce(0, +)
  }

  /// The number of floats that their gradients take.
  static func floatCount(
    _ configuration: GPT2Configuration,
    trained: Set<String>?,
    adapters: LoRAOptions?
  ) -> Int {
    sizes(configuration, trained, adapters).reduce(0) { $0 + Arena.padded($1) }
  }

  private static func sizes(
    _ configuration: GPT2Configuration,
    _ trained: Set<String>?,
    _ adapters: LoRAOptions?
  ) -> [Int] {
    let slots = WeightMap.slots(configuration)
    guard let adapters else {
      return slots.filter { trained?.contains($0.name) ?? true }.map(\.count)
    }
    let targets = slots.filter { slot in
      adapters.targets.contains { slot.name.hasSuffix($0.rawValue + ".weight") }
    }
    return targets.flatMap { slot in slot.dimensions.map { adapters.rank * $0 } }
  }
}
