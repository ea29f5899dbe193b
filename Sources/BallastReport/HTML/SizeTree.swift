/// Things of some size inside others: drawn as nested strips, and listed to be unfolded.
package struct SizeTree: Hashable, Sendable {
  /// A thing, and what is inside.
  package struct Node: Hashable, Sendable {
    /// What it is called inside of what holds it.
    package var name: String
    /// The same with the names of all that hold it.
    package var path: String
    /// Its size, which is no less than the sum of what is inside.
    package var size: Int
    /// What stands in the columns of the list, beside size and share.
    package var columns: [String]
    /// What is inside, in order.
    package var children: [Node]

    package init(
      name: String,
      path: String,
      size: Int,
      columns: [String],
      children: [Node] = []
    ) {
      self.name = name
      self.path = path
      self.size = size
      self.columns = columns
      self.children = children
    }
  }

  /// The outermost things.
  package let roots: [Node]
  /// The size of all of them.
  package let total: Int
  /// What the list's columns are called: the name, those of the nodes, size and share.
  let columns: [String]

  package init(_ roots: [Node], columns: [String]) {
    self.roots = roots
    self.columns = columns
    total = roots.reduce(0) { $0 &+ $1.size }
  }

  // MARK: Strips

  /// A strip of the drawing, in parts of its width.
  package struct Strip: Hashable {
    package let name: String
    package let path: String
    package let level: Int
    package let start: Double
    package let width: Double
    package let size: Int
  }

  /// Levels below are left to the list.
  private static let maximumLevels = 5
  /// Strips narrower than this part would not be seen.
  private static let leastWidth = 0.0015
  private static let rowHeight = 30.0

  /// The strips, each before those inside of it.
  package var strips: [Strip] {
    var strips: [Strip] = []
    func add(_ nodes: [Node], level: Int, from start: Double) {
      var start = start
      for node in nodes {
        let width = Double(max(0, node.size)) / Double(max(1, total))
        if width >= Self.leastWidth, start + width <= 1 + 1e-9 {
          strips.append(
            Strip(
              name: node.name,
              path: node.path,
              level: level,
              start: start,
              width: width,
              size: node.size
            )
          )
          if level + 1 < Self.maximumLevels {
            add(node.children, level: level + 1, from: start)
          }
        }
        start += width
      }
    }
    add(roots, level: 0, from: 0)
    return strips
  }

  /// The drawing; nothing where there are no bytes.
  package func icicle(title: String) -> HTML {
    let strips = strips
    guard let deepest = strips.map(\.level).max() else { return HTML() }
    let shapes = strips.map { strip -> HTML in
      let share = Readable.percentage(strip.width)
      return """
        <svg x="\(Coordinate(100 * strip.start))%" \
        y="\(Coordinate(Double(strip.level) * Self.rowHeight))" \
        width="\(Coordinate(100 * strip.width))%" height="\(Coordinate(Self.rowHeight))">\
        <title>\(strip.path): \(Readable.bytes(strip.size)), \(share)</title>\
        <rect class="l\(strip.level)" width="100%" height="100%" />\
        <text x="8" y="19">\(strip.name)</text></svg>
        """
    }
    let largest = roots.max { $0.size < $1.size }
    let summary =
      largest.map {
        "The largest of \(roots.count) is \($0.name) with \(Readable.bytes($0.size)). "
          + "The list below says the same in words."
      } ?? ""
    return """
      <svg class="icicle" width="100%" height="\(Coordinate(Double(deepest + 1) * Self.rowHeight))" \
      role="img"><title>\(title)</title><desc>\(summary)</desc>\(shapes.joined())</svg>
      """
  }
}
