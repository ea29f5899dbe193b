import BallastCheckpoint
import BallastInspection
import BallastTestSupport
import Testing

/// Counts between edges, against counting one by one.
@Suite struct HistogramTests {
  private func slow(_ values: [Double], _ edges: [Double]) -> [Int] {
    var counts = [Int](repeating: 0, count: edges.count - 1)
    for value in values where value.isFinite {
      counts[max(0, (edges.dropLast().lastIndex { $0 <= value }) ?? 0)] += 1
    }
    return counts
  }

  @Test(arguments: Histogram.Scale.allCases, [1, 2, 10, 333])
  func everyValueCountsInItsBin(scale: Histogram.Scale, bins: Int) throws {
    var random = SeededGenerator(seed: UInt64(bins))
    var values = (0..<20_000).map { _ in
      let value = Double.random(in: -1...1, using: &random)
      return value * value * value * 100
    }
    values += [0, -0.0, .nan, .infinity, -.infinity, 100, -100]
    let view = try tensor(.f64, [values.count], littleEndian(values))
    let histogram = try Histogram(of: view, in: -100...100, bins: bins, scale: scale)
    #expect(histogram.edges.count == bins + 1)
    #expect(histogram.edges.first == -100 && histogram.edges.last == 100)
    #expect(histogram.edges == histogram.edges.sorted())
    #expect(histogram.counts == slow(values, histogram.edges))
    #expect(histogram.counts.reduce(0, +) == values.count - 3)
    let floats = values.map { Float($0) }
    let narrow = try Histogram(
      of: tensor(.f32, [floats.count], littleEndian(floats)),
      in: -100...100,
      bins: bins,
      scale: scale
    )
    #expect(narrow.counts == slow(floats.map { Double($0) }, narrow.edges))
  }

  @Test func edgesAreInclusiveBelowAndAtTheVeryTop() throws {
    let values: [Float] = [0, 1, 1, 2, 3, 4, 4]
    let view = try tensor(.f32, [7], littleEndian(values))
    #expect(try Histogram(of: view, in: 0...4, bins: 4).counts == [1, 2, 1, 3])
  }

  @Test func oneValueStandsInTheMiddle() throws {
    let view = try tensor(.f32, [3], littleEndian([5, 5, 5] as [Float]))
    let histogram = try Histogram(of: view, in: 5...5, bins: 3)
    #expect(histogram.edges.first == 4.5 && histogram.edges.last == 5.5)
    #expect(histogram.counts == [0, 3, 0])
  }

  @Test func valuesBeyondFloat32AndNextToEachOther() throws {
    let values = [1e300, -1e300, 0, 1e-300, 1.0, 1.0.nextUp]
    let view = try tensor(.f64, [6], littleEndian(values))
    let wide = try Histogram(of: view, in: -1e300...1e300, bins: 5)
    #expect(wide.counts == slow(values, wide.edges))
    let narrow = try Histogram(
      of: tensor(.f64, [2], littleEndian([1.0, 1.0.nextUp])),
      in: 1.0...1.0.nextUp,
      bins: 4
    )
    #expect(narrow.counts.reduce(0, +) == 2)
  }
}
