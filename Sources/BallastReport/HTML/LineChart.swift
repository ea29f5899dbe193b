/// A quantity by layer as a line, small enough to stand beside others.
package struct LineChart: Hashable, Sendable {
  /// What the line is about, for those who cannot see it.
  private let title: String
  /// What is measured.
  private let quantity: String
  private let points: [Point]

  /// A measured layer.
  struct Point: Hashable, Sendable {
    let layer: Int
    let value: Double
  }

  // The drawing is 280 units wide: about as many pixels where four stand side by side.
  static let size = (width: 280.0, height: 150.0)
  package static let plot = (left: 48.0, right: 270.0, top: 20.0, bottom: 116.0)

  /// Above so many layers single points are no longer marked.
  private static let markedPoints = 64
  /// The most points of a line; of more layers every second, third and so on is drawn.
  private static let maximumPoints = 512

  /// A chart of values by layer, layers ascending; what is not finite is left out.
  package init(title: String, quantity: String, layers: [Int], values: [Double]) {
    self.title = title
    self.quantity = quantity
    points = zip(layers, values).filter { $1.isFinite }.map { Point(layer: $0, value: $1) }
  }

  private var verticalScale: AxisScale {
    AxisScale(fromZeroTo: points.map(\.value).max() ?? 0, ticks: 3)
  }

  /// Where each point stands in the drawing.
  package var places: [(x: Double, y: Double)] {
    guard let first = points.first, let last = points.last else { return [] }
    let plot = Self.plot
    let width = Double(last.layer) - Double(first.layer)
    let scale = verticalScale
    return points.map { point in
      let part = width > 0 ? (Double(point.layer) - Double(first.layer)) / width : 0.5
      return (
        plot.left + part * (plot.right - plot.left),
        plot.bottom - scale.position(of: point.value) * (plot.bottom - plot.top)
      )
    }
  }

  /// The drawing; nothing where no layer has a value.
  package var svg: HTML {
    guard let first = points.first, let last = points.last else { return HTML() }
    return """
      <svg class="chart" viewBox="0 0 \(Coordinate(Self.size.width)) \
      \(Coordinate(Self.size.height))" role="img"><title>\(title)</title>\
      <desc>\(description)</desc>\(verticalAxis)\
      \(horizontalAxis(first.layer...max(first.layer, last.layer)))\(line)</svg>
      """
  }

  private var description: String {
    guard let least = points.min(by: { $0.value < $1.value }),
      let largest = points.max(by: { $0.value < $1.value })
    else { return "" }
    func text(_ point: Point) -> String {
      "\(Readable.number(point.value)) in layer \(point.layer)"
    }
    return "\(quantity) of \(Readable.count(points.count, of: "layer")): "
      + "least \(text(least)), largest \(text(largest))."
  }

  private var verticalAxis: HTML {
    let plot = Self.plot
    let scale = verticalScale
    let lines = scale.ticks.map { tick -> HTML in
      let y = plot.bottom - scale.position(of: tick) * (plot.bottom - plot.top)
      return """
        <path class="\(tick == 0 ? "axis" : "guide")" d="M\(Coordinate(plot.left)) \
        \(Coordinate(y))H\(Coordinate(plot.right))" />\
        <text x="\(Coordinate(plot.left - 6))" y="\(Coordinate(y + 3.5))" \
        text-anchor="end">\(AxisScale.label(tick))</text>
        """
    }
    return lines.joined()
      + """
      <text class="unit" x="\(Coordinate(plot.left))" y="10">\(quantity)</text>
      """
  }

  private func horizontalAxis(_ layers: ClosedRange<Int>) -> HTML {
    let plot = Self.plot
    let width = Double(layers.upperBound) - Double(layers.lowerBound)
    // A digit is 6 units wide, and between two numbers there are 12.
    let room = (plot.right - plot.left) / Double(6 * String(layers.upperBound).count + 12)
    let most = max(1, min(7, Int(room)))
    let ticks = AxisScale.wholeTicks(layers, atMost: most).map { layer -> HTML in
      let part = width > 0 ? (Double(layer) - Double(layers.lowerBound)) / width : 0.5
      let x = Coordinate(plot.left + part * (plot.right - plot.left))
      return """
        <path class="tick" d="M\(x) \(Coordinate(plot.bottom))v4" />\
        <text x="\(x)" y="\(Coordinate(plot.bottom + 16))" text-anchor="middle">\(layer)</text>
        """
    }
    return ticks.joined()
      + """
      <text class="unit" x="\(Coordinate(plot.right))" y="\(Coordinate(plot.bottom + 30))" \
      text-anchor="end">layer</text>
      """
  }

  private var line: HTML {
    let step = max(1, (points.count + Self.maximumPoints - 1) / Self.maximumPoints)
    let shown = zip(points, places).enumerated().filter { $0.offset % step == 0 }.map(\.element)
    let path = shown.enumerated().map { index, entry in
      let place = entry.1
      return "\(index == 0 ? "M" : "L")\(Coordinate(place.x).text) \(Coordinate(place.y).text)"
    }
    let marks = shown.count > Self.markedPoints ? [] : shown
    return """
      <path class="line" d="\(HTML(markup: path.joined()))" />\(marks.map(Self.mark).joined())
      """
  }

  private static func mark(_ point: Point, _ place: (x: Double, y: Double)) -> HTML {
    """
    <circle class="mark" cx="\(Coordinate(place.x))" cy="\(Coordinate(place.y))" r="2.4">\
    <title>layer \(point.layer): \(Readable.number(point.value))</title></circle>
    """
  }
}
