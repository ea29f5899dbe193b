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
    let network = try at(model.model) { () throws(FormatError) in try opened.loadModelAsStored() }
    let tokens = tokenizer.encode(prompt, specialTokens: parseSpecial ? .parsed : .asText)
    let positions = network.configuration.positions
    if tokens.count > positions {
      context.notice(
        "the prompt has \(tokens.count) tokens, the model \(positions) positions: "
          + "only the last \(positions / 2) are seen"
      )
    }
    for sample in 0..<samples {
      var options = sampling.options
      options.seed &+= UInt64(sample)
      try at(model.model) { () throws(FormatError) in
        try write(network, after: tokens, tokenizer, options, on: context)
      }
      try context.print("")
    }
    return .success
  }

  private func write(
    _ network: GPT2Model,
    after tokens: [Int32],
    _ tokenizer: Tokenizer,
    _ options: SamplingOptions,
    on context: Console
  ) throws(FormatError) {
    var history = tokens
    if history.isEmpty {
      guard let start = tokenizer.endOfText else { throw FormatError(ModelInputFault.empty) }
      history = [start]
    }
    let generator = try GPT2Generator(network)
    var sampler = Sampler(options)
    var decoder = StreamingDecoder(tokenizer)
    var stops = StopStrings(
      stop.map {
        $0.split(separator: "\\n", omittingEmptySubsequences: false).joined(separator: "\n")
      }
    )
    var logits = try generator.append(history)
    if !ids { try context.write(prompt) }
    for index in 0..<count {
      try Interruption.check()
      let token = sampler.next(logits: logits, history: history)
      history.append(token)
      if network.configuration.endTokens.contains(Int(token)) || token == tokenizer.endOfText {
        break
      }
      if ids {
        try context.write(index == 0 ? "\(token)" : " \(token)")
      } else {
        try context.write(stops.append(try decoder.append(token)))
        if stops.isStopped { return }
      }
      if index + 1 < count { logits = try generator.append([token]) }
    }
    if !ids { try context.write(stops.append(decoder.finish()) + stops.finish()) }
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
