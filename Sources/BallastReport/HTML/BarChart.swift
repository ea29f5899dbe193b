/// Upright bars side by side, as wide as the page allows; their texts do not grow or shrink with it.
package struct BarChart: Hashable, Sendable {
  /// A bar.
  package struct Bar: Hashable, Sendable {
    /// What stands below it.
    let label: String
    /// Its height; infinity is as high as the chart.
    let value: Double
    /// Whether it stands apart from the others, and is drawn paler.
    let isApart: Bool

    package init(_ label: String, _ value: Double, isApart: Bool = false) {
      self.label = label.shortened(to: BarChart.longestLabel)
      self.value = value
      self.isApart = isApart
    }
  }

  private let title: String
  private let quantity: String
  private let unit: String
  private let bars: [Bar]

  // Pixels, for the height does not change with the width of the page.
  static let height = 210.0
  package static let plot = (top: 26.0, bottom: 168.0)
  /// The labels below, of more bars only every second, fifth and so on has one; in longer labels
  /// than so many columns the middle is left out.
  private static let maximumLabels = 13
  private static let longestLabel = 6
  /// Of so many bars each has its number above it, where the page is wide.
  private static let maximumNumbers = 16

  /// A chart; `quantity` is what heights are, and `unit` what the bars are.
  package init(title: String, quantity: String, unit: String, bars: [Bar]) {
    self.title = title
    self.quantity = quantity
    self.unit = unit
    self.bars = bars
  }

  private var scale: AxisScale {
    AxisScale(fromZeroTo: bars.map(\.value).filter(\.isFinite).max() ?? 0, ticks: 4)
  }

  /// The upper edge of each bar, in pixels.
  package var tops: [Double] {
    let scale = scale
    return bars.map { bar in
      let part = bar.value.isFinite ? scale.position(of: bar.value) : 1
      // What is not zero is seen.
      let height = part * (Self.plot.bottom - Self.plot.top)
      return Self.plot.bottom - (bar.value > 0 ? max(1, height) : 0)
    }
  }

  /// The drawing; nothing without bars.
  package var html: HTML {
    guard !bars.isEmpty else { return HTML() }
    let height = Coordinate(Self.height)
    return """
      <div class="\(style)"><svg class="chart scale" width="60" height="\(height)" aria-hidden="true">\
      \(verticalLabels)</svg>\
      <svg class="chart plot" width="100%" height="\(height)" role="img"><title>\(title)</title>\
      <desc>\(description)</desc>\(grid)\(columns.joined())\
      <text class="unit" x="100%" y="\(Coordinate(Self.height - 4))" \
      text-anchor="end">\(unit)</text></svg></div>
      """
  }

  /// Few bars are not spread over the whole page.
  private var style: String {
    switch bars.count {
    case ...6: "bars few"
    case ...13: "bars some"
    default: "bars"
    }
  }

  private var description: String {
    guard let largest = bars.max(by: { $0.value < $1.value }) else { return "" }
    return "\(quantity) by \(unit): the largest is \(Readable.number(largest.value)), "
      + "of \(largest.label)."
  }

  private func y(of tick: Double) -> Double {
    Self.plot.bottom - scale.position(of: tick) * (Self.plot.bottom - Self.plot.top)
  }

  private var verticalLabels: HTML {
    let labels = scale.ticks.map { tick -> HTML in
      """
      <text x="52" y="\(Coordinate(y(of: tick) + 3.5))" \
      text-anchor="end">\(AxisScale.label(tick))</text>
      """
    }
    return labels.joined()
      + """
      <text class="unit" x="0" y="10">\(quantity)</text>
      """
  }

  private var grid: HTML {
    scale.ticks.map { tick -> HTML in
      """
      <line class="\(tick == 0 ? "axis" : "guide")" x1="0" x2="100%" \
      y1="\(Coordinate(y(of: tick)))" y2="\(Coordinate(y(of: tick)))" />
      """
    }.joined()
  }

  /// The bars with a label: at equal distances, the one that stands apart, and none too near to it.
  package var labelledBars: Set<Int> {
    let ordinary = bars.count { !$0.isApart }
    // On a narrow page there are 300 pixels, 6 for a digit and 11 between labels.
    let longest = bars.filter { !$0.isApart }.map(\.label.count).max() ?? 0
    let most = min(Self.maximumLabels, 300 / (6 * longest + 11))
    let ticks = ordinary > 0 ? AxisScale.wholeTicks(0...ordinary - 1, atMost: most) : []
    guard bars.last?.isApart == true else { return Set(ticks) }
    let step = ticks.count > 1 ? ticks[1] - ticks[0] : 1
    let last = bars.count - 1
    return Set(ticks.filter { 10 * (last - $0) >= 7 * step } + [last])
  }

  private var columns: [HTML] {
    let part = 100 / Double(bars.count)
    let labelled = labelledBars
    return zip(bars, tops).enumerated().map { index, entry in
      let (bar, top) = entry
      let middle = Coordinate((Double(index) + 0.5) * part)
      let label: HTML =
        labelled.contains(index)
        ? """
        <text x="\(middle)%" y="\(Coordinate(Self.plot.bottom + 18))" \
        text-anchor="middle">\(bar.label)</text>
        """ : ""
      let number: HTML =
        bars.count <= Self.maximumNumbers
        ? """
        <text class="number" x="\(middle)%" y="\(Coordinate(top - 6))" \
        text-anchor="middle">\(bar.value.isFinite ? Readable.number(bar.value, digits: 3) : "∞")</text>
        """ : ""
      return """
        <rect class="\(bar.isApart ? "bar apart" : "bar")" \
        x="\(Coordinate((Double(index) + 0.14) * part))%" y="\(Coordinate(top))" \
        width="\(Coordinate(0.72 * part))%" height="\(Coordinate(Self.plot.bottom - top))">\
        <title>\(unit) \(bar.label): \(Readable.number(bar.value))</title></rect>\(label)\(number)
        """
    }
  }
}
