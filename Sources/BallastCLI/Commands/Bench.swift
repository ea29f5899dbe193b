import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastJSON
import BallastKernels
import BallastModelIO
import BallastReport
import BallastTraining

/// `ballast bench`: how fast a model works on this machine, and where the time goes.
struct Bench: Command {
  static let configuration = CommandConfiguration(
    "bench",
    abstract: "Time a model at its work, operation by operation.",
    discussion: """
      Each work is done once to warm up, then --repeat times, of which the median counts, and once \
      more for the profile. Prefill and decode read weights as they are stored (F32, F16, BF16 or Q8_0), \
      the others float32. Operations are counted as two for a multiplication and an addition; bytes \
      are those that have to be read and written once. The limits are measured in the same run.
      """,
    examples: [
      CommandExample("ballast bench gpt2/", "Forward, prefill, decode and training."),
      CommandExample(
        "ballast bench gpt2/ --only train --shape 8x512 --dropout 0.1",
        "A training step of a shape of one's own."
      ),
      CommandExample("ballast bench gpt2/ --only train --dtype bf16", "With products of bfloat16."),
    ]
  )

  /// A kind of work that can be asked for.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case forward, prefill, decode, train

    /// Whether the weights are read as they are stored.
    var isGenerating: Bool { self == .prefill || self == .decode }
  }

  @OptionGroup var model: ModelArguments
  @Option(value: "WORK", help: "Only this; may be repeated.") var only: [Kind] = []
  @Option(value: "BxT", help: "Sequences and tokens of forward and train; may be repeated.")
  var shape: [BatchShape] = []
  @Option(in: 1...1000, help: "Runs that count.") var `repeat` = 5
  @Option(in: 0..<1, help: "The dropout of train.") var dropout = 0.0
  @Option(help: "What products of forward and train are made of.")
  var dtype = Precision.float32
  @Option(help: "How to write the result.") var format = DocumentFormat.table

  func run(in context: Console) throws -> ExitCode {
    let kinds = only.isEmpty ? Kind.allCases : only
    if !shape.isEmpty, kinds.allSatisfy(\.isGenerating) {
      throw UsageError("'--shape' is of forward and train, and '--only' asks for neither")
    }
    let opened = try model.open(on: context)
    let limits = MachineLimits.measured()
    let (plain, stored) = try at(model.model) { () throws(FormatError) in
      try networks(of: opened, for: kinds)
    }
    var results: [Benchmark.Result] = []
    for kind in kinds {
      guard let network = kind.isGenerating ? stored : plain else { continue }
      let benchmark = Benchmark(network, dropout: dropout, repetitions: `repeat`)
      for work in works(of: kind, for: opened.configuration) {
        if context.showsProgress { context.message("timing \(work.name)") }
        try at(model.model) { () throws(FormatError) in
          results.append(
            try benchmark.run(work) { () throws(FormatError) in try Interruption.check() }
          )
        }
      }
    }
    switch format {
    case .table: try context.print(document(results, limits))
    case .json: try context.print(json(results, limits))
    }
    return .success
  }

  /// The model in float32, and with its weights as they are stored, as far as they are needed; one where
  /// they are the same.
  private func networks(
    of opened: OpenedModel,
    for kinds: [Kind]
  ) throws(FormatError) -> (plain: GPT2Model?, stored: GPT2Model?) {
    // Generating takes the weights as they are stored, and float32 where products of others are bfloat16.
    let generates = kinds.contains(where: \.isGenerating)
    let needsStored = generates && (opened.hasNarrowWeights || dtype != .float32)
    let needsPlain = !needsStored || !kinds.allSatisfy(\.isGenerating)
    let plain =
      needsPlain
      ? try opened.loadModel(copying: kinds.contains(.train), precision: dtype)
      : nil
    return (plain, needsStored ? try opened.loadModelAsStored() : plain)
  }

  /// The shapes that were asked for, or the usual ones as far as the model has positions for them.
  private func works(of kind: Kind, for configuration: GPT2Configuration) -> [Benchmark.Work] {
    let positions = configuration.positions
    switch kind {
    case .forward:
      let shapes = shape.isEmpty ? [BatchShape(1, min(1024, positions))] : shape
      return shapes.map { .forward(batch: $0.batch, length: $0.length) }
    case .prefill: return [.prefill(length: min(512, positions))]
    case .decode:
      let prompt = min(16, positions / 2)
      return [.decode(count: min(64, positions - prompt), prompt: prompt)]
    case .train:
      let usual = [BatchShape(4, 64), BatchShape(4, 256), BatchShape(1, 1024)]
      let shapes = shape.isEmpty ? usual.filter { $0.length <= positions } : shape
      return shapes.map { .train(batch: $0.batch, length: $0.length) }
    }
  }
}

extension Precision: ExpressibleByArgument {}

/// The sizes of a batch: `4x256`.
struct BatchShape: ExpressibleByArgument {
  let batch: Int
  let length: Int

  init(_ batch: Int, _ length: Int) {
    self.batch = batch
    self.length = length
  }

  init(argument: String) throws(InvalidArgument) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let batch = parts[0], let length = parts[1] else {
      throw InvalidArgument("expected BxT, such as 4x256")
    }
    guard (1...4096).contains(batch), (1...65_536).contains(length) else {
      throw InvalidArgument("expected 1 to 4096 sequences of 1 to 65536 tokens")
    }
    self.init(batch, length)
  }

  var argument: String { "\(batch)x\(length)" }

  static let placeholder: String? = "BxT"
}
