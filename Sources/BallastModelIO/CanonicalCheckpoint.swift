package import BallastBytes
package import BallastCheckpoint
import BallastFormats
import BallastGPT2

/// A GPT-2 checkpoint of any naming and layout, seen under canonical names and as Linear.
///
/// Wrappers (`state_dict`, `model`, `model_state_dict`, `module`) and prefixes (`transformer.`,
/// `module.`, `_orig_mod.`) are taken off in any nesting, Conv1D weights are transposed by their
/// strides, the names of llama.cpp, llm.c and OpenAI are translated, and mask buffers are set apart. Nothing is
/// read or copied.
package struct CanonicalCheckpoint: Sendable {
  /// How the weights of linear maps are stored.
  package enum Layout: String, Sendable, CaseIterable {
    /// Conv1D: [in, out], as Hugging Face has it.
    case hf
    /// Linear: [out, in].
    case native
  }

  /// The weights under canonical names, in Linear's orientation, in the order of the file.
  package private(set) var weights: [TensorView]
  /// The number of the block that each of `weights` is in, in their order; nil outside of the blocks.
  let layers: [Int?]
  /// Causal masks, under the names in the file.
  package let buffers: [TensorView]
  /// Tensors beside the model, such as an optimiser's moments, under the names in the file.
  package let others: [TensorView]
  /// The layout of the file.
  package let layout: Layout
  /// The name in the file of each weight, by canonical name.
  package let sourceNames: [String: String]
  private let index: [String: Int]

  /// The weight of that canonical name.
  package subscript(name: String) -> TensorView? { index[name].map { weights[$0] } }

  /// Where the weight of that canonical name stands in `weights`.
  func position(of name: String) -> Int? { index[name] }

  /// The same checkpoint with other elements for some weights, which have the same names and shapes.
  func replacing(_ views: [TensorView]) -> CanonicalCheckpoint {
    var checkpoint = self
    for view in views {
      guard let place = index[view.name] else { continue }
      checkpoint.weights[place] = view
    }
    return checkpoint
  }

  /// Wrappers and prefixes that are taken off.
  private static let wrappers = [
    "state_dict.", "model_state_dict.", "model.", "module.", "_orig_mod.", "transformer.",
  ]

  /// Recognises the weights; throws `ModelFault` where the tensors are no GPT-2.
  package init(_ checkpoint: Checkpoint) throws(FormatError) {
    var faults: [FormatError] = []
    try self.init(checkpoint, faults: &faults)
    if let fault = faults.first { throw fault }
  }

  /// Recognises the weights and gathers what does not belong to them: tensors of no GPT-2, and second
  /// ones of a name, which are left out.
  ///
  /// Throws `ModelFault` where the tensors are no GPT-2 at all, or their layout cannot be told.
  package init(_ checkpoint: Checkpoint, faults: inout [FormatError]) throws(FormatError) {
    var found: [FoundWeight] = []
    var buffers: [TensorView] = []
    var unknown: [TensorView] = []
    var others: [TensorView] = []
    for named in try Self.namedTensors(of: checkpoint) {
      let tensor = named.view
      let core: Substring
      switch named.role {
      case .canonical(let name): core = name[...]
      case .byName: core = Self.withoutWrappers(tensor.name)
      case .other:
        others.append(tensor)
        continue
      }
      if let (entry, layer) = WeightMap.entry(named: core) {
        found.append(
          FoundWeight(
            canonical: String(core),
            isConv1D: entry.isConv1D,
            layer: layer,
            view: tensor
          )
        )
      } else if core.hasPrefix("h."), WeightMap.bufferSuffixes.contains(where: core.hasSuffix) {
        buffers.append(tensor)
      } else {
        unknown.append(tensor)
      }
    }
    let scope = Self.scope(of: found)
    self.others = others + unknown.filter { !$0.name.hasPrefix(scope) }
    let stray = unknown.filter { $0.name.hasPrefix(scope) }
    guard let first = found.first(where: { $0.canonical.hasSuffix(".attn.c_attn.weight") }) else {
      throw FormatError(ModelFault.notGPT2)
    }
    if let first = stray.first {
      faults.append(
        FormatError(
          ModelFault.unexpected(stray.map(\.name)),
          at: first.fileOffset,
          in: first.storage.file
        )
      )
    }
    layout = try Self.layout(of: first.view)
    if NanoGPT.lacksBiases(checkpoint) { found += try Self.zeroBiases(besides: found) }
    var weights: [TensorView] = []
    var sourceNames: [String: String] = [:]
    var index: [String: Int] = [:]
    var layers: [Int?] = []
    weights.reserveCapacity(found.count)
    sourceNames.reserveCapacity(found.count)
    index.reserveCapacity(found.count)
    layers.reserveCapacity(found.count)
    for weight in found {
      let (canonical, view) = (weight.canonical, weight.view)
      if let other = sourceNames.updateValue(view.name, forKey: canonical) {
        sourceNames[canonical] = other  // the first one of a name counts
        let fault = ModelFault.twice(canonical, other, view.name)
        faults.append(FormatError(fault, at: view.fileOffset, in: view.storage.file))
        continue
      }
      let isTransposed = layout == .hf && weight.isConv1D
      index[canonical] = weights.count
      weights.append((isTransposed ? try view.transposed : view).renamed(canonical))
      layers.append(weight.layer)
    }
    self.weights = weights
    self.layers = layers
    self.buffers = buffers
    self.sourceNames = sourceNames
    self.index = index
  }

  /// The tensors with what the names of their format say.
  private static func namedTensors(
    of checkpoint: Checkpoint
  ) throws(FormatError) -> [NamedTensor] {
    switch checkpoint.format {
    case GGUF.name:
      checkpoint.tensors.map {
        NamedTensor(GGUFModel.canonicalName($0.name).map { .canonical($0) } ?? .byName, $0)
      }
    case LLMC.name: try LLMCModel.weights(of: checkpoint)
    case GGML.name: try GGMLModel.weights(of: checkpoint)
    case TensorBundle.name: try OpenAIRelease.weights(of: checkpoint)
    default: checkpoint.tensors.map { NamedTensor(.byName, $0) }
    }
  }

  /// The biases of zero that a model without biases computes as if it had them.
  ///
  /// One zero stands for all elements of each: nothing is allocated for them.
  private static func zeroBiases(
    besides weights: [FoundWeight]
  ) throws(FormatError) -> [FoundWeight] {
    let names = Set(weights.map(\.canonical))
    let zero = TensorStorage(
      ByteRegion(try SharedBytes.copying([0, 0, 0, 0])),
      fileOffset: nil
    )
    var biases: [FoundWeight] = []
    for weight in weights where weight.canonical.hasSuffix(".weight") {
      let bias = weight.canonical.dropLast("weight".count) + "bias"
      guard let (entry, layer) = WeightMap.entry(named: bias), !names.contains(String(bias)) else {
        continue
      }
      // nanoGPT's linear maps are [out, in], its layer norms [width].
      let zeros = try TensorView(
        name: String(bias),
        dtype: .f32,
        shape: try Shape(Array(weight.view.shape.dimensions.prefix(1))),
        strides: [0],
        storage: zero
      )
      biases.append(
        FoundWeight(
          canonical: String(bias),
          isConv1D: entry.isConv1D,
          layer: layer,
          view: zeros
        )
      )
    }
    return biases
  }

  private static func withoutWrappers(_ name: String) -> Substring {
    var rest = name[...]
    while let wrapper = wrappers.first(where: rest.hasPrefix) {
      rest = rest.dropFirst(wrapper.count)
    }
    return rest
  }

  /// The wrapper that all weights share: what lies outside of it is no part of the model.
  ///
  /// Only the outermost one counts. `transformer.` alone is no wrapper: beside it stand heads.
  private static func scope(of weights: [FoundWeight]) -> String {
    let outermost = wrappers.dropLast().first { wrapper in
      weights.allSatisfy { $0.view.name.hasPrefix(wrapper) }
    }
    return outermost ?? ""
  }

  /// Conv1D's c_attn is [C, 3C], Linear's is [3C, C].
  private static func layout(of attention: TensorView) throws(FormatError) -> Layout {
    let sizes = attention.shape.dimensions
    if sizes.count == 2 {
      // Divided, not multiplied: the sizes come from a file.
      if sizes[1] % 3 == 0, sizes[1] / 3 == sizes[0] { return .hf }
      if sizes[0] % 3 == 0, sizes[0] / 3 == sizes[1] { return .native }
    }
    throw FormatError(
      ModelFault.noLayout(attention.name, sizes),
      at: attention.fileOffset,
      in: attention.storage.file
    )
  }
}

/// A tensor that is a weight of GPT-2, as it stands in the file.
private struct FoundWeight {
  let canonical: String
  /// Whether Hugging Face stores it transposed, as Conv1D does.
  let isConv1D: Bool
  /// The number of the block, nil outside of the blocks.
  let layer: Int?
  let view: TensorView
}
