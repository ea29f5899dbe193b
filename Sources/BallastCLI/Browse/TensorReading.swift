import BallastBytes
import BallastCheckpoint
import BallastInspection

/// What a page about tensors needs of their values.
struct TensorReading {
  static let quantiles = [0.01, 0.25, 0.5, 0.75, 0.99]

  let summary: TensorSummary
  let findings: [StatisticsFinding]
  /// The values at the corners, as text.
  let corners: [String]

  /// Reads a tensor twice: once for figures, and once for what is seldom meant so.
  init(of tensor: TensorView) throws(FormatError) {
    var request = StatisticsPass()
    request.quantiles = Self.quantiles
    summary = try StatisticsPass.summaries(of: [tensor], as: request) { (_) throws(FormatError) in
      try Interruption.check()
    }[0]
    findings = try StatisticsFinding.findings(
      about: [(tensor, summary.statistics)],
      check: Interruption.check
    )
    // A shape may have more edges than a screen can show.
    let text = tensor.shape.rank <= 8 ? try? TensorText(tensor, isWhole: false).text() : nil
    corners = (text ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

/// The values that were read already: pages are drawn many times, and values are read once.
struct TensorReadings {
  /// Why a tensor has no figures, or has them.
  typealias Outcome<Value> = Result<Value, FormatError>

  private struct HistogramKey: Hashable {
    let position: Int
    let bins: Int
    let scale: Histogram.Scale
    let range: ClosedRange<Double>
  }

  /// More are forgotten at once: people look at a handful.
  private static let most = 256

  private var readings: [Int: Outcome<TensorReading>] = [:]
  private var histograms: [HistogramKey: Outcome<Histogram>] = [:]
  private var differences: [[Int]: Outcome<DifferenceFigures?>] = [:]
  private let tensors: [TensorView]

  init(_ tensors: [TensorView]) {
    self.tensors = tensors
  }

  func isRead(_ position: Int) -> Bool { readings[position] != nil }

  mutating func reading(_ position: Int) -> Outcome<TensorReading> {
    if let known = readings[position] { return known }
    if readings.count >= Self.most { readings = [:] }
    let tensor = tensors[position]
    let outcome = outcome { () throws(FormatError) in try TensorReading(of: tensor) }
    readings[position] = outcome
    return outcome
  }

  mutating func histogram(
    _ position: Int,
    in range: ClosedRange<Double>,
    bins: Int,
    scale: Histogram.Scale
  ) -> Outcome<Histogram> {
    let key = HistogramKey(position: position, bins: bins, scale: scale, range: range)
    if let known = histograms[key] { return known }
    if histograms.count >= Self.most { histograms = [:] }
    let tensor = tensors[position]
    let outcome = outcome { () throws(FormatError) in
      try Histogram(of: tensor, in: range, bins: bins, scale: scale) { () throws(FormatError) in
        try Interruption.check()
      }
    }
    histograms[key] = outcome
    return outcome
  }

  /// How far two tensors of one shape are apart; nil where a type has no reading as numbers.
  mutating func difference(_ a: Int, _ b: Int) -> Outcome<DifferenceFigures?> {
    if let known = differences[[a, b]] { return known }
    if differences.count >= Self.most { differences = [:] }
    let (first, second) = (tensors[a], tensors[b])
    let outcome = outcome { () throws(FormatError) in
      do throws(DifferenceError) {
        return try DifferenceFigures.between(first, second) { (_) throws(FormatError) in
          try Interruption.check()
        }
      } catch {
        throw error.error
      }
    }
    differences[[a, b]] = outcome
    return outcome
  }

  private func outcome<Value>(_ body: () throws(FormatError) -> Value) -> Outcome<Value> {
    do throws(FormatError) {
      return .success(try body())
    } catch {
      return .failure(error)
    }
  }
}
