public import BallastBytes
public import BallastGPT2
import BallastKernels

/// What a training takes of memory, known before it starts.
public struct MemoryPlan: Hashable, Sendable {
  /// The float32 weights, in bytes.
  public let weights: Int
  /// Their copy in bfloat16, if products are of that.
  public let roundedWeights: Int
  /// The low-rank adapters, where there are any, with the memory that their passes work in.
  public let adapters: Int
  /// The gradients of what is trained.
  public let gradients: Int
  /// The optimiser's averages of what is trained: two for AdamW.
  public let moments: Int
  /// What the forward pass keeps, the logits that exist at a time, and what the backward pass needs besides.
  public let activations: Int
  /// What an evaluation takes while it lasts.
  public let evaluation: Int
  /// The program with its libraries, the tokenizer, and what products pack and round.
  public let program: Int

  /// All of it, which is the peak.
  public var total: Int { weights + roundedWeights + adapters + besideWeights }

  /// What is taken once the weights and the adapters are there.
  private var besideWeights: Int { gradients + moments + activations + evaluation + program }

  /// The program as it was seen to be, with float32 and with bfloat16, which is rounded for each product.
  private static func programBytes(_ precision: Precision) -> Int {
    precision == .bfloat16 ? 128 << 20 : 80 << 20
  }

  /// The plan of a training on sequences of `length` tokens.
  public init(
    _ configuration: GPT2Configuration,
    precision: Precision = .float32,
    options: TrainingOptions,
    length: Int,
    evaluates: Bool
  ) {
    let batch = options.batchSize
    let floats = MemoryLayout<Float>.stride
    weights = floats * GPT2Parameters.floatCount(configuration)
    roundedWeights = precision == .bfloat16 ? BFloat16Weights.byteCount(configuration) : 0
    gradients =
      floats
      * TrainedParameters.floatCount(
        configuration,
        trained: options.trained,
        adapters: options.adapters
      )
    if let lora = options.adapters {
      let rows = Self.adapterRows(configuration, options)
      adapters =
        gradients + floats * LoRAAdapters.workspaceCount(configuration, lora, rows: rows)
    } else {
      adapters = 0
    }
    moments = options.optimizer.averageNames.count * gradients
    func pass(keeping: Retention) -> Int {
      floats
        * ActivationPlan(
          configuration,
          batch: batch,
          length: length,
          keeping: keeping,
          precision: precision
        ).total
    }
    activations = pass(keeping: options.checkpointsActivations ? .streams : .everything)
    program = Self.programBytes(precision)
    evaluation = evaluates ? pass(keeping: .nothing) : 0
  }

  /// Throws `TrainingMemoryFault` where the machine has not as much left as a pass without gradients takes.
  public static func checkEvaluation(
    _ configuration: GPT2Configuration,
    batchSize: Int,
    length: Int
  ) throws(FormatError) {
    let plan = ActivationPlan(configuration, batch: batchSize, length: length, keeping: .nothing)
    let needed = MemoryLayout<Float>.stride * plan.total
    guard let available, needed > available else { return }
    throw FormatError(TrainingMemoryFault(needed: needed, available: available, isTraining: false))
  }

  /// The most tokens that a pass through the adapters is over: a micro-batch's, or those that a sample is continued
  /// from.
  package static func adapterRows(
    _ configuration: GPT2Configuration,
    _ options: TrainingOptions
  ) -> Int {
    max(options.batchPlan.microBatchTokens, configuration.positions)
  }

  /// The memory that this process can still get, in bytes; nil where the system does not say.
  public static var available: Int? { Machine.availableMemoryBytes }

  /// Throws `TrainingMemoryFault` where the machine has not as much left; the weights are among what is left
  /// to take unless they are loaded.
  public func check(
    weightsAreLoaded: Bool,
    available: Int? = MemoryPlan.available
  ) throws(FormatError) {
    let needed = weightsAreLoaded ? besideWeights : total
    guard let available, needed > available else { return }
    throw FormatError(TrainingMemoryFault(needed: needed, available: available))
  }
}

/// A training that would not fit.
public struct TrainingMemoryFault: FormatFault, Hashable {
  let needed: Int
  let available: Int
  var isTraining = true

  /// What is wrong, in one line.
  public var description: String {
    "the \(isTraining ? "training" : "evaluation") takes \(Self.megabytes(needed)) of memory, and \(Self.megabytes(available)) are left"
  }

  /// How it might fit.
  public var hint: String? {
    guard isTraining else { return "a smaller --batch-size, or a shorter --context" }
    return
      "fewer sequences in a micro-batch (--batch-size, with --accumulate for as many in a step), "
      + "a shorter --context, or --checkpoint-activations"
  }

  private static func megabytes(_ bytes: Int) -> String { "\(bytes / 1_000_000) MB" }
}
