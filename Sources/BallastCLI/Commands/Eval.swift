import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastReport
import BallastTokenizer
import BallastTraining
import Glibc

/// `ballast eval`: the loss of a model on text.
struct Eval: Command {
  static let configuration = CommandConfiguration(
    "eval",
    abstract: "Measure the loss and perplexity of a model on text or tokens.",
    discussion: """
      The text is cut into sequences of one context each, none dropped. Every token but the first \
      is predicted once, from what stands before it in its sequence. With --stride S sequences \
      overlap, each beginning S tokens behind the one before and predicting what that one did not: \
      tokens are predicted from at least context - S others, but the first of them.
      """,
    examples: [CommandExample("ballast eval gpt2/ held-out.txt", "Loss, perplexity, bits a byte.")]
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var adapter: AdapterArguments
  @OptionGroup var data: DataArguments
  @Option(in: 1..., help: "Tokens in a sequence; the model's positions if not given.")
  var context: Int?
  @Option(in: 1..., help: "Tokens from the start of a sequence to that of the next; the context.")
  var stride: Int?
  @Option(in: 1...65_536, help: "Sequences that are run together.") var batchSize = 4
  @Option(help: "How to write the result.") var format = DocumentFormat.table

  func run(in context: Console) throws -> ExitCode {
    let opened = try model.open(on: context)
    let positions = opened.configuration.positions
    let length = self.context ?? positions
    if length > positions {
      throw UsageError("'--context' is \(length), but the model has \(positions) positions")
    }
    let stride = stride ?? length
    if stride > length {
      throw UsageError("'--stride' is \(stride), and would leave out tokens behind \(length)")
    }
    let tokenizer = Result { () throws(PathError) in
      try model.loadTokenizer(of: opened, on: context)
    }
    let loader = data.loader(tokenizer, for: opened.configuration, on: context)
    var stream = TokenStream()
    var byteCount: Int? = 0
    for input in try data.inputs() {
      if input.weight != nil { throw UsageError("all data is evaluated, and takes no weights") }
      let source = try loader.read(input.path)
      stream.append(source.stream)
      byteCount = byteCount.flatMap { sum in source.byteCount.map { sum + $0 } }
    }
    let rows = try at(data.data[0]) { () throws(FormatError) in
      try TokenRows(stream, context: length, stride: stride)
    }
    try at(model.model) { () throws(FormatError) in
      try MemoryPlan.checkEvaluation(
        opened.configuration,
        batchSize: min(batchSize, rows.count),
        length: length
      )
    }
    let network = try adapter.model(of: opened, at: model.model)
    let progress = Progress(
      "Evaluating",
      total: rows.targetCount,
      unit: .things("tokens"),
      on: context
    )
    let evaluation = try at(model.model) { () throws(FormatError) in
      let result = try Evaluation(of: network, on: rows, batchSize: min(batchSize, rows.count)) {
        done in
        progress.advance(to: done)
        return Interruption.signal == nil
      }
      progress.clear()
      guard let result else { throw FormatError(Interrupted(signal: Interruption.signal ?? 2)) }
      return result
    }
    if !evaluation.loss.isFinite {
      context.notice("the loss is not finite; ballast check finds weights that are not")
    }
    let bits = byteCount.map {
      evaluation.loss * Double(evaluation.tokens) / log(2) / Double(max(1, $0))
    }
    switch format {
    case .table:
      try context.print([
        .keyValues([
          .init("loss", .text(Readable.fixed(evaluation.loss, places: 6))),
          .init("perplexity", .number(evaluation.perplexity)),
          .init("bits per byte", bits.map { .number($0) } ?? .text("unknown: the data is tokens")),
          .init("tokens", .integer(evaluation.tokens)),
        ])
      ])
    case .json:
      try context.print([
        "loss": .number(evaluation.loss), "perplexity": .number(evaluation.perplexity),
        "bits_per_byte": bits.map { .number($0) } ?? .null, "tokens": .integer(evaluation.tokens),
      ])
    }
    return .success
  }
}
