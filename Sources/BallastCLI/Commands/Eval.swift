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
    abstract: "Measure the loss and perplexity of a model on text.",
    discussion: """
      The text is cut into sequences of one context each, none dropped. Every token but the first \
      is predicted once, from what stands before it in its sequence.
      """,
    examples: [CommandExample("ballast eval gpt2/ held-out.txt", "Loss, perplexity, bits a byte.")]
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var adapter: AdapterArguments
  @Argument(value: "DATA", help: "Text files.", completion: .file) var data: [String]
  @Option(in: 1..., help: "Tokens in a sequence; the model's positions if not given.")
  var context: Int?
  @Option(in: 1...65_536, help: "Sequences that are run together.") var batchSize = 4
  @Option(help: "How to write the result.") var format = DocumentFormat.table

  func run(in context: Console) throws -> ExitCode {
    let opened = try model.open(on: context)
    let positions = opened.configuration.positions
    let length = self.context ?? positions
    if length > positions {
      throw UsageError("'--context' is \(length), but the model has \(positions) positions")
    }
    let tokenizer = try model.loadTokenizer(of: opened, on: context)
    let documents = try TextDocuments.read(data, tokenizer)
    let rows = try at(data[0]) { () throws(FormatError) in
      try TokenRows(
        documents,
        context: length,
        vocabularySize: opened.configuration.vocabularySize
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
      let result = try Evaluation(of: network, on: rows, batchSize: batchSize) { done in
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
    let bits =
      evaluation.loss * Double(evaluation.tokens) / log(2) / Double(max(1, documents.byteCount))
    switch format {
    case .table:
      try context.print([
        .keyValues([
          .init("loss", .text(Readable.fixed(evaluation.loss, places: 6))),
          .init("perplexity", .number(evaluation.perplexity)),
          .init("bits per byte", .number(bits)), .init("tokens", .integer(evaluation.tokens)),
        ])
      ])
    case .json:
      try context.print([
        "loss": .number(evaluation.loss), "perplexity": .number(evaluation.perplexity),
        "bits_per_byte": .number(bits), "tokens": .integer(evaluation.tokens),
      ])
    }
    return .success
  }
}

extension TextDocuments {
  /// Reads text files; errors name the file.
  static func read(_ files: [String], _ tokenizer: Tokenizer) throws(PathError) -> TextDocuments {
    var documents = TextDocuments()
    for file in files {
      try at(file) { () throws(FormatError) in
        try documents.append(try SharedBytes.contents(path: file), tokenizer)
      }
    }
    return documents
  }
}
