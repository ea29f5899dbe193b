import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastJSON
import BallastReport
import BallastTokenizer
import BallastTraining

extension TrainingArguments {
  /// The rows to train on, and those to validate on.
  func data(
    _ inputs: [DataInput],
    _ loader: DataLoader,
    length: Int,
    on console: Console
  ) throws -> (RowMixture, TokenRows?) {
    func rows(_ stream: TokenStream, _ path: String) throws(PathError) -> TokenRows {
      let rows = try at(path) { () throws(FormatError) in
        try TokenRows(stream, context: length)
      }
      if stream.count <= length {
        console.notice(
          "\(path): it has \(stream.count) tokens, which do not fill a row of \(length)"
            .printable
        )
      }
      return rows
    }
    let fraction = Double(validation)
    var held = TokenStream()
    var training: [TokenStream] = []
    for input in inputs {
      let stream = try loader.read(input.path).stream
      guard let fraction, fraction > 0 else {
        training.append(stream)
        continue
      }
      if let parts = stream.split(validation: fraction, seed: seed) {
        training.append(parts.training)
        held.append(parts.validation)
      } else if inputs.count > 1 {
        console.notice("\(input.path): it is too short to hold out a part of it".printable)
        training.append(stream)
      } else {
        throw PathError(
          path: input.path,
          error: FormatError(TrainingDataFault.tooShortToSplit(stream.count))
        )
      }
    }
    if fraction == nil { held = try loader.read(validation).stream }
    let name = inputs[0].path
    guard fraction == nil || fraction == 0 || held.count > 0 else {
      let count = training.reduce(0) { $0 + $1.count }
      throw PathError(path: name, error: FormatError(TrainingDataFault.tooShortToSplit(count)))
    }
    let validationRows =
      fraction == 0 ? nil : try rows(held, fraction == nil ? validation : name)
    guard inputs.contains(where: { $0.weight != nil }) else {
      var all = TokenStream()
      for stream in training { all.append(stream) }
      return (RowMixture(try rows(all, name)), validationRows)
    }
    var weighted: [(rows: TokenRows, weight: Double)] = []
    for (input, stream) in zip(inputs, training) {
      weighted.append((try rows(stream, input.path), input.weight ?? 1))
    }
    return (RowMixture(weighted: weighted), validationRows)
  }

  /// All that the course of a run depends on: what a resumed one must be told again.
  func settings(
    _ options: TrainingOptions,
    rows: RowMixture,
    validation: TokenRows?
  ) -> JSONObject {
    let plan = options.batchPlan
    let schedule = options.schedule
    let optimizer = options.optimizer
    return [
      "steps": .integer(options.steps), "batch_size": .integer(options.batchSize),
      "context": .integer(rows.context),
      "batch": .string(batchRamp?.argument ?? "\(plan.microBatches(after: 0))"),
      "all_tokens": .integer(plan.tokens(inSteps: options.steps)),
      "schedule": .string(schedule.decay.rawValue), "lr": .number(schedule.peak),
      "min_lr": .number(schedule.floor), "warmup": .integer(schedule.warmup),
      "optimizer": .string(optimizer.rule.rawValue), "beta1": .number(optimizer.beta1),
      "beta2": .number(optimizer.beta2), "eps": .number(optimizer.epsilon),
      "momentum": .number(optimizer.momentum), "weight_decay": .number(optimizer.weightDecay),
      "clip": .number(optimizer.clip), "skip_outliers": .number(options.outlierLimit ?? 0),
      "dropout": .string(options.dropout.map { "\($0)" } ?? "as configured"),
      "dtype": .string(dtype.rawValue), "order": .string(order.rawValue),
      "patience": .integer(options.patience ?? 0), "seed": .string("\(options.seed)"),
      "eval_every": .integer(options.evaluateEvery),
      "data": .string(rows.fingerprint), "validation": .string(validation?.fingerprint ?? "none"),
    ]
  }
}
