import BallastCheckpoint
import BallastInspection
import BallastModelIO
import BallastReport

/// What a checkpoint is, in names and values.
struct ReportFacts {
  /// More ties than these are counted.
  private static let mostTies = 12

  private let reported: ReportedCheckpoint
  private let totals: Totals

  init(_ reported: ReportedCheckpoint, _ totals: Totals) {
    self.reported = reported
    self.totals = totals
  }

  var facts: [(name: String, value: HTML)] {
    var facts: [(name: String, value: HTML)] = [
      ("Path", ReportParts.name(reported.path)), ("Format", "\(reported.checkpoint.format)"),
    ]
    if let architecture { facts.append(("Architecture", "\(architecture)")) }
    if let model = reported.model {
      facts.append(
        (
          "Weights",
          """
          \(model.layout == .hf ? "Conv1D layout" : "Linear layout"), \
          \(model.naming.rawValue) naming, \
          \(model.isHeadTied ? "head tied to the embedding" : "a head of its own")
          """
        )
      )
    }
    if let run = reported.run { facts.append(("Training run", "\(text(of: run))")) }
    facts.append(("Types", "\(types)"))
    if let ties { facts.append(("Ties", ties)) }
    return facts
  }

  /// Layers, heads and sizes of a GPT-2.
  var architecture: String? {
    reported.model.map { model in
      [
        "GPT-2", Readable.count(model.layers, of: "layer"),
        model.heads.map { Readable.count($0, of: "head") } ?? "heads unknown",
        "\(model.width) wide", "\(Readable.count(model.vocabulary)) tokens",
        "\(Readable.count(model.positions)) positions",
        "\(Readable.count(model.parameters)) parameters",
      ].joined(separator: ", ")
    }
  }

  /// "148 F32, 12 I64".
  var types: String {
    totals.dtypes.map { "\(Readable.count($0.1)) \($0.0)" }.joined(separator: ", ")
  }

  private func text(of run: TrainingRecognition) -> String {
    let progress = run.progress.map { ", \($0.name.printable) \(Readable.count($0.value))" }
    return "\(Readable.count(run.moments, of: "moment")) of \(run.optimizer)" + progress.joined()
  }

  private var ties: HTML? {
    let pairs = reported.tensors.compactMap { tensor -> HTML? in
      guard let first = reported.checkpoint.tie(of: tensor) else { return nil }
      return "\(ReportParts.name(tensor.name)) is \(ReportParts.name(first.name))"
    }
    guard !pairs.isEmpty else { return nil }
    let left = pairs.count - Self.mostTies
    let rest: HTML = left > 0 ? "<br />and \(Readable.count(left)) more" : ""
    return pairs.prefix(Self.mostTies).joined(separator: "<br />") + rest
  }
}
