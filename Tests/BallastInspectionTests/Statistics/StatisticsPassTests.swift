import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastParallel
import BallastTestSupport
import Testing

/// Many tensors in one pass, their distributions, and what is told of layers.
@Suite(.serialized) struct StatisticsPassTests {
  private func random(_ count: Int, seed: UInt64) -> [Float] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      Float.random(in: -1...1, using: &random) * Float.random(in: 0...1, using: &random)
    }
  }

  private func tensors() throws -> [TensorView] {
    try (0..<70).map { index in
      let values = random(index == 3 ? 3_000_001 : index * 37, seed: UInt64(index))
      return try tensor(.f32, [values.count], littleEndian(values), named: "t\(index)")
    }
  }

  @Test func figuresDoNotDependOnThreadsOrCompany() throws {
    let views = try tensors()
    var request = StatisticsPass()
    request.bars = 9
    request.quantiles = [0.1, 0.9]
    defer { Parallel.setThreadCount(0) }
    Parallel.setThreadCount(1)
    var reported: [Int] = []
    let one = try StatisticsPass.summaries(of: views, as: request) { (bytes) throws(FormatError) in
      reported.append(bytes)
    }
    Parallel.setThreadCount(5)
    let five = try StatisticsPass.summaries(of: views, as: request)
    #expect(one.map(\.statistics) == five.map(\.statistics))
    #expect(one.map(\.bars) == five.map(\.bars))
    #expect(one.map(\.quantiles) == five.map(\.quantiles))
    #expect(reported.last == views.reduce(0) { $0 + $1.byteCount })
    #expect(reported == reported.sorted() && reported.count > 1)
    for (view, summary) in zip(views, one) {
      #expect(try TensorStatistics(of: view) == summary.statistics)
      let drawn = summary.bars.reduce(0, +)
      #expect(drawn == view.shape.elementCount || drawn <= 1 << 12 && drawn > 1 << 11)
    }
  }

  @Test func quantilesAreWithinTheirBound() throws {
    let values = random(1_300_000, seed: 4)
    let view = try tensor(.f32, [1300, 1000], littleEndian(values))
    var request = StatisticsPass()
    request.quantiles = [0, 0.001, 0.5, 0.75, 1]
    let found = try StatisticsPass.summaries(of: [view], as: request)[0].quantiles
    let sorted = values.sorted().map { Double($0) }
    for (part, value) in zip(request.quantiles, found) {
      let expected = sorted[Int((Double(sorted.count - 1) * part).rounded(.down))]
      #expect(abs(try #require(value) - expected) <= abs(expected) / 256, "\(part)")
    }
    let none = try tensor(.f32, [2], littleEndian([.nan, .infinity] as [Float]))
    #expect(
      try StatisticsPass.summaries(of: [none], as: request)[0].quantiles
        == Array(repeating: nil, count: 5)
    )
  }

  /// Small tensors are sorted: their quantiles are exact.
  @Test func quantilesOfSmallTensorsAreExact() throws {
    let values = random(9_001, seed: 5) + [.nan, .infinity]
    let view = try tensor(.f32, [values.count], littleEndian(values))
    var request = StatisticsPass()
    request.quantiles = [0, 0.1, 0.5, 1]
    let sorted = values.filter(\.isFinite).sorted()
    let expected = request.quantiles.map { Double(sorted[Int(9000 * $0)]) }
    #expect(try StatisticsPass.summaries(of: [view], as: request)[0].quantiles == expected)
    let few = try tensor(.f32, [0], [])
    #expect(
      try StatisticsPass.summaries(of: [few], as: request)[0].quantiles
        == Array(repeating: nil, count: 4)
    )
  }

  /// Of a large tensor 4,096 values are counted, from all over it: the shape stays.
  @Test func barsOfASampleHaveTheShapeOfTheWhole() throws {
    let values = random(5_000_000, seed: 9)
    let view = try tensor(.f32, [values.count], littleEndian(values))
    var request = StatisticsPass()
    request.bars = 8
    let bars = try StatisticsPass.summaries(of: [view], as: request)[0].bars
    let sampled = Double(bars.reduce(0, +))
    #expect(sampled <= 4096 && sampled > 4000)
    let exact = try Histogram(of: view, in: -1...1, bins: 8).counts
    for (bar, count) in zip(bars, exact) {
      #expect(abs(Double(bar) / sampled - Double(count) / Double(values.count)) < 0.03)
    }
  }

  /// A tensor of two halves that have nothing in common, and of an odd length: both are drawn.
  @Test func aSampleIsTakenFromAllOverTheTensor() throws {
    let values = (0..<1_500_007).map { Float($0 < 750_000 ? 0 : 1) }
    let view = try tensor(.f32, [values.count], littleEndian(values))
    var request = StatisticsPass()
    request.bars = 2
    let bars = try StatisticsPass.summaries(of: [view], as: request)[0].bars
    #expect(abs(bars[0] - bars[1]) < 100 && bars[0] > 2000)
    // The difference of these is more than float64 holds.
    let far = try tensor(.f64, [4], littleEndian([-1.7e308, 0, 1.7e308, 1e308]))
    request.bars = 4
    #expect(try StatisticsPass.summaries(of: [far], as: request)[0].bars == [1, 0, 1, 2])
    let few = try tensor(.i16, [3], littleEndian([-1, 0, 1] as [Int16]))
    request.bars = 3
    #expect(try StatisticsPass.summaries(of: [few], as: request)[0].bars == [1, 1, 1])
  }

  /// Large tensors are counted by keys, which stand for float32's numbers.
  @Test func quantilesBeyondFloat32AreNotTold() throws {
    let values = random(20_000, seed: 6).map { Double($0) * 1e300 }
    let view = try tensor(.f64, [values.count], littleEndian(values))
    var request = StatisticsPass()
    request.quantiles = [0.5]
    #expect(try StatisticsPass.summaries(of: [view], as: request)[0].quantiles == [nil])
  }

  @Test func zerosOfFloat32AreNoDeadRows() throws {
    let values = [Double](repeating: 0, count: 3) + [Double](repeating: 1e-60, count: 9)
    let view = try tensor(.f64, [4, 3], littleEndian(values))
    let statistics = try TensorStatistics(of: view)
    #expect(try StatisticsFinding.findings(about: [(view, statistics)]).isEmpty)
  }

  @Test func namesOfLayers() {
    let names = [
      ("transformer.h.11.attn.bias", "transformer.h.*.attn.bias", 11),
      ("model/h3/ln_1/g", "model/h*/ln_1/g", 3), ("blk.0.attn_q", "blk.*.attn_q", 0),
      ("h.007.1.x", "h.*.1.x", 7),
    ]
    for (name, pattern, layer) in names {
      #expect(LayeredName(name).pattern == pattern && LayeredName(name).layer == layer)
    }
    for name in ["wte.weight", "", "h.x", "h", "a.99999999999999999999", "ln_1.weight"] {
      #expect(LayeredName(name).layer == nil && LayeredName(name).pattern == name)
    }
  }

  @Test func anAggregateIsThatOfAllItsValues() throws {
    let layers = (0..<4).map { random(100 + $0 * 50, seed: UInt64($0)) }
    let views = try layers.enumerated().map { index, values in
      let name = "h.\(3 - index).w"
      return try tensor(.f32, [values.count], littleEndian(values), named: name)
    }
    let statistics = try views.map { ($0.name, try TensorStatistics(of: $0)) }
    let aggregate = try #require(LayerAggregate.aggregates(of: statistics).first)
    let all = try TensorStatistics(
      of: tensor(.f32, [layers.joined().count], littleEndian(layers.joined()))
    )
    #expect(aggregate.pattern == "h.*.w" && aggregate.layers == [0, 1, 2, 3])
    #expect(aggregate.count == all.count && aggregate.notFinite == 0)
    #expect(aggregate.minimum == all.minimum && aggregate.maximum == all.maximum)
    #expect(abs(try #require(aggregate.mean) - (all.mean ?? 9)) < 1e-15)
    let deviation = try #require(aggregate.standardDeviation)
    #expect(abs(deviation - (all.standardDeviation ?? 9)) < 1e-14)
    #expect(aggregate.rootMeanSquares[3] == statistics[0].1.rootMeanSquare)
  }

  /// Rows that are longer than a piece, and pieces of many rows.
  @Test(arguments: [[3, 700_000], [700_000, 3]])
  func linesOfZerosAcrossPieces(sizes: [Int]) throws {
    let (rows, columns) = (sizes[0], sizes[1])
    var values = [Float](repeating: 1, count: rows * columns)
    let (deadRows, deadColumns) = (Set([0, rows - 1]), Set([1, columns - 2]))
    for row in 0..<rows {
      for column in 0..<columns where deadRows.contains(row) || deadColumns.contains(column) {
        values[row * columns + column] = row % 2 == 0 ? 0 : -0.0
      }
    }
    let view = try tensor(.f32, sizes, littleEndian(values))
    let read = [(tensor: view, statistics: try TensorStatistics(of: view))]
    #expect(
      try StatisticsFinding.findings(about: read).map(\.kind) == [
        .deadRows(deadRows.count, of: rows), .deadColumns(deadColumns.count, of: columns),
      ]
    )
    #expect(throws: FormatError.self) {
      try StatisticsFinding.findings(about: read) { () throws(FormatError) in
        throw FormatError(CheckpointFault.noSuchTensor("stop"))
      }
    }
  }

  /// Norms of layers, and how many times their median those are that are out of line.
  static let norms: [(norms: [Float], times: [Double?])] = [
    ([4, 4, 4, 21], [nil, nil, nil, 5.25]), ([1, 2, 6, 10, 21], [1 / 6.0, nil, nil, nil, nil]),
    ([1, 2, 3, 20], [nil, nil, nil, 8]), ([1, 1, 6, 6], [nil, nil, nil, nil]),
    ([1, 7, 7, 7], [1 / 7.0, nil, nil, nil]),
    ([1, 1, 1, 1, 6, 6], [nil, nil, nil, nil, 6, 6]), ([1, 1, 9], [nil, nil, nil]),
  ]

  /// For an even count the median is halfway between two.
  @Test(arguments: norms)
  func normsBesideThoseOfOtherLayers(norms: [Float], times: [Double?]) throws {
    let views = try norms.enumerated().map { index, norm in
      try tensor(.f32, [3], littleEndian([norm, -norm, norm]), named: "h.\(index).w")
    }
    let findings = try StatisticsFinding.findings(
      about: views.map { ($0, try TensorStatistics(of: $0)) }
    )
    for (view, times) in zip(views, times) {
      let found = findings.compactMap { finding -> Double? in
        guard finding.tensor == view.name, case .norm(let times) = finding.kind else { return nil }
        return times
      }
      #expect(found.count == (times == nil ? 0 : 1), "\(view.name)")
      if let found = found.first, let times { #expect(abs(found / times - 1) < 1e-6) }
    }
  }

  @Test func whatIsSeldomMeantSoIsFound() throws {
    var rows = random(20 * 10, seed: 1)
    for column in 0..<10 {
      rows[30 + column] = 0
      rows[70 + column] = 0
    }
    for row in 0..<20 { rows[row * 10 + 4] = 0 }
    var named: [(String, [Int], [Float])] = [
      ("dead", [20, 10], rows), ("constant", [3, 2], [2, 2, 2, 2, 2, 2]), ("one", [1], [0]),
      ("nan", [2], [.nan, 1]), ("fine", [50], random(50, seed: 2)), ("none", [0], []),
    ]
    for layer in 0..<5 {
      let values = random(64, seed: 30).map { layer == 3 ? $0 * 100 : $0 }
      named.append(("h.\(layer).w", [8, 8], values))
    }
    let views = try named.map { name, sizes, values in
      try tensor(.f32, sizes, littleEndian(values), named: name)
    }
    let findings = try StatisticsFinding.findings(
      about: views.map { ($0, try TensorStatistics(of: $0)) }
    )
    #expect(
      findings.dropLast() == [
        .init(tensor: "dead", kind: .deadRows(2, of: 20)),
        .init(tensor: "dead", kind: .deadColumns(1, of: 10)),
        .init(tensor: "constant", kind: .constant(2)), .init(tensor: "nan", kind: .notFinite(1)),
      ]
    )
    let last = try #require(findings.last)
    guard case .norm(let times) = last.kind, last.tensor == "h.3.w" else {
      Issue.record("\(findings)")
      return
    }
    #expect(abs(times - 100) < 1e-3)
  }
}
