/// The distribution of values, small in a row of a table, or large with an axis.
package struct HistogramChart: Hashable, Sendable {
  /// The size in which the outline is drawn; the large chart stretches it.
  package static let outlineSize = (width: 96.0, height: 20.0)

  private let counts: [Int]
  private let range: ClosedRange<Double>

  /// A chart of the values that lie in equal parts of a range.
  package init(counts: [Int], in range: ClosedRange<Double>) {
    self.counts = counts
    self.range = range
  }

  /// The outline of all bars together, from the lower left corner to the lower right one.
  ///
  /// What is not zero is at least half a unit high, so that it is seen.
  package var outline: String {
    let (width, height) = Self.outlineSize
    let highest = Double(max(1, counts.max() ?? 1))
    var path = "M0 \(Coordinate(height).text)"
    var last = Coordinate(height)
    for (bin, count) in counts.enumerated() {
      let bar = count > 0 ? max(0.5, Double(count) / highest * height) : 0
      let top = Coordinate(height - bar)
      // Bars of one height are one line.
      guard top.text != last.text else { continue }
      let left = Coordinate(Double(bin) / Double(counts.count) * width)
      path += "H\(left.text)V\(top.text)"
      last = top
    }
    return path + "H\(Coordinate(width).text)V\(Coordinate(height).text)Z"
  }

  /// The chart for a row, whose outline `reference` names for the large one.
  package func sparkline(named reference: String) -> HTML {
    let (width, height) = Self.outlineSize
    return """
      <svg class="spark" viewBox="0 0 \(Coordinate(width)) \(Coordinate(height))" \
      aria-hidden="true"><path id="\(reference)" d="\(HTML(markup: outline))" /></svg>
      """
  }

  /// The large chart; its outline is the one of the row that has `reference`.
  ///
  /// `title` says whose values these are, for those who cannot see them.
  package func chart(of reference: String, title: String) -> HTML {
    large(title: title, note: "", shapes: "<use href=\"#\(reference)\" class=\"fill\" />")
  }

  /// The large chart of B with A, over the same range, as a line.
  package func chart(besides a: HistogramChart, title: String) -> HTML {
    large(
      title: title,
      note: "; B filled, A a line",
      shapes: """
        <path class="fill" d="\(HTML(markup: outline))" />\
        <path class="line" d="\(HTML(markup: a.outline))" />
        """
    )
  }

  // The drawing is 360 units wide; numbers at both ends of the axis have room beside it.
  private static let size = (width: 360.0, height: 146.0)
  private static let plot = (left: 30.0, right: 340.0, top: 22.0, bottom: 118.0)

  private func large(title: String, note: String, shapes: HTML) -> HTML {
    let plot = Self.plot
    let scale = AxisScale(over: range, ticks: 5)
    let (width, height) = Self.outlineSize
    let total = counts.reduce(0, +)
    let highest = counts.max() ?? 0
    let summary =
      "\(Readable.count(total)) values from \(Readable.number(range.lowerBound)) to "
      + "\(Readable.number(range.upperBound)) in \(counts.count) equal parts, "
      + "at most \(Readable.count(highest)) in one."
    let ticks = scale.ticks.map { tick -> HTML in
      let x = Coordinate(plot.left + scale.position(of: tick) * (plot.right - plot.left))
      return """
        <path class="tick" d="M\(x) \(Coordinate(plot.bottom))v4" />\
        <text x="\(x)" y="\(Coordinate(plot.bottom + 17))" \
        text-anchor="middle">\(AxisScale.label(tick))</text>
        """
    }
    return """
      <svg class="chart" viewBox="0 0 \(Coordinate(Self.size.width)) \
      \(Coordinate(Self.size.height))" role="img"><title>\(title)</title><desc>\(summary)</desc>\
      <text x="\(Coordinate(plot.left))" y="12">at most \(Readable.shortCount(highest)) in a bin\(note)</text>\
      <svg x="\(Coordinate(plot.left))" y="\(Coordinate(plot.top))" \
      width="\(Coordinate(plot.right - plot.left))" \
      height="\(Coordinate(plot.bottom - plot.top))" \
      viewBox="0 0 \(Coordinate(width)) \(Coordinate(height))" preserveAspectRatio="none">\
      \(shapes)</svg>\
      <path class="axis" d="M\(Coordinate(plot.left)) \(Coordinate(plot.bottom))\
      H\(Coordinate(plot.right))" />\(ticks.joined())\
      <text class="unit" x="\(Coordinate(Self.size.width))" y="\(Coordinate(plot.bottom + 28))" \
      text-anchor="end">value</text></svg>
      """
  }
}
