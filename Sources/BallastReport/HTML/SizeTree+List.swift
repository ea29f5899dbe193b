extension SizeTree {
  /// The list: what holds something unfolds, and the outermost two levels are open.
  package var list: HTML {
    let titles = (columns + ["Size", "Share"]).dropFirst().map { title -> HTML in
      "<span class=\"num\">\(title)</span>"
    }
    return """
      <div class="tree"><div class="row head" aria-hidden="true"><span class="name">\
      \(columns.first ?? "")</span>\(titles.joined())<span class="share"></span></div>
      \(roots.map { item($0, level: 0) }.joined(separator: "\n"))
      </div>
      """
  }

  private func item(_ node: Node, level: Int) -> HTML {
    let share = Double(max(0, node.size)) / Double(max(1, total))
    let texts = node.columns + [Readable.bytes(node.size), Readable.share(share)]
    let cells: HTML = """
      <bdi class="name">\(node.name)</bdi>\
      \(texts.map { text -> HTML in "<span class=\"num\">\(text)</span>" }.joined())\
      <span class="share"><svg width="100%" height="8" aria-hidden="true">\
      <rect class="track" width="100%" height="8" />\
      <rect class="bar" width="\(Coordinate(100 * share))%" height="8" /></svg></span>
      """
    guard !node.children.isEmpty else { return "<div class=\"row leaf\">\(cells)</div>" }
    let open: HTML = level < 2 ? " open=\"open\"" : ""
    return """
      <details\(open)><summary class="row">\(cells)</summary><div class="inside">
      \(node.children.map { item($0, level: level + 1) }.joined(separator: "\n"))
      </div></details>
      """
  }
}
