import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastJSON
import BallastReport

/// The statistics of tensors as `ballast stats` shows them.
struct StatisticsTable {
  /// The bars of a distribution.
  static let barCount = 16

  private let rows: [(tensor: TensorView, summary: TensorSummary)]
  private let quantiles: [Double]
  private var histograms: [Histogram?] = []
  private var findings: [StatisticsFinding] = []

  init(_ rows: [(TensorView, TensorSummary)], quantiles: [Double]) {
    self.rows = rows.map { (tensor: $0.0, summary: $0.1) }
    self.quantiles = quantiles
  }

  /// Reads the tensors again; those without a finite value have no histogram.
  mutating func addHistograms(bins: Int, scale: Histogram.Scale) throws(FormatError) {
    for (tensor, summary) in rows {
      guard let low = summary.statistics.minimum, let high = summary.statistics.maximum else {
        histograms.append(nil)
        continue
      }
      let range = low...high
      histograms.append(
        try Histogram(of: tensor, in: range, bins: bins, scale: scale, check: Interruption.check)
      )
    }
  }

  mutating func findOutliers() throws(FormatError) {
    findings = try StatisticsFinding.findings(
      about: rows.map { ($0.tensor, $0.summary.statistics) },
      check: Interruption.check
    )
  }

  // MARK: Tensor by tensor

  private static let columns: [Table.Column] = [
    .text("name", title: "tensor"), .text("dtype"), .number("count"), .number("min"),
    .number("max"), .number("mean"), .number("std"), .number("l2"), .number("zeros"),
    .number("nan"), .number("posinf"), .number("neginf"), .number("absmax"),
    .number("subnormals"),
  ]

  private func cells(_ tensor: TensorView, _ statistics: TensorStatistics) -> [Cell] {
    func count(_ value: Int) -> Cell { .integer(value, style: value > 0 ? .red : .plain) }
    return [
      .text(tensor.name), .text(tensor.dtype.rawValue), .integer(statistics.count),
      .number(statistics.minimum), .number(statistics.maximum), .number(statistics.mean),
      .number(statistics.standardDeviation), .number(statistics.l2), .integer(statistics.zeros),
      count(statistics.notNumbers), count(statistics.positiveInfinities),
      count(statistics.negativeInfinities), .number(statistics.absoluteMaximum),
      .integer(statistics.subnormals),
    ]
  }

  private static func key(_ quantile: Double) -> String { "q\(Readable.number(quantile))" }

  /// All of it, for machines.
  var table: Table {
    var table = Table(columns: Self.columns + quantiles.map { .number(Self.key($0)) })
    for (tensor, summary) in rows {
      table.append(cells(tensor, summary.statistics) + summary.quantiles.map { .number($0) })
    }
    return table
  }

  var json: JSONValue {
    var tensors: [JSONValue] = []
    for (index, row) in table.json.array.map(Array.init)?.enumerated() ?? [].enumerated() {
      guard var object = row.object else { continue }
      if !histograms.isEmpty {
        object["histogram"] =
          histograms[index].map {
            [
              "edges": .array($0.edges.map { .number($0) }),
              "counts": .array($0.counts.map { .integer($0) }),
            ]
          } ?? .null
      }
      tensors.append(.object(object))
    }
    return ["tensors": .array(tensors)]
  }

  /// What people look at: the columns that say something, distributions and findings.
  var document: Document {
    let all = rows.map { cells($0.tensor, $0.summary.statistics) }
    func isTelling(_ column: Int) -> Bool { all.contains { $0[column].content != .integer(0) } }
    let shown = [0, 1, 3, 4, 5, 6, 7, 2] + [8, 9, 10, 11, 13].filter(isTelling)
    let optional: Set = [7, 2, 8, 13]
    var columns = shown.map {
      optional.contains($0) ? Self.columns[$0].optional : Self.columns[$0]
    }
    columns.insert(.text("distribution"), at: 2)
    columns += quantiles.map { .number(Self.key($0)) }
    var table = Table(columns: columns)
    for (cells, row) in zip(all, rows) {
      var line = shown.map { cells[$0] }
      line.insert(Cell.bars(row.summary.bars.map { Double($0) }), at: 2)
      table.append(line + row.summary.quantiles.map { .number($0) })
    }
    var document: Document = [.table(table)]
    for (row, histogram) in zip(rows, histograms) {
      guard let histogram else { continue }
      document.append(.heading(row.tensor.name))
      document.append(.table(Self.table(histogram)))
    }
    if !findings.isEmpty { document.append(.findings(findings.map(\.finding))) }
    return document
  }

  private static func table(_ histogram: Histogram) -> Table {
    var table = Table(columns: [.number("from"), .number("to"), .number("count"), .text("share")])
    let highest = max(1, histogram.counts.max() ?? 1)
    for (bin, count) in histogram.counts.enumerated() {
      table.append([
        .number(histogram.edges[bin]), .number(histogram.edges[bin + 1]), .integer(count),
        .text(BlockBar.text(Double(count) / Double(highest), width: 40)),
      ])
    }
    return table
  }

  // MARK: Layer by layer

  private var aggregates: [LayerAggregate] {
    LayerAggregate.aggregates(of: rows.map { ($0.tensor.name, $0.summary.statistics) })
  }

  /// A line for each weight in all layers, for machines.
  var layerTable: Table {
    var table = Table(columns: [
      .text("name", title: "tensors"), .number("layers"), .number("count"), .number("min"),
      .number("max"), .number("mean"), .number("std"), .number("notfinite", title: "not finite"),
    ])
    for aggregate in aggregates {
      table.append([
        .text(aggregate.pattern), .integer(aggregate.layers.count), .integer(aggregate.count),
        .number(aggregate.minimum), .number(aggregate.maximum), .number(aggregate.mean),
        .number(aggregate.standardDeviation), .integer(aggregate.notFinite),
      ])
    }
    return table
  }

  var layerJSON: JSONValue {
    let objects = zip(layerTable.json.array ?? [], aggregates).map { row, aggregate in
      var object = row.object ?? [:]
      object["layers"] = .array(aggregate.layers.map { .integer($0) })
      object["rms"] = .array(aggregate.rootMeanSquares.map { $0.map { .number($0) } ?? .null })
      return JSONValue.object(object)
    }
    return ["tensors": .array(objects)]
  }

  var layerDocument: Document {
    var table = Table(columns: [
      .text("name", title: "tensors"), .number("layers"), .text("rms", title: "rms by layer"),
      .number("least"), .number("largest"), .number("min"), .number("max"),
      .number("mean").optional, .number("std").optional,
      .number("notfinite", title: "not finite").optional,
    ])
    for aggregate in aggregates {
      let norms = aggregate.rootMeanSquares.compactMap(\.self)
      table.append([
        .text(aggregate.pattern), .integer(aggregate.layers.count),
        .bars(aggregate.rootMeanSquares.map { $0 ?? 0 }),
        .number(norms.min()), .number(norms.max()), .number(aggregate.minimum),
        .number(aggregate.maximum), .number(aggregate.mean),
        .number(aggregate.standardDeviation),
        .integer(aggregate.notFinite, style: aggregate.notFinite > 0 ? .red : .plain),
      ])
    }
    var document: Document = [.table(table)]
    if !findings.isEmpty { document.append(.findings(findings.map(\.finding))) }
    return document
  }
}

extension StatisticsFinding {
  /// The finding in words.
  var finding: Finding {
    let (severity, rule, message): (Finding.Severity, String, String) =
      switch kind {
      case .notFinite(let count):
        (.error, "values.finite", "\(Readable.count(count, of: "value")) NaN or infinite")
      case .constant(let value):
        (.note, "values.constant", "every value is \(Readable.number(value))")
      case .deadRows(let dead, let all):
        (.warning, "values.dead-rows", "\(dead) of \(Readable.count(all, of: "row")) all zeros")
      case .deadColumns(let dead, let all):
        (
          .warning, "values.dead-columns",
          "\(dead) of \(Readable.count(all, of: "column")) all zeros"
        )
      case .norm(let times):
        (
          .warning, "values.norm",
          "the root mean square is \(Readable.number(times, digits: 3)) times the median of "
            + "all layers"
        )
      }
    return Finding(severity, rule: rule, message, place: tensor.printable)
  }
}
