import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2

/// What contradicts a configuration in the weights of a GPT-2, every contradiction for itself.
///
/// A size that differs is said once: shapes are then held to the sizes that the weights have.
struct WeightCheck {
  private let weights: CanonicalCheckpoint
  private let checkpoint: Checkpoint
  private let stated: GPT2Configuration?
  /// The keys that the configuration has; others have their defaults.
  private let keys: Set<String>
  private(set) var faults: [FormatError] = []

  /// Compares weights with the configuration that is stated of them, or with each other.
  init(
    _ weights: CanonicalCheckpoint,
    of checkpoint: Checkpoint,
    stated: GPT2Configuration?,
    keys: Set<String>
  ) {
    self.weights = weights
    self.checkpoint = checkpoint
    self.stated = stated
    self.keys = keys
    // Without a configuration a part of a model, such as a shard, is as good as all of it.
    let ends = ["wte.weight", "wpe.weight", "ln_f.weight"]
    guard stated != nil || ends.allSatisfy({ weights[$0] != nil }) else { return }
    let sizes = compareSizes()
    let layers = compareLayers()
    // A model that was trained without biases lacks all of them; no configuration of GPT-2 says so.
    let lacksBiases = stated == nil && !weights.weights.contains { $0.name.hasSuffix(".bias") }
    for entry in WeightMap.entries where !(lacksBiases && entry.name.hasSuffix(".bias")) {
      guard entry.name.hasPrefix("h.") else {
        compare(entry, layer: nil, sizes)
        continue
      }
      let positions = layers.compactMap { compare(entry, layer: $0, sizes) }
      compareTypes(of: entry, at: positions)
    }
  }

  private mutating func add(_ fault: ModelFault, about view: TensorView? = nil) {
    faults.append(FormatError(fault, at: view?.fileOffset, in: view?.storage.file))
  }

  /// The configuration with the sizes that the weights have.
  private mutating func compareSizes() -> GPT2Configuration {
    var sizes = stated ?? GPT2Configuration()
    func dimensions(_ name: String) -> (view: TensorView, rows: Int, columns: Int)? {
      guard let view = weights[name], view.shape.rank == 2 else { return nil }
      return (view, view.shape.dimensions[0], view.shape.dimensions[1])
    }
    if let (view, rows, columns) = dimensions("wte.weight") {
      compareSize("vocab_size", stated?.vocabularySize, rows, view)
      compareSize("n_embd", stated?.width, columns, view)
      (sizes.vocabularySize, sizes.width) = (rows, columns)
    }
    if let (view, rows, _) = dimensions("wpe.weight") {
      compareSize("n_positions", stated?.positions, rows, view)
      sizes.positions = rows
    }
    if let (view, rows, _) = innerWeight().flatMap(dimensions) {
      let (usual, overflows) = sizes.width.multipliedReportingOverflow(by: 4)
      let expected = stated.map { $0.explicitInnerWidth ?? (overflows ? 0 : usual) }
      compareSize("n_inner", expected, rows, view)
      sizes.explicitInnerWidth = rows
    }
    return sizes
  }

  /// The name of a weight whose rows are the inner width: of most layers, if they differ.
  private func innerWeight() -> String? {
    var names: [(rows: Int, name: String, count: Int)] = []
    for view in weights.weights
    where view.shape.rank == 2 && view.name.hasSuffix(".mlp.c_fc.weight") {
      let rows = view.shape.dimensions[0]
      if let index = names.firstIndex(where: { $0.rows == rows }) {
        names[index].count += 1
      } else if names.count < Self.maximumWidths {
        names.append((rows, view.name, 1))
      }
    }
    return names.max { $0.count < $1.count }?.name
  }

  /// Of layers that all have other widths no more are told apart.
  private static let maximumWidths = 64

  private mutating func compareSize(
    _ key: String,
    _ stated: Int?,
    _ found: Int,
    _ view: TensorView
  ) {
    guard let stated, stated != found else { return }
    // The older name of n_positions.
    let names = key == "n_positions" ? [key, "n_ctx"] : [key]
    let isDefault = keys.isDisjoint(with: names)
    add(.otherSize(key: key, stated: stated, isDefault: isDefault, found: found), about: view)
  }

  /// The layers that the model has and the weights too, in order.
  private mutating func compareLayers() -> [Int] {
    // Positions, not views: copying a view costs more than all the rest of this.
    var first: [Int: Int] = [:]
    for (position, layer) in weights.layers.enumerated() {
      if let layer, first[layer] == nil { first[layer] = position }
    }
    let present = first.keys.sorted()
    let count = stated?.layers ?? (present.last ?? -1) + 1
    var next = 0
    // No layer is unfolded that is not there: a configuration can claim a billion.
    for layer in present.filter({ $0 < count }) + [count] {
      if layer > next { add(.missingLayers(first: next, last: layer - 1, of: count)) }
      next = layer + 1
    }
    for layer in present where layer >= count {
      add(.extraLayer(layer, of: count), about: first[layer].map { weights.weights[$0] })
    }
    return present.filter { $0 < count }
  }

  /// Where the weight stands that was compared, if there is one.
  @discardableResult
  private mutating func compare(
    _ entry: WeightMap.Entry,
    layer: Int?,
    _ sizes: GPT2Configuration
  ) -> Int? {
    let name = WeightMap.name(entry, layer: layer)
    guard let position = weights.position(of: name) else {
      if !entry.isUntiedHead || stated?.tiesHead == false { add(.missing([name])) }
      return nil
    }
    // A width whose triple overflows is no tensor's.
    guard sizes.width < Int.max / 4 else { return position }
    let found = weights.weights[position].shape.dimensions
    let isRight = found.elementsEqual(entry.shape.lazy.map { $0.size(sizes) })
    if !isRight {
      let expected = entry.shape.map { $0.size(sizes) }
      add(.wrongShape(name, expected: expected, found: found), about: weights.weights[position])
    }
    let type = weights.weights[position].dtype
    if !type.isFloatingPoint {
      add(.notFloatingPoint(name, type.rawValue), about: weights.weights[position])
    }
    return position
  }

  /// Quantisers choose a type for each layer, and others one for each kind of weight.
  private mutating func compareTypes(of entry: WeightMap.Entry, at positions: [Int]) {
    guard ![GGUF.name, GGML.name].contains(checkpoint.format) else { return }
    let types = positions.map { weights.weights[$0].dtype }
    let names = Set(types).map(\.rawValue).sorted()
    guard names.count > 1, types.allSatisfy({ $0.block == nil }),
      let other = types.firstIndex(where: { $0 != types[0] })
    else { return }
    add(.mixedTypes(entry.name, names), about: weights.weights[positions[other]])
  }
}
