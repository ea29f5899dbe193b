import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastReport

/// Two checkpoints with all that a page tells about their difference.
struct ReportedDifference {
  /// A tensor that is not the same in both, and how its values are distributed there and here.
  struct Change {
    let tensor: TensorDifference
    /// Over one range for both; nil where a side has no values.
    let histograms: (a: Histogram, b: Histogram)?
    let statistics: (a: TensorStatistics?, b: TensorStatistics?)
  }

  let difference: CheckpointDifference
  let a: ReportedCheckpoint
  let b: ReportedCheckpoint
  /// The number of tensors that are not the same, of which the first are in `changes`.
  let changed: Int
  private(set) var changes: [Change] = []

  /// Reads the values of both once more, for what the comparison does not tell.
  init(
    _ outcome: CheckpointComparison.Outcome,
    a: String,
    b: String,
    rows: Int,
    on context: Console
  ) throws(PathError) {
    difference = outcome.difference
    self.a = try at(a) { () throws(FormatError) in
      try ReportedCheckpoint(of: outcome.a, outOf: outcome.wholeA, at: a, rows: 0, on: context)
    }
    self.b = try at(b) { () throws(FormatError) in
      try ReportedCheckpoint(of: outcome.b, outOf: outcome.wholeB, at: b, rows: 0, on: context)
    }
    let differing = Self.ordered(difference.tensors.filter { $0.status.isDifference })
    changed = differing.count
    let (ofA, ofB) = (Self.statistics(self.a), Self.statistics(self.b))
    for tensor in differing.prefix(rows) {
      let statistics = (
        a: tensor.a.flatMap { ofA[ExactString($0.name)] },
        b: tensor.b.flatMap { ofB[ExactString($0.name)] }
      )
      changes.append(
        Change(
          tensor: tensor,
          histograms: try Self.histograms(tensor, statistics, a, b),
          statistics: statistics
        )
      )
    }
  }

  /// The most telling kind first, and of one kind the largest change.
  private static func ordered(_ tensors: [TensorDifference]) -> [TensorDifference] {
    let kinds = TensorDifference.Status.allCases
    let ranks = tensors.enumerated().map { index, tensor in
      let figures = tensor.figures
      let mismatches = (figures?.notNumberMismatches ?? 0) + (figures?.infinityMismatches ?? 0)
      return (
        kinds.firstIndex(of: tensor.status) ?? 0, -mismatches, -(figures?.relativeL2 ?? 0), index
      )
    }
    return ranks.sorted { $0 < $1 }.map { tensors[$0.3] }
  }

  private static func statistics(
    _ reported: ReportedCheckpoint
  ) -> [ExactString: TensorStatistics] {
    var known: [ExactString: TensorStatistics] = [:]
    for (tensor, statistics) in zip(reported.tensors, reported.statistics) {
      known[ExactString(tensor.name)] = statistics
    }
    return known
  }

  private static func histograms(
    _ tensor: TensorDifference,
    _ statistics: (a: TensorStatistics?, b: TensorStatistics?),
    _ pathOfA: String,
    _ pathOfB: String
  ) throws(PathError) -> (a: Histogram, b: Histogram)? {
    // Of the same elements in other places both would be one.
    guard tensor.figures != nil, let a = tensor.a, let b = tensor.b,
      let lowA = statistics.a?.minimum, let highA = statistics.a?.maximum,
      let lowB = statistics.b?.minimum, let highB = statistics.b?.maximum
    else { return nil }
    let range = min(lowA, lowB)...max(highA, highB)
    func histogram(_ view: TensorView, _ path: String) throws(PathError) -> Histogram {
      try at(path) { () throws(FormatError) in
        try Histogram(
          of: view,
          in: range,
          bins: ReportedCheckpoint.bins,
          check: Interruption.check
        )
      }
    }
    return (try histogram(a, pathOfA), try histogram(b, pathOfB))
  }
}
