import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastReport

/// The modules of a checkpoint by size, with what a page has no room for left out.
struct ModuleSizes {
  /// The modules and tensors of a page; the smaller ones are counted where they would stand.
  private static let mostNodes = 400

  /// A node with what is inside.
  private struct Entry {
    let node: ModuleTree.Node
    var inside = Inside()
  }

  /// What is inside of a node, or of the whole.
  private struct Inside {
    var children: [Entry] = []
    /// Those that were left out, and their bytes.
    var omitted = 0
    var omittedBytes = 0
  }

  private let nodes: [ModuleTree.Node]
  /// What stands between the parts of names that begin with a part, where that is no dot.
  private let separators: [ExactString: String]

  init(_ tensors: [TensorView], of checkpoint: Checkpoint) {
    nodes = ModuleTree(tensors) { checkpoint.tie(of: $0) == nil }.nodes
    // As the tree takes names apart, with a star for the layer or without.
    var separators: [ExactString: String] = [:]
    for tensor in tensors where tensor.name.contains("/") && !tensor.name.contains(".") {
      for name in [tensor.name, LayeredName(tensor.name).pattern] {
        separators[ExactString(String(name.prefix { $0 != "/" }))] = "/"
      }
    }
    self.separators = separators
  }

  var tree: SizeTree {
    var position = 0
    let roots = inside(of: -1, from: &position, kept)
    return SizeTree(sized(roots, below: "", nil), columns: ["Module", "Shape", "Type", "Values"])
  }

  /// The positions of the largest nodes; none is kept without those that hold it.
  private var kept: Set<Int> {
    guard nodes.count > Self.mostNodes else { return Set(nodes.indices) }
    let order = nodes.indices.sorted { (-nodes[$0].bytes, $0) < (-nodes[$1].bytes, $1) }
    return Set(order.prefix(Self.mostNodes))
  }

  /// Takes the nodes that are deeper than `depth`, from a position that moves behind them.
  private func inside(of depth: Int, from position: inout Int, _ kept: Set<Int>) -> Inside {
    var inside = Inside()
    while position < nodes.count, nodes[position].depth > depth {
      let place = position
      position += 1
      let below = self.inside(of: nodes[place].depth, from: &position, kept)
      if kept.contains(place) {
        inside.children.append(Entry(node: nodes[place], inside: below))
      } else {
        inside.omitted += 1
        inside.omittedBytes &+= nodes[place].bytes
      }
    }
    return inside
  }

  private func sized(
    _ parent: Inside,
    below path: String,
    _ separator: String?
  ) -> [SizeTree.Node] {
    var result = parent.children.map { child -> SizeTree.Node in
      var (entry, name) = (child, child.node.name)
      let separator = separator ?? separators[ExactString(name)] ?? "."
      // What holds one thing alone is one with it: "wte.weight", "h.*".
      while entry.inside.children.count == 1, entry.inside.omitted == 0 {
        entry = entry.inside.children[0]
        name += separator + entry.node.name
      }
      name = String(name.prefix(200)).printable.shortened(to: 80)
      let node = entry.node
      let whole = path.isEmpty ? name : path + separator + name
      return SizeTree.Node(
        name: node.layers > 1 ? "\(name) × \(node.layers)" : name,
        path: String(whole.suffix(200)),
        size: node.bytes,
        columns: [
          node.shape.map(ReportParts.shape) ?? "", node.dtype?.rawValue ?? "",
          Readable.count(node.parameters),
        ],
        children: sized(entry.inside, below: whole, separator)
      )
    }
    if parent.omitted > 0 {
      let name = "\(Readable.count(parent.omitted)) smaller"
      result.append(
        SizeTree.Node(
          name: name,
          path: name,
          size: parent.omittedBytes,
          columns: ["", "", ""]
        )
      )
    }
    return result
  }
}
