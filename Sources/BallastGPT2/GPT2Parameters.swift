package import BallastBytes
package import BallastKernels

/// The weight and bias of a linear map, [out, in] and [out].
package struct LinearParameters: Sendable {
  package let weight: Parameter
  package let bias: Parameter
}

/// The gain and bias of a LayerNorm, both [C].
package struct NormParameters: Sendable {
  package let weight: Parameter
  package let bias: Parameter
}

/// The parameters of one block.
package struct BlockParameters: Sendable {
  package let attentionNorm: NormParameters
  package let attentionInput: LinearParameters  // [3C, C]
  package let attentionOutput: LinearParameters  // [C, C]
  package let mlpNorm: NormParameters
  package let mlpInput: LinearParameters  // [I, C]
  package let mlpOutput: LinearParameters  // [C, I]
}

/// All parameters of a GPT-2, by role and by name; gradients and moments have the same form.
public struct GPT2Parameters: Sendable {
  package let tokenEmbedding: Parameter  // [V, C]
  package let positionEmbedding: Parameter  // [T, C]
  package let blocks: [BlockParameters]
  package let finalNorm: NormParameters
  /// The head: the token embedding itself where they are tied.
  package let head: Parameter  // [V, C]
  /// Every parameter once, in the order of the weight map.
  public let all: [Parameter]
  private let index: [String: Int]

  /// The weights of matrix products: of the blocks' linear maps, and the head.
  package var products: [Parameter] {
    blocks.flatMap {
      [$0.attentionInput, $0.attentionOutput, $0.mlpInput, $0.mlpOutput].map(\.weight)
    } + [head]
  }

  /// How the weights of linear maps and the token embedding are stored, each way once.
  package var weightElements: [WeightMatrix.Element] {
    let found = Set(all.filter { $0.isMatrix && $0.name != "wpe.weight" }.map(\.element))
    return WeightMatrix.Element.allCases.filter(found.contains)
  }

  /// The parameters out of a lookup by canonical name, for every slot of the weight map.
  package init<Failure: Error>(
    _ configuration: GPT2Configuration,
    parameter: (WeightMap.Slot) throws(Failure) -> Parameter
  ) throws(Failure) {
    var all: [Parameter] = []
    var index: [String: Int] = [:]
    for slot in WeightMap.slots(configuration) {
      index[slot.name] = all.count
      all.append(try parameter(slot))
    }
    // The names below are the weight map's own, so each of them is there.
    func named(_ name: String) -> Parameter {
      guard let position = index[name] else { preconditionFailure("no slot \(name)") }
      return all[position]
    }
    func linear(_ name: String) -> LinearParameters {
      LinearParameters(weight: named(name + ".weight"), bias: named(name + ".bias"))
    }
    func norm(_ name: String) -> NormParameters {
      NormParameters(weight: named(name + ".weight"), bias: named(name + ".bias"))
    }
    tokenEmbedding = named("wte.weight")
    positionEmbedding = named("wpe.weight")
    blocks = (0..<configuration.layers).map { layer in
      BlockParameters(
        attentionNorm: norm("h.\(layer).ln_1"),
        attentionInput: linear("h.\(layer).attn.c_attn"),
        attentionOutput: linear("h.\(layer).attn.c_proj"),
        mlpNorm: norm("h.\(layer).ln_2"),
        mlpInput: linear("h.\(layer).mlp.c_fc"),
        mlpOutput: linear("h.\(layer).mlp.c_proj")
      )
    }
    finalNorm = norm("ln_f")
    head = configuration.tiesHead ? named("wte.weight") : named("lm_head.weight")
    self.all = all
    self.index = index
  }

  /// Parameters of zeros in one new arena: gradients, moments, or weights that are yet to come.
  ///
  /// Those whose names `isPresent` does not take are absent.
  package static func zeros(
    _ configuration: GPT2Configuration,
    where isPresent: (String) -> Bool = { _ in true }
  ) throws(FormatError) -> GPT2Parameters {
    let slots = WeightMap.slots(configuration).filter { isPresent($0.name) }
    let storage = try Storage(count: slots.reduce(0) { $0 + Arena.padded($1.count) })
    var offset = 0
    return GPT2Parameters(configuration) { slot in
      guard isPresent(slot.name) else { return Parameter(absent: slot, storage: storage) }
      defer { offset += Arena.padded(slot.count) }
      return Parameter(slot, storage: storage, offset: offset)
    }
  }

  /// Those that are not absent.
  package var present: [Parameter] { all.filter { !$0.isAbsent } }

  /// The number of floats that an arena of all parameters takes.
  package static func floatCount(_ configuration: GPT2Configuration) -> Int {
    WeightMap.slots(configuration).reduce(0) { $0 + Arena.padded($1.count) }
  }

  /// The parameter of that canonical name.
  public subscript(name: String) -> Parameter? { index[name].map { all[$0] } }

  /// The number of trainable values, those of a tied head counted once.
  public var count: Int { all.reduce(0) { $0 + $1.count } }
}

extension [Parameter] {
  /// Parameters of the same names and shapes, zeros in one new arena: gradients, or an optimiser's averages.
  package func zeros() throws(FormatError) -> [Parameter] {
    let storage = try Storage(count: reduce(0) { $0 + Arena.padded($1.count) })
    var offset = 0
    return map { parameter in
      defer { offset += Arena.padded(parameter.count) }
      return Parameter(like: parameter, storage: storage, offset: offset)
    }
  }

  /// Whether no value is NaN or infinite.
  package var areFinite: Bool {
    allSatisfy {
      UnsafeBufferPointer(start: $0.pointer, count: $0.count).allSatisfy(\.isFinite)
    }
  }
}
