import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastGPT2
import BallastJSON
import BallastModelIO
import BallastReport

/// `ballast verify`: whether a model computes what its reference did.
struct Verify: Command {
  static let configuration = CommandConfiguration(
    "verify",
    abstract: "Prove a model equal to a reference, or to another model.",
    discussion: """
      The reference is a safetensors file of input_ids [B, T] and logits [B, T, V], optionally \
      loss, hidden_states.N and gradients.NAME, as tools/record-reference writes it. The \
      tolerance bounds max|Δ| / max(1, max|reference|) for logits and hidden states, the relative \
      L2 norm for gradients, and |Δ| for the loss. Exits with 1 if something is out of tolerance.
      """,
    examples: [
      CommandExample(
        "ballast verify gpt2/ --reference reference.safetensors",
        "Against recorded logits."
      ),
      CommandExample("ballast verify out/ --against gpt2/", "Against another checkpoint."),
    ]
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var adapter: AdapterArguments
  @Option(
    value: "FILE",
    help: "What the model should compute; this, or --against.",
    completion: .file
  )
  var reference: String?
  @Option(
    value: "MODEL",
    help: "A model that should compute the same; this, or --reference.",
    completion: .file
  )
  var against: String?
  @Option(
    value: "FILE",
    help: "With --against: the tokens to run, in place of pseudorandom ones.",
    completion: .file
  )
  var inputIds: String?
  @Option(in: 0..., help: "The largest deviation that passes.") var tolerance = 1e-5
  @Option(help: "How to write the result.") var format = DocumentFormat.table

  func validate() throws {
    if (reference == nil) == (against == nil) {
      throw UsageError("give either '--reference' or '--against'")
    }
    if inputIds != nil, against == nil {
      throw UsageError("'--input-ids' goes with '--against'")
    }
  }

  func run(in context: Console) throws -> ExitCode {
    let opened = try model.open(on: context)
    let network = try adapter.model(of: opened, at: model.model)
    let expected = try reference(for: network, on: context)
    let report = try at(reference ?? model.model) { () throws(FormatError) in
      try Parity.compare(network, with: expected) { () throws(FormatError) in
        try Interruption.check()
      }
    }
    switch format {
    case .table: try context.print(document(report))
    case .json: try context.print(json(report))
    }
    return report.passes(tolerance: tolerance) ? .success : .findings
  }

  private func reference(
    for network: GPT2Model,
    on context: Console
  ) throws -> any ParityReference {
    if let reference {
      return try at(reference) { () throws(FormatError) in
        try RecordedReference(
          try Checkpoint.open(path: reference, limits: model.limits.values),
          for: network
        )
      }
    }
    let other = try OpenedModel.open(
      against ?? "",
      config: nil,
      tokenizer: nil,
      limits: model.limits.values
    )
    context.notice(of: other, at: against ?? "")
    let tokens = try inputIds.map { try TokenFile.read($0) } ?? [Self.tokens(for: network)]
    return try at(against ?? "") { () throws(FormatError) in
      try ModelReference(
        try other.loadModel(),
        for: network,
        input: try TokenBatch(tokens, for: network.configuration)
      )
    }
  }

  /// Tokens all over the vocabulary, the same in every run.
  private static func tokens(for network: GPT2Model) -> [Int32] {
    var generator = SplitMix64(state: 1)
    let count = min(128, network.configuration.positions)
    return (0..<count).map { _ in
      Int32.random(in: 0..<Int32(network.configuration.vocabularySize), using: &generator)
    }
  }

  private func document(_ report: ParityReport) -> Document {
    var table = Table(columns: [
      .text("tensor"), .number("max_abs", title: "max |Δ|"),
      .number("mean_abs", title: "mean |Δ|"), .number("rms", title: "rms Δ"),
      .number("relative"), .text("result"),
    ])
    for deviation in report.deviations {
      let passes = deviation.isWithin(tolerance)
      table.append([
        .text(deviation.name), .number(deviation.maxAbsolute), .number(deviation.meanAbsolute),
        .number(deviation.rms), .number(deviation.relative),
        .text(passes ? "ok" : "departs", style: passes ? .green : .red),
      ])
    }
    var values: [Document.KeyValue] = []
    if against != nil, inputIds == nil { values.append(.init("tokens", .text("pseudorandom"))) }
    values.append(.init("loss", .number(report.loss)))
    if let expected = report.referenceLoss {
      values.append(.init("reference loss", .number(expected)))
      values.append(.init("|Δ| of the loss", .number(report.lossDifference)))
    }
    values.append(.init("top-1 agreement", .fraction(report.topOneAgreement)))
    values.append(.init("KL divergence", .number(report.divergence)))
    values.append(.init("positions", .integer(report.positions)))
    let verdict =
      report.passes(tolerance: tolerance)
      ? "equal within \(Readable.number(tolerance))"
      : "not equal within \(Readable.number(tolerance))"
        + (report.firstDeparture(tolerance: tolerance).map { ": \($0.name) departs first" }
          ?? ": the losses differ")
    return [
      .table(table), .keyValues(values),
      .paragraph(verdict, style: report.passes(tolerance: tolerance) ? .green : .red),
    ]
  }

  private func json(_ report: ParityReport) -> JSONValue {
    func number(_ value: Double?) -> JSONValue { value.map { .number($0) } ?? .null }
    return [
      "passes": .bool(report.passes(tolerance: tolerance)), "tolerance": .number(tolerance),
      "tensors": .array(
        report.deviations.map {
          [
            "name": .string($0.name), "max_abs": .number($0.maxAbsolute),
            "mean_abs": .number($0.meanAbsolute), "rms": .number($0.rms),
            "relative": .number($0.relative), "passes": .bool($0.isWithin(tolerance)),
          ]
        }
      ),
      "first_departure": report.firstDeparture(tolerance: tolerance).map { .string($0.name) }
        ?? .null,
      "loss": .number(report.loss), "reference_loss": number(report.referenceLoss),
      "loss_difference": number(report.lossDifference),
      "top1_agreement": .number(report.topOneAgreement),
      "kl_divergence": .number(report.divergence), "positions": .integer(report.positions),
    ]
  }
}
