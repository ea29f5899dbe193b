import BallastBytes
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
    let names = LayeredName.names(of: tensors.lazy.map(\.name))
    let joined = Self.joinedFamilies(of: tensors, names)
    for (tensor, name) in zip(tensors, names) {
      let isJoined = joined.contains(name.family)
      builder.add(
        tensor,
        path: Self.path(of: name, isJoined: isJoined),
        layer: isJoined ? name.layer : nil,
        isCounted: isCounted(tensor)
      )
    }
    nodes = builder.nodes
  }

  /// The families of several layers whose tensors all have one shape and type.
  private static func joinedFamilies(
    of tensors: [TensorView],
    _ names: [LayeredName]
  ) -> Set<LayeredName.Family> {
    var members: [LayeredName.Family: (first: TensorView, count: Int, isUniform: Bool)] = [:]
    for (tensor, name) in zip(tensors, names) where name.layer != nil {
      guard let known = members[name.family] else {
        members[name.family] = (tensor, 1, true)
        continue
      }
      let isSame = known.first.shape == tensor.shape && known.first.dtype == tensor.dtype
      members[name.family] = (known.first, known.count + 1, known.isUniform && isSame)
    }
    return Set(members.filter { $0.value.count > 1 && $0.value.isUniform }.keys)
  }

  /// A part of a path, and whether its star stands for the numbers of layers.
  private struct Part: Hashable {
    let text: ExactString
    let isJoined: Bool
  }

  private static func path(of name: LayeredName, isJoined: Bool) -> [Part] {
    let text = isJoined ? name.pattern : name.name
    let separator: Character = text.contains(".") || !text.contains("/") ? "." : "/"
    let parts = text.split(
      separator: separator,
      maxSplits: maximumDepth - 1,
      omittingEmptySubsequences: false
    )
    let star = min(name.family.before.string.count { $0 == separator }, parts.count - 1)
    return parts.enumerated().map { place, part in
      Part(text: ExactString(String(part)), isJoined: isJoined && place == star)
    }
  }

  /// Nodes as they are found: each path once, and its children in their order.
  private struct Builder {
    private struct Entry {
      var node: Node
      var children: [Int] = []
      var numbers: Set<Int> = []
    }

    private var entries = [Entry(node: Node(name: "", depth: -1))]
    private var places: [[Part]: Int] = [[]: 0]

    mutating func add(_ tensor: TensorView, path: [Part], layer: Int?, isCounted: Bool) {
      for end in 0...path.count {
        let prefix = Array(path[..<end])
        let place: Int
        if let known = places[prefix] {
          place = known
        } else {
          place = entries.count
          places[prefix] = place
          entries.append(Entry(node: Node(name: path[end - 1].text.string, depth: end - 1)))
          if let parent = places[Array(path[..<(end - 1)])] {
            entries[parent].children.append(place)
          }
        }
        entries[place].node.tensors += 1
        if isCounted {
          entries[place].node.parameters &+= tensor.shape.elementCount
          entries[place].node.bytes &+= tensor.byteCount
        }
        if let layer, end > 0, path[end - 1].isJoined { entries[place].numbers.insert(layer) }
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
