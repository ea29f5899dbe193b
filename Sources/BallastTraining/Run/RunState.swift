package import BallastBytes
package import BallastJSON

/// Where a run is between two steps: all that what follows depends on, besides the parameters and the optimiser's
/// averages.
public struct RunState: Hashable, Sendable {
  /// The number of whole steps.
  public internal(set) var step = 0
  /// The number of targets that were counted.
  public internal(set) var tokens = 0
  /// The number of micro-batches; the rows they took, and the masks of dropout, follow from it.
  package var microBatches = 0
  /// The number of steps that changed the parameters: all but the outliers.
  package var updates = 0
  /// The step after which the last evaluation took place.
  package var evaluatedStep: Int?
  /// The step after which the last samples were drawn.
  package var sampledStep: Int?
  /// The lowest validation loss.
  public internal(set) var bestLoss: Double?
  /// The evaluations since that one.
  package var worseEvaluations = 0
  /// What the last losses and gradient norms were.
  package var outliers = OutlierFilter()

  /// The start of a run.
  package init() {}
}

extension RunState {
  /// Throws `RunCheckpointFault.state` for what no run with these options comes to.
  func check(against options: TrainingOptions) throws(FormatError) {
    let plan = options.batchPlan
    let rules = [
      ("step", step <= options.steps),
      ("micro_batches", plan.tokens(inSteps: step) == microBatches * plan.microBatchTokens),
      ("tokens", tokens <= microBatches * plan.microBatchTokens), ("updates", updates <= step),
      ("worse_evaluations", worseEvaluations <= step),
    ]
    for (key, holds) in rules where !holds { throw FormatError(RunCheckpointFault.state(key)) }
  }

  /// The state as JSON; numbers are such that they are read back exactly.
  package var json: JSONObject {
    var json: JSONObject = [
      "step": .integer(step), "tokens": .integer(tokens), "micro_batches": .integer(microBatches),
      "updates": .integer(updates), "worse_evaluations": .integer(worseEvaluations),
      "losses": .array(outliers.losses.map { .number($0) }),
      "norms": .array(outliers.norms.map { .number($0) }),
    ]
    if let evaluatedStep { json["evaluated_step"] = .integer(evaluatedStep) }
    if let sampledStep { json["sampled_step"] = .integer(sampledStep) }
    if let bestLoss { json["best_loss"] = .number(bestLoss) }
    return json
  }

  /// The largest count: no product of two in a run overflows.
  private static let maximumCount = 1 << 40

  /// Reads a state; throws `RunCheckpointFault.state` for what is missing or is no count.
  package init(_ json: JSONObject) throws(FormatError) {
    func count(_ key: String) throws(FormatError) -> Int {
      guard let value = json[key]?.integer, (0...Self.maximumCount).contains(value) else {
        throw FormatError(RunCheckpointFault.state(key))
      }
      return value
    }
    func numbers(_ key: String) throws(FormatError) -> [Double] {
      guard let values = json[key]?.array, values.count <= OutlierFilter.window else {
        throw FormatError(RunCheckpointFault.state(key))
      }
      var numbers: [Double] = []
      for value in values {
        guard let number = value.number else { throw FormatError(RunCheckpointFault.state(key)) }
        numbers.append(number)
      }
      return numbers
    }
    step = try count("step")
    tokens = try count("tokens")
    microBatches = try count("micro_batches")
    updates = try count("updates")
    worseEvaluations = try count("worse_evaluations")
    outliers = OutlierFilter(losses: try numbers("losses"), norms: try numbers("norms"))
    if json["evaluated_step"] != nil { evaluatedStep = try count("evaluated_step") }
    if json["sampled_step"] != nil { sampledStep = try count("sampled_step") }
    if let best = json["best_loss"] {
      guard let number = best.number else {
        throw FormatError(RunCheckpointFault.state("best_loss"))
      }
      bestLoss = number
    }
  }
}
