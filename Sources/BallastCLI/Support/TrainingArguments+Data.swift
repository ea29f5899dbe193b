import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastJSON
import BallastTokenizer
import BallastTraining

extension TrainingArguments {
  /// The rows to train on, and those to validate on.
  func data(
    _ files: [String],
    _ tokenizer: Tokenizer,
    _ configuration: GPT2Configuration,
    length: Int
  ) throws -> (TokenRows, TokenRows?) {
    var documents = try TextDocuments.read(files, tokenizer)
    var held: TextDocuments?
    if let fraction = Double(validation) {
      if fraction > 0 {
        (documents, held) = try at(files[0]) { () throws(FormatError) in
          try documents.split(validation: fraction, seed: seed)
        }
      }
    } else {
      held = try TextDocuments.read([validation], tokenizer)
    }
    func rows(_ documents: TextDocuments, _ path: String) throws(PathError) -> TokenRows {
      try at(path) { () throws(FormatError) in
        try TokenRows(
          documents,
          context: length,
          vocabularySize: configuration.vocabularySize
        )
      }
    }
    return (
      try rows(documents, files[0]),
      try held.map { try rows($0, Double(validation) == nil ? validation : files[0]) }
    )
  }

  /// All that the course of a run depends on: what a resumed one must be told again.
  func settings(
    _ options: TrainingOptions,
    rows: TokenRows,
    validation: TokenRows?
  ) -> JSONObject {
    let plan = options.batchPlan
    let schedule = options.schedule
    let optimizer = options.optimizer
    return [
      "steps": .integer(options.steps), "batch_size": .integer(options.batchSize),
      "context": .integer(rows.context),
      "first_batch_tokens": .integer(plan.microBatches(after: 0) * plan.microBatchTokens),
      "all_tokens": .integer(plan.tokens(inSteps: options.steps)),
      "schedule": .string(schedule.decay.rawValue), "lr": .number(schedule.peak),
      "min_lr": .number(schedule.floor), "warmup": .integer(schedule.warmup),
      "optimizer": .string(optimizer.rule.rawValue), "beta1": .number(optimizer.beta1),
      "beta2": .number(optimizer.beta2), "eps": .number(optimizer.epsilon),
      "momentum": .number(optimizer.momentum), "weight_decay": .number(optimizer.weightDecay),
      "clip": .number(optimizer.clip), "skip_outliers": .number(options.outlierLimit ?? 0),
      "dropout": .string(options.dropout.map { "\($0)" } ?? "as configured"),
      "dtype": .string(dtype.rawValue), "order": .string(order.rawValue),
      "seed": .string("\(options.seed)"), "eval_every": .integer(options.evaluateEvery),
      "data": .string(rows.fingerprint), "validation": .string(validation?.fingerprint ?? "none"),
    ]
  }
}
