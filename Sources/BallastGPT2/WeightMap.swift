import BallastCheckpoint

/// The parameters of GPT-2, listed once.
///
/// Reading, writing, checking and converting all go through this table. The canonical name is
/// transformers' without the prefix `transformer.`; the canonical orientation is Linear's,
/// [out, in]. Hugging Face's Conv1D weights are [in, out] and marked here.
package enum WeightMap {
  /// A size that depends on the configuration.
  package enum Dimension: Sendable {
    case vocabulary
    case positions
    case width
    /// Queries, keys and values side by side.
    case threeWidths
    case inner

    package func size(_ configuration: GPT2Configuration) -> Int {
      switch self {
      case .vocabulary: configuration.vocabularySize
      case .positions: configuration.positions
      case .width: configuration.width
      case .threeWidths: 3 * configuration.width
      case .inner: configuration.innerWidth
      }
    }
  }

  /// One parameter, or the same parameter of every block: `*` stands for the block's number.
  package struct Entry: Sendable {
    package let name: String
    /// The shape in Linear's orientation.
    package let shape: [Dimension]
    /// Whether Hugging Face stores it transposed, as Conv1D does.
    package var isConv1D = false
    /// Whether it exists only in models whose head is not tied to the token embedding.
    package var isUntiedHead = false
  }

  package static let entries: [Entry] = [
    Entry(name: "wte.weight", shape: [.vocabulary, .width]),
    Entry(name: "wpe.weight", shape: [.positions, .width]),
    Entry(name: "h.*.ln_1.weight", shape: [.width]),
    Entry(name: "h.*.ln_1.bias", shape: [.width]),
    Entry(name: "h.*.attn.c_attn.weight", shape: [.threeWidths, .width], isConv1D: true),
    Entry(name: "h.*.attn.c_attn.bias", shape: [.threeWidths]),
    Entry(name: "h.*.attn.c_proj.weight", shape: [.width, .width], isConv1D: true),
    Entry(name: "h.*.attn.c_proj.bias", shape: [.width]),
    Entry(name: "h.*.ln_2.weight", shape: [.width]),
    Entry(name: "h.*.ln_2.bias", shape: [.width]),
    Entry(name: "h.*.mlp.c_fc.weight", shape: [.inner, .width], isConv1D: true),
    Entry(name: "h.*.mlp.c_fc.bias", shape: [.inner]),
    Entry(name: "h.*.mlp.c_proj.weight", shape: [.width, .inner], isConv1D: true),
    Entry(name: "h.*.mlp.c_proj.bias", shape: [.width]),
    Entry(name: "ln_f.weight", shape: [.width]),
    Entry(name: "ln_f.bias", shape: [.width]),
    Entry(name: "lm_head.weight", shape: [.vocabulary, .width], isUntiedHead: true),
  ]

  /// Buffers that old files carry beside the parameters: causal masks, no weights.
  package static let bufferSuffixes = [".attn.bias", ".attn.masked_bias"]

  /// A parameter of a given model: an entry with its block's number and sizes filled in.
  package struct Slot: Sendable {
    package let name: String
    /// The sizes in Linear's orientation.
    package let dimensions: [Int]
    package let isConv1D: Bool
    /// The block's number, where it belongs to one.
    package let layer: Int?

    package var count: Int { dimensions.reduce(1, *) }

    /// The sizes as Hugging Face stores them.
    package var conv1DDimensions: [Int] { isConv1D ? dimensions.reversed() : dimensions }
  }

  /// All parameters of a model, embeddings first, then block by block, then the end.
  package static func slots(_ configuration: GPT2Configuration) -> [Slot] {
    func slot(_ entry: Entry, layer: Int?) -> Slot {
      Slot(
        name: name(entry, layer: layer),
        dimensions: entry.shape.map { $0.size(configuration) },
        isConv1D: entry.isConv1D,
        layer: layer
      )
    }
    let isInBlock = { (entry: Entry) in entry.name.hasPrefix("h.") }
    let before = entries.prefix { !isInBlock($0) }.map { slot($0, layer: nil) }
    let blocks = (0..<configuration.layers).flatMap { layer in
      entries.filter(isInBlock).map { slot($0, layer: layer) }
    }
    let after = entries.drop { !isInBlock($0) }.filter {
      !isInBlock($0) && !($0.isUntiedHead && configuration.tiesHead)
    }
    return before + blocks + after.map { slot($0, layer: nil) }
  }

  /// The number of the slots of a model, without making them.
  package static func slotCount(_ configuration: GPT2Configuration) -> Int {
    let inBlock = entries.count { $0.name.hasPrefix("h.") }
    let outside = entries.count - inBlock - (configuration.tiesHead ? 1 : 0)
    return outside + configuration.layers * inBlock
  }

  /// The names of the parameters of the blocks, made one by one as they are asked for.
  package static func blockNames(_ configuration: GPT2Configuration) -> some Sequence<String> {
    let inBlock = entries.filter { $0.name.hasPrefix("h.") }
    return (0..<configuration.layers).lazy.flatMap { layer in
      inBlock.lazy.map { name($0, layer: layer) }
    }
  }

  /// The canonical name of an entry in a block.
  package static func name(_ entry: Entry, layer: Int?) -> String {
    guard let layer else { return entry.name }
    return "h.\(layer)" + entry.name.dropFirst(3)
  }

  /// What a canonical name stands for: an entry and the block's number, or nil for any other name.
  package static func entry(named name: Substring) -> (entry: Entry, layer: Int?)? {
    guard name.hasPrefix("h.") else { return table[String(name)].map { ($0, nil) } }
    let parts = name.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let layer = Int32(parts[1]).map(Int.init), layer >= 0,
      layer < Int32.max, String(layer) == parts[1]
    else {
      return nil
    }
    return table["h.*." + parts[2]].map { ($0, layer) }
  }

  /// The number of the block that a name below `h.` belongs to.
  package static func layer(of name: String) -> Int? {
    let parts = name.split(separator: ".", maxSplits: 2)
    return parts.count == 3 && parts[0] == "h" ? Int(parts[1]) : nil
  }

  private static let table = Dictionary(
    uniqueKeysWithValues: entries.map { ($0.name, $0) }
  )
}
