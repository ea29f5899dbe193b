import BallastReport
import Foundation
import Testing

/// Drawings against what their numbers say, read back out of the markup.
@Suite struct ChartTests {
  /// The height above the lower edge at each whole unit's middle, as an outline draws it.
  private func heights(of outline: String, at places: [Double]) throws -> [Double] {
    var (x, y) = (0.0, 0.0)
    // Horizontal lines: from, to, height.
    var lines: [(Double, Double, Double)] = []
    var rest = outline[...]
    while let command = rest.popFirst(), command != "Z" {
      let text = rest.prefix { $0.isNumber || $0 == "." || $0 == "-" || $0 == " " }
      rest = rest.dropFirst(text.count)
      let numbers = text.split(separator: " ").compactMap { Double($0) }
      switch command {
      case "M": (x, y) = (numbers[0], numbers[1])
      case "H":
        lines.append((x, numbers[0], y))
        x = numbers[0]
      case "V": y = numbers[0]
      default: Issue.record("\(command) in \(outline)")
      }
    }
    return try places.map { place in
      let line = try #require(lines.first { $0.0 <= place && place <= $0.1 })
      return HistogramChart.outlineSize.height - line.2
    }
  }

  @Test(arguments: [
    [1], [0], [0, 0, 0], [5, 5, 5], [1, 2, 4, 8], [0, 7, 0, 7, 7, 0], [1, 1_000_000],
    Array(0..<48), (0..<48).map { $0 * $0 % 17 },
  ])
  func outlineHasTheCountsAsHeights(counts: [Int]) throws {
    let low = Double(counts.count) * -1
    let chart = HistogramChart(counts: counts, in: low...3)
    let (width, height) = HistogramChart.outlineSize
    let bin = width / Double(counts.count)
    let places = counts.indices.map { (Double($0) + 0.5) * bin }
    let drawn = try heights(of: chart.outline, at: places)
    let highest = max(1, counts.max() ?? 1)
    for (count, drawn) in zip(counts, drawn) {
      let exact = Double(count) * height / Double(highest)
      #expect(abs(drawn - (count == 0 ? 0 : max(0.5, exact))) < 0.006)
    }
  }

  @Test func lineStandsWhereItsValuesAre() throws {
    let chart = LineChart(
      title: "t",
      quantity: "RMS",
      layers: [0, 1, 2, 3, 4],
      values: [0, 0.25, .nan, 1, 0.5]
    )
    let plot = LineChart.plot
    let (width, height) = (plot.right - plot.left, plot.bottom - plot.top)
    // The axis ends at 1, and layer 2 has no value.
    let expected = [(0.0, 0.0), (0.25, 0.25), (0.75, 1), (1, 0.5)].map {
      (plot.left + $0 * width, plot.bottom - $1 * height)
    }
    let places = chart.places
    #expect(places.count == expected.count)
    for (place, wanted) in zip(places, expected) {
      #expect(abs(place.x - wanted.0) < 1e-9 && abs(place.y - wanted.1) < 1e-9)
    }
    let svg = chart.svg.text
    #expect(svg.contains("<desc>RMS of 4 layers: least 0 in layer 0, largest 1 in layer 3.</desc>"))
    #expect(svg.contains("<title>layer 3: 1</title>"))
    #expect(LineChart(title: "", quantity: "", layers: [1], values: [.nan]).svg == HTML())
  }

  @Test func longLinesAreThinned() {
    let layers = Array(0..<100_000)
    let values = layers.map { Double($0 % 7) }
    let svg = LineChart(title: "t", quantity: "q", layers: layers, values: values).svg.text
    #expect(svg.count < 12_000 && !svg.contains("circle"))
  }

  @Test(arguments: [1, 9, 11, 47, 124, 999, 8191, 1_000_000, Int.max - 1])
  func numbersOfLayersDoNotMeet(last: Int) throws {
    let chart = LineChart(title: "t", quantity: "q", layers: [0, last], values: [1, 2])
    // The places and texts of the numbers below the axis.
    let numbers = chart.svg.text.components(separatedBy: "text-anchor=\"middle\">").dropFirst()
      .map { String($0.prefix { $0 != "<" }) }
    #expect(numbers.first == "0")
    let values = try numbers.map { try #require(Double($0)) }
    let width = LineChart.plot.right - LineChart.plot.left
    for (left, right) in zip(values.indices, values.indices.dropFirst()) {
      let distance = (values[right] - values[left]) / Double(last) * width
      let digits = numbers.map(\.count)
      #expect(distance > 6 * Double(digits[left] + digits[right]) / 2 + 3, "\(numbers)")
    }
  }

  @Test func barsAreAsHighAsTheirValues() {
    let values = [0.0, 0.1, 0.25, 1e-9, .infinity]
    let bars = values.enumerated().map { BarChart.Bar("\($0)", $1, isApart: $0 == 4) }
    let tops = BarChart(title: "t", quantity: "q", unit: "layer", bars: bars).tops
    let height = BarChart.plot.bottom - BarChart.plot.top
    // Four steps of 0.1 hold 0.25: the axis ends at 0.3.
    let wanted = [0, 0.1 / 0.3 * height, 0.25 / 0.3 * height, 1, height]
    for (top, height) in zip(tops, wanted) {
      #expect(abs(BarChart.plot.bottom - top - height) < 1e-9)
    }
    #expect(BarChart(title: "t", quantity: "q", unit: "u", bars: []).html == HTML())
  }

  @Test(arguments: [1, 2, 12, 13, 24, 25, 48, 125, 1000])
  func labelsOfBarsDoNotMeet(layers: Int) {
    var bars = (0..<layers).map { BarChart.Bar("\($0)", 1) }
    bars.append(BarChart.Bar("rest", 1, isApart: true))
    let chart = BarChart(title: "t", quantity: "q", unit: "layer", bars: bars)
    let labelled = chart.labelledBars.sorted()
    #expect(labelled.last == layers && labelled.count <= 14)
    // On a page of 300 pixels, with 6 for a digit and 24 for the last one.
    let slot = 300 / Double(bars.count)
    for (left, right) in zip(labelled, labelled.dropFirst()) {
      let widths = [left, right].map { $0 == layers ? 24.0 : 6 * Double("\($0)".count) }
      #expect(Double(right - left) * slot > (widths[0] + widths[1]) / 2 - 1)
    }
  }

  @Test(arguments: [1e-300, 3e-9, 0.02, 0.15, 1, 7, 12, 99, 12345, 1.7e308], [3, 4, 7])
  func axesFromZeroHoldTheirMaximum(maximum: Double, count: Int) {
    let scale = AxisScale(fromZeroTo: maximum, ticks: count)
    #expect(scale.range.lowerBound == 0 && scale.range.upperBound >= maximum * (1 - 1e-8))
    #expect(scale.range.upperBound < maximum * 2.6 && scale.ticks.count <= count + 1)
    #expect(scale.ticks.first == 0 && scale.ticks.count >= 2)
    #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0 < $1 })
    #expect(
      scale.position(of: 0) == 0 && abs(scale.position(of: scale.range.upperBound) - 1) < 1e-9
    )
  }

  @Test(
    arguments: [
      -1...1, 0...0, 5...5, -0.31...0.29, 1e-30...1.1e-30, -1e308...1.7e308, 0.99...1.01,
      1e15...1e15 + 1, -3...(-1), -Double.leastNonzeroMagnitude...Double.leastNonzeroMagnitude,
    ] as [ClosedRange<Double>]
  )
  func ticksLieInTheRange(range: ClosedRange<Double>) {
    let scale = AxisScale(over: range, ticks: 5)
    #expect(!scale.ticks.isEmpty && scale.ticks.count <= 6)
    for tick in scale.ticks {
      let slack = (range.upperBound.magnitude + range.lowerBound.magnitude) * 1e-12
      #expect(tick >= range.lowerBound - slack && tick <= range.upperBound + slack)
      #expect((0...1).contains(scale.position(of: tick)))
    }
    #expect(zip(scale.ticks, scale.ticks.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test func ticksOfWholeNumbers() {
    #expect(AxisScale.wholeTicks(0...11, atMost: 7) == [0, 2, 4, 6, 8, 10])
    #expect(AxisScale.wholeTicks(0...3, atMost: 7) == [0, 1, 2, 3])
    #expect(AxisScale.wholeTicks(5...5, atMost: 7) == [5])
    #expect(AxisScale.wholeTicks(0...47, atMost: 7) == [0, 10, 20, 30, 40])
    #expect(AxisScale.wholeTicks(0...124, atMost: 7) == [0, 20, 40, 60, 80, 100, 120])
    for width in 1...3000 {
      let ticks = AxisScale.wholeTicks(0...width, atMost: 13)
      #expect(ticks.count <= 13 && (ticks.count >= 3 || width < 3), "\(width)")
    }
    for most in 1...13 {
      #expect((1...most).contains(AxisScale.wholeTicks(0...Int.max, atMost: most).count))
    }
    #expect(AxisScale.wholeTicks(Int.min...Int.max, atMost: 7) == [Int.min])
  }

  @Test func stripsLieInWhatHoldsThem() throws {
    func node(_ name: String, _ size: Int, _ children: [SizeTree.Node] = []) -> SizeTree.Node {
      SizeTree.Node(name: name, path: "p.\(name)", size: size, columns: [], children: children)
    }
    let tree = SizeTree(
      [
        node("a", 60, [node("a1", 20), node("a2", 40, [node("a3", 40)])]), node("b", 40),
        node("dust", 0),
      ],
      columns: ["Name"]
    )
    let strips = tree.strips
    #expect(strips.map(\.name) == ["a", "a1", "a2", "a3", "b"])
    #expect(strips.map(\.level) == [0, 1, 1, 2, 0])
    let places: [(Double, Double)] = [(0, 0.6), (0, 0.2), (0.2, 0.4), (0.2, 0.4), (0.6, 0.4)]
    for (strip, place) in zip(strips, places) {
      #expect(abs(strip.start - place.0) < 1e-12 && abs(strip.width - place.1) < 1e-12)
    }
    let icicle = tree.icicle(title: "t").text
    #expect(
      icicle.contains("x=\"20%\" y=\"60\" width=\"40%\" height=\"30\"><title>p.a3: 40 B, 40%")
    )
    #expect(SizeTree([node("none", 0)], columns: []).icicle(title: "t") == HTML())
  }
}
