import BallastBytes
import BallastCommandLine
import BallastGPT2
import BallastModelIO
import BallastTokenizer

/// `ballast generate`: continues a text.
struct Generate: Command {
  static let configuration = CommandConfiguration(
    "generate",
    abstract: "Continue a text, token by token.",
    discussion: """
      The text is written as it comes, whole characters at a time. Equal seeds give equal texts. \
      Generation ends at the end-of-text token, at a stop string, or after so many tokens. Past \
      the model's last position the older half of the text is no longer seen.
      """,
    examples: [
      CommandExample("ballast generate gpt2/ --prompt 'The dog' --greedy -n 20", "The likeliest."),
      CommandExample(
        "ballast generate gpt2/ --prompt 'Once' --top-k 40 --seed 7 --stop '\\n\\n'",
        "A paragraph."
      ),
    ]
  )

  @OptionGroup var model: ModelArguments
  @OptionGroup var adapter: AdapterArguments
  @Option(value: "TEXT", help: "The text to continue; empty starts a new one.") var prompt = ""
  @Option(short: "n", long: "max-tokens", in: 1..., help: "How many tokens at the most.")
  var count = 200
  @Option(value: "TEXT", help: "Where to end, \\n being a line break; may be repeated.")
  var stop: [String] = []
  @Option(in: 1..., help: "How many texts, with successive seeds.") var samples = 1
  @Flag(help: "Write token ids in place of text.") var ids = false
  @Flag(help: "Read <|endoftext|> in the prompt as the token, not as text.")
  var parseSpecial = false
  @OptionGroup(title: "Sampling") var sampling: SamplingArguments

  func validate() throws {
    if ids, !stop.isEmpty {
      throw UsageError("'--stop' looks at text, so it does not go with '--ids'")
    }
  }

  func run(in context: Console) throws -> ExitCode {
    let opened = try model.open(on: context)
    let tokenizer = try model.loadTokenizer(of: opened, on: context)
    let network = try adapter.model(of: opened, at: model.model, asStored: true)
    let tokens = tokenizer.encode(prompt, specialTokens: parseSpecial ? .parsed : .asText)
    let positions = network.configuration.positions
    if tokens.count > positions {
      context.notice(
        "the prompt has \(tokens.count) tokens, the model \(positions) positions: "
          + "only the last \(positions / 2) are seen"
      )
    }
    var history = tokens
    if history.isEmpty {
      guard let start = tokenizer.endOfText else {
        throw PathError(path: model.model, error: FormatError(ModelInputFault.empty))
      }
      history = [start]
    }
    for first in stride(from: 0, to: samples, by: Self.together) {
      let texts = (first..<min(first + Self.together, samples)).map { sample in
        var options = sampling.options
        options.seed &+= UInt64(sample)
        return Continuation(
          of: history,
          tokenizer,
          options,
          stops: stop.map {
            $0.split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n")
          },
          endTokens: network.configuration.endTokens,
          ids: ids
        )
      }
      try at(model.model) { () throws(FormatError) in
        try write(texts, of: network, after: history, on: context)
      }
    }
    return .success
  }

  /// Texts that are continued at the same time: as many rows as share one reading of the weights.
  private static let together = 16

  /// Continues some texts together, and writes them one after the other: the first that is not complete as
  /// its tokens come.
  private func write(
    _ texts: [Continuation],
    of network: GPT2Model,
    after history: [Int32],
    on context: Console
  ) throws(FormatError) {
    var written = 0
    func writeText() throws(FormatError) {
      while written < texts.count {
        try context.write(texts[written].takeText())
        guard texts[written].isComplete else { return }
        try context.write("\n")
        written += 1
      }
    }
    let generator = try GPT2Generator(network)
    let first = try generator.append(history)
    if texts.count > 1 { try generator.fork(into: texts.count) }
    var logits = texts.map { _ in first }
    // The texts in the order of the generator's sequences.
    var running = texts
    if !ids { for text in texts { text.begin(with: prompt) } }
    try writeText()
    for index in 0..<count {
      try Interruption.check()
      for (text, logits) in zip(running, logits) {
        try text.draw(from: logits, isLast: index + 1 == count)
      }
      try writeText()
      for sequence in running.indices.reversed() where running[sequence].isComplete {
        if running.count > 1 { try generator.remove(sequence) }
        running.swapAt(sequence, running.count - 1)
        running.removeLast()
      }
      if running.isEmpty { return }
      logits = try generator.append(each: running.map(\.lastToken))
    }
  }
}

/// How tokens are drawn.
struct SamplingArguments: ParsableArguments {
  @Flag(help: "Take the likeliest token, always.") var greedy = false
  @Option(in: 0..., help: "Divides the logits; 0 is greedy.") var temperature = 1.0
  @Option(in: 1..., help: "Keep the k likeliest tokens.") var topK: Int?
  @Option(in: 0...1, help: "Keep the likeliest tokens that reach this probability.")
  var topP = 1.0
  @Option(in: 0...1, help: "Drop tokens less likely than this share of the likeliest.")
  var minP = 0.0
  @Option(in: .moreThan(0), help: "Make tokens that occurred less likely; 1 changes nothing.")
  var repetitionPenalty = 1.0
  @Option(help: "The seed of the random numbers.") var seed: UInt64 = 0

  var options: SamplingOptions {
    var options = SamplingOptions()
    options.temperature = greedy ? 0 : temperature
    options.topK = topK
    options.topP = topP
    options.minP = minP
    options.repetitionPenalty = repetitionPenalty
    options.seed = seed
    return options
  }
}
