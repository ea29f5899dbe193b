import BallastGPT2
import BallastReport
import BallastTraining

/// What a run says before it begins.
enum RunText {
  /// What is trained, on what, and how.
  static func plan(
    _ network: GPT2Model,
    _ rows: RowMixture,
    _ validation: TokenRows?,
    _ options: TrainingOptions
  ) -> String {
    let plan = options.batchPlan
    let first = plan.microBatches(after: 0)
    let last = plan.microBatches(after: plan.tokens(inSteps: max(0, options.steps - 1)))
    let perStep = Readable.count(plan.microBatchTokens * first)
    let grown = first == last ? "" : ", later \(Readable.count(plan.microBatchTokens * last)),"
    let accumulated = first == last ? "\(first)" : "\(first) to \(last)"
    let held = validation.map { Readable.count($0.targetCount, of: "token") } ?? "none"
    let count = TrainedParameters.count(
      network.configuration,
      trained: options.trained,
      adapters: options.adapters
    )
    let trained =
      options.adapters != nil
      ? " and \(Readable.count(count)) of adapters, which are trained"
      : options.trained != nil ? ", \(Readable.count(count)) of them trained" : ""
    return """
      \(Readable.count(network.parameters.count)) parameters\(trained), \
      \(Readable.count(rows.targetCount, of: "token")) of text, \(held) held out
      \(Readable.count(options.steps, of: "step")) of \(perStep)\(grown) tokens \
      (batch \(options.batchSize) × \(rows.context), accumulated \(accumulated)), \
      learning rate \(Readable.number(options.schedule.peak)) \(options.schedule.decay.rawValue)
      """
  }

  /// What a run takes of memory, part by part.
  static func plan(_ memory: MemoryPlan) -> String {
    let parts = [
      ("weights", memory.weights + memory.roundedWeights), ("adapters", memory.adapters),
      ("gradients", memory.gradients),
      ("moments", memory.moments), ("activations", memory.activations),
      ("evaluation", memory.evaluation), ("program", memory.program),
    ]
    let told = parts.filter { $0.1 > 0 }.map { "\($0.0) \(Readable.bytes($0.1))" }
    let left = MemoryPlan.available.map { " of \(Readable.bytes($0)) available" } ?? ""
    return "memory: \(Readable.bytes(memory.total))\(left): " + told.joined(separator: ", ")
  }
}
