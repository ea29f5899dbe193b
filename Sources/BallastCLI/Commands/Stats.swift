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
      the finite values, in double; zeros, NaN and infinities are counted.
      """,
    examples: [
      CommandExample("ballast stats model.safetensors --match '*.ln_*'", "The LayerNorms only.")
    ]
  )

  @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
  var path: String
  @Option(help: "How to write the list.") var format = ListFormat.table
  @Option(value: "GLOB", help: "Only tensors whose names match; may be repeated.")
  var match: [NamePattern] = []
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  func run(in context: Console) throws -> ExitCode {
    let checkpoint = try at(path) { () throws(FormatError) in
      try Checkpoint.open(path: path, limits: limits.values)
    }
    context.notice(of: checkpoint, at: path)
    let tensors = checkpoint.tensors.filter { match.select($0.name) }
    if tensors.isEmpty, !match.isEmpty {
      context.notice("\(path): no tensor's name matches".printable)
    }
    let total = tensors.reduce(0) { $0 &+ $1.byteCount }
    let progress = Progress("Reading", total: total, unit: .bytes, on: context)
    var table = Table(columns: [
      .text("name", title: "tensor"), .text("dtype"), .number("count"), .number("min"),
      .number("max"), .number("mean"), .number("std"), .number("l2"), .number("zeros"),
      .number("nan"), .number("posinf"), .number("neginf"),
    ])
    var done = 0
    for tensor in tensors {
      let row = try at(path) { () throws(FormatError) in
        try Interruption.check()
        return try Self.row(tensor)
      }
      table.append(row)
      done &+= tensor.byteCount
      progress.advance(to: done)
    }
    progress.clear()
    switch format {
    case .table: try context.print([.table(table)])
    case .json: try context.print(["tensors": table.json])
    case .csv: try context.write(table.csv)
    }
    return .success
  }

  /// A type without a reading as numbers has a row without figures.
  private static func row(_ tensor: TensorView) throws(FormatError) -> [Cell] {
    let head: [Cell] = [
      .text(tensor.name), .text(tensor.dtype.rawValue), .integer(tensor.shape.elementCount),
    ]
    let statistics: TensorStatistics
    do {
      statistics = try TensorStatistics(of: tensor)
    } catch {
      guard error.fault is CheckpointFault else { throw error }
      return head + [Cell](repeating: .empty, count: 9)
    }
    func count(_ value: Int) -> Cell { .integer(value, style: value > 0 ? .red : .plain) }
    return head + [
      .number(statistics.minimum), .number(statistics.maximum), .number(statistics.mean),
      .number(statistics.standardDeviation), .number(statistics.l2), .integer(statistics.zeros),
      count(statistics.notNumbers), count(statistics.positiveInfinities),
      count(statistics.negativeInfinities),
    ]
  }
}
