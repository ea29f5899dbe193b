import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastInspection
import BallastJSON
import BallastReport

/// `ballast stats`: what the values of a checkpoint are like.
struct Stats: Command {
  static let configuration = CommandConfiguration(
    "stats",
    abstract: "Compute statistics of every tensor's values.",
    discussion: """
      Minimum, maximum, mean, standard deviation (the population's) and L2 norm are taken over \
      the finite values, in double; zeros, NaN and infinities are counted. Of complex tensors the \
      real and imaginary parts are looked at. The distribution is drawn from the smallest value to \
      the largest, of some 4,096 values from all over a large tensor; histograms and quantiles are of \
      all values. Below the table stands what is seldom meant so: \
      values that are not finite, constant tensors, rows and columns of zeros, and norms far from \
      those of the same weight in other layers.
      """,
    examples: [
      CommandExample("ballast stats model.safetensors --match '*.ln_*'", "The LayerNorms only."),
      CommandExample("ballast stats gpt2/ --by-layer", "Each weight over all layers."),
      CommandExample(
        "ballast stats gpt2/ --histogram 40 --quantiles 0.01,0.5,0.99 --format json",
        "Exact histograms, and quantiles, for a program."
      ),
    ]
  )

  @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
  var path: String
  @Option(help: "How to write the list.") var format = ListFormat.table
  @Option(value: "GLOB", help: "Only tensors whose names match; may be repeated.")
  var match: [NamePattern] = []
  @Option(value: "BINS", in: 1...Histogram.maximumBins, help: "Count values in so many bins.")
  var histogram: Int?
  @Option(help: "How the edges of bins are spread.") var scale = Histogram.Scale.linear
  @Option(
    value: "Q,…",
    help:
      "Quantiles between 0 and 1, such as 0.01,0.5,0.99: NumPy's method lower, within 0.4%."
  )
  var quantiles: QuantileList?
  @Flag(help: "One line for a weight in all layers.") var byLayer = false
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  /// The most bins of all histograms together: each takes some 200 bytes until it is written.
  private static let maximumBins = 1 << 20

  func validate() throws {
    if byLayer, histogram != nil || quantiles != nil {
      throw UsageError("'--histogram' and '--quantiles' do not go with '--by-layer'")
    }
    if histogram == nil, scale != .linear {
      throw UsageError("'--scale' says how the bins of '--histogram' are spread")
    }
    if histogram != nil, format == .csv {
      throw UsageError("'--histogram' goes with '--format' table or json: csv has flat rows")
    }
  }

  func run(in context: Console) throws -> ExitCode {
    let checkpoint = try at(path) { () throws(FormatError) in
      try Checkpoint.open(path: path, limits: limits.values)
    }
    context.notice(of: checkpoint, at: path)
    let tensors = checkpoint.tensors.filter { match.select($0.name) }
    if tensors.isEmpty, !match.isEmpty {
      context.notice("\(path): no tensor's name matches".printable)
    }
    if let histogram, tensors.count > Self.maximumBins / histogram {
      throw UsageError(
        "'--histogram \(histogram)' of \(tensors.count) tensors is more than \(Self.maximumBins) "
          + "bins; '--match' chooses tensors"
      )
    }
    var request = StatisticsPass()
    request.bars = format == .table && !byLayer ? StatisticsTable.barCount : 0
    request.quantiles = quantiles?.parts ?? []
    let total = tensors.reduce(0) { $0 &+ $1.byteCount }
    let progress = Progress("Reading", total: total, unit: .bytes, on: context)
    let output = try at(path) { () throws(FormatError) in
      let summaries = try StatisticsPass.summaries(of: tensors, as: request) {
        (done) throws(FormatError) in
        try Interruption.check()
        progress.advance(to: done)
      }
      var output = StatisticsTable(Array(zip(tensors, summaries)), quantiles: request.quantiles)
      if let histogram { try output.addHistograms(bins: histogram, scale: scale) }
      if format == .table { try output.findOutliers() }
      return output
    }
    progress.clear()
    switch format {
    case .table: try context.print(byLayer ? output.layerDocument : output.document)
    case .json: try context.print(byLayer ? output.layerJSON : output.json)
    case .csv: try context.write((byLayer ? output.layerTable : output.table).csv)
    }
    return .success
  }
}

extension Histogram.Scale: ExpressibleByArgument {}

/// Parts of one, ascending: "0.01,0.5,0.99".
struct QuantileList: ExpressibleByArgument, Hashable {
  let parts: [Double]

  init(argument: String) throws(InvalidArgument) {
    var parts: [Double] = []
    for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let part = Double(word), (0...1).contains(part), parts.count < 100 else {
        throw InvalidArgument("expected numbers from 0 to 1 with commas between them")
      }
      parts.append(part)
    }
    self.parts = Set(parts).sorted()
  }

  var argument: String { parts.map(\.argument).joined(separator: ",") }
}
