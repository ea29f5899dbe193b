package import BallastCheckpoint

/// The tensors of a checkpoint by the modules that their names tell, with subtotals.
///
/// Layers that are the same but for their number are one module, `h.*`, whose sums are over all of
/// them.
package struct ModuleTree: Sendable {
  /// A module, or a tensor at the end of its path.
  package struct Node: Sendable {
    /// The last part of the path; a star where layers are joined.
    package let name: String
    /// How many levels lie above.
    package let depth: Int
    /// The tensors below, and the layers that are joined in it; ties count where they stand.
    package var tensors = 0
    package var layers = 0
    /// Values and bytes, those of ties counted once.
    package var parameters = 0
    package var bytes = 0
    /// Of a tensor, or of each of those that are joined in it.
    package var shape: Shape?
    package var dtype: DType?
  }

  /// The nodes, each before what is below it, in the order of the file.
  package let nodes: [Node]

  /// Names are taken apart into so many parts at most: they may have any number.
  private static let maximumDepth = 12

  /// Sums up tensors; `isCounted` says which of them count, and not as ties of others.
  package init(_ tensors: [TensorView], counting isCounted: (TensorView) -> Bool) {
    var builder = Builder()
    let joined = Self.joinedPatterns(of: tensors)
    for tensor in tensors {
      let layered = LayeredName(tensor.name)
      let isJoined = layered.layer != nil && joined.contains(layered.pattern)
      builder.add(
        tensor,
        path: Self.parts(of: isJoined ? layered.pattern : tensor.name),
        layer: isJoined ? layered.layer : nil,
        isCounted: isCounted(tensor)
      )
    }
    nodes = builder.nodes
  }

  /// The patterns of several layers whose tensors all have one shape and type.
  private static func joinedPatterns(of tensors: [TensorView]) -> Set<String> {
    var members: [String: (first: TensorView, count: Int, isUniform: Bool)] = [:]
    for tensor in tensors {
      let name = LayeredName(tensor.name)
      guard name.layer != nil else { continue }
      guard let known = members[name.pattern] else {
        members[name.pattern] = (tensor, 1, true)
        continue
      }
      let isSame = known.first.shape == tensor.shape && known.first.dtype == tensor.dtype
      members[name.pattern] = (known.first, known.count + 1, known.isUniform && isSame)
    }
    return Set(members.filter { $0.value.count > 1 && $0.value.isUniform }.keys)
  }

  private static func parts(of name: String) -> [String] {
    let separator: Character = name.contains(".") || !name.contains("/") ? "." : "/"
    return name.split(
      separator: separator,
      maxSplits: maximumDepth - 1,
      omittingEmptySubsequences: false
    ).map { String($0) }
  }

  /// Nodes as they are found: each path once, and its children in their order.
  private struct Builder {
    private struct Entry {
      var node: Node
      var children: [Int] = []
      var numbers: Set<Int> = []
    }

    private var entries = [Entry(node: Node(name: "", depth: -1))]
    private var places: [[String]: Int] = [[]: 0]

    mutating func add(_ tensor: TensorView, path: [String], layer: Int?, isCounted: Bool) {
      for end in 0...path.count {
        let prefix = Array(path[..<end])
        let place: Int
        if let known = places[prefix] {
          place = known
        } else {
          place = entries.count
          places[prefix] = place
          entries.append(Entry(node: Node(name: path[end - 1], depth: end - 1)))
          if let parent = places[Array(path[..<(end - 1)])] {
            entries[parent].children.append(place)
          }
        }
        entries[place].node.tensors += 1
        if isCounted {
          entries[place].node.parameters &+= tensor.shape.elementCount
          entries[place].node.bytes &+= tensor.byteCount
        }
        if let layer, end > 0, path[end - 1].contains("*") { entries[place].numbers.insert(layer) }
        if end == path.count {
          entries[place].node.shape = tensor.shape
          entries[place].node.dtype = tensor.dtype
        }
      }
    }

    /// The nodes below the root, which itself has no name.
    var nodes: [Node] {
      var nodes: [Node] = []
      var open = Array(entries[0].children.reversed())
      while let place = open.popLast() {
        var node = entries[place].node
        node.layers = entries[place].numbers.count
        nodes.append(node)
        open += entries[place].children.reversed()
      }
      return nodes
    }
  }
}
