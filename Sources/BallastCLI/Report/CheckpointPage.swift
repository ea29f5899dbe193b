import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastJSON
import BallastModelIO
import BallastReport

/// The page about one checkpoint.
struct CheckpointPage {
  /// More charts of layers than these would be no help.
  private static let mostCharts = 32
  /// More files than these are counted.
  private static let mostFiles = 100

  let reported: ReportedCheckpoint
  private let totals: Totals

  init(_ reported: ReportedCheckpoint) {
    self.reported = reported
    totals = Totals(reported.tensors, of: reported.checkpoint)
  }

  private var checkpoint: Checkpoint { reported.checkpoint }

  var html: String {
    let name = ReportParts.lastName(of: reported.path)
    var page = HTMLPage(
      title: "\(name.printable) · Ballast",
      header: """
        <p class="kind">Checkpoint</p><h1>\(ReportParts.name(name))</h1>\
        <p class="lead">\(lead)</p>
        """,
      footer: ReportFooter.html
    )
    page.append("summary", title: "Summary", summary)
    page.append("findings", title: "Findings", findings)
    page.append(
      "sizes",
      title: "Sizes",
      note:
        "Modules by the bytes of their tensors; equal layers are one module, and ties count once.",
      sizes
    )
    if let charts = layers {
      page.append(
        "layers",
        title: "Norms by layer",
        note: "The root of the mean of the squares of each weight’s finite values.",
        charts
      )
    }
    let table = TensorTable(reported)
    page.append("tensors", title: "Tensors", note: table.note, table.html)
    if checkpoint.metadata.count > 0 {
      page.append("metadata", title: "Metadata", ReportParts.metadata(checkpoint.metadata))
    }
    return page.document
  }

  private var lead: String {
    let tensors = Readable.count(totals.tensors, of: "tensor")
    guard let model = reported.model else { return "\(tensors) in \(checkpoint.format)." }
    return "GPT-2 with \(Readable.count(model.layers, of: "layer")), \(model.width) wide, "
      + "\(Readable.shortCount(model.parameters)) parameters: \(tensors) in \(checkpoint.format)."
  }

  // MARK: Sections

  private var summary: HTML {
    let errors = reported.findings.count { $0.finding.severity == .error }
    let files = Readable.count(checkpoint.files.count)
    let values = Readable.shortCount(totals.parameters)
    let exactValues = Readable.count(totals.parameters)
    let exactBytes = totals.bytes < 1000 ? "" : Readable.exactBytes(totals.bytes)
    return ReportParts.tiles([
      ("Tensors", Readable.count(totals.tensors), ""),
      ("Values", values, values == exactValues ? "" : exactValues),
      ("Size", Readable.bytes(totals.bytes), exactBytes),
      ("Types", totals.dtypes.count == 1 ? totals.dtypes[0].0 : "\(totals.dtypes.count)", ""),
      ("Files", files, checkpoint.format),
      (
        "Findings", Readable.count(reported.findings.count + reported.findingsLeftOut),
        errors > 0 ? Readable.count(errors, of: "error") : ""
      ),
    ]) + ReportParts.facts(ReportFacts(reported, totals).facts) + shards
  }

  private var shards: HTML {
    guard checkpoint.files.count > 1 else { return "" }
    let counts = reported.tensors.reduce(into: [:]) { $0[$1.storage.file ?? "", default: 0] += 1 }
    let rows = checkpoint.files.prefix(Self.mostFiles).map { file -> [HTML] in
      [
        ReportParts.name(file.name), "\(Readable.count(counts[file.name] ?? 0))",
        "\(Readable.bytes(file.byteCount))",
      ]
    }
    let left = checkpoint.files.count - rows.count
    let rest: HTML = left > 0 ? "<p class=\"note\">\(Readable.count(left)) more files.</p>" : ""
    return """
      <h3>Files</h3>\
      \(ReportParts.table([("File", false), ("Tensors", true), ("Size", true)], rows))\(rest)
      """
  }

  private var findings: HTML {
    var rows: [ExactString: String] = [:]
    for position in reported.listed {
      rows[ExactString(reported.tensors[position].name)] = "t\(position + 1)"
    }
    return ReportParts.findings(reported.findings, more: reported.findingsLeftOut) {
      rows[ExactString($0)]
    }
  }

  private var sizes: HTML {
    let tree = ModuleSizes(reported.tensors, of: checkpoint).tree
    guard tree.total > 0 else { return "<p>The tensors have no bytes.</p>" }
    return tree.icicle(title: "Modules by size") + tree.list
  }

  /// A chart for each weight that several layers have; nil where there is none.
  private var layers: HTML? {
    var read: [(name: String, statistics: TensorStatistics)] = []
    for (tensor, statistics) in zip(reported.tensors, reported.statistics) {
      if let statistics { read.append((tensor.name, statistics)) }
    }
    let aggregates = LayerAggregate.aggregates(of: read).filter { $0.layers.count > 1 }
    let charts = aggregates.prefix(Self.mostCharts).map { aggregate -> HTML in
      let chart = LineChart(
        title: "Root mean square of \(aggregate.pattern.printable) by layer",
        quantity: "RMS",
        layers: aggregate.layers,
        values: aggregate.rootMeanSquares.map { $0 ?? .nan }
      )
      return """
        <figure><figcaption>\(ReportParts.name(aggregate.pattern))</figcaption>\(chart.svg)</figure>
        """
    }
    guard !charts.isEmpty else { return nil }
    let left = aggregates.count - charts.count
    let rest: HTML =
      left > 0 ? "<p class=\"note\">\(Readable.count(left, of: "other weight")) not drawn.</p>" : ""
    return "<div class=\"charts\">\(charts.joined(separator: "\n"))</div>\(rest)"
  }
}

/// What stands below every page.
enum ReportFooter {
  static var html: HTML {
    """
    Made by Ballast \(BallastCLI.version), which read every value and executed nothing. Figures are of \
    the finite values, in double precision; deviations are the population’s.
    """
  }
}
