import BallastCommandLine
import Testing

/// A program with one of everything, for the tests.
enum Sample {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table
    case json
    case csv
  }

  enum When: String, CaseIterable, ExpressibleByArgument {
    case always
    case never
    case auto
  }

  struct Globals: ParsableArguments {
    @Option(value: "WHEN", help: "Colour the output.") var color = When.auto
    @Option(in: 1...64, help: "The number of threads.") var threads = 2
  }

  /// A value with a grammar of its own.
  struct Renaming: ExpressibleByArgument, Equatable {
    let from: String
    let to: String

    init(argument: String) throws(InvalidArgument) {
      let parts = argument.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2 else { throw InvalidArgument("expected FROM=TO") }
      from = String(parts[0])
      to = String(parts[1])
    }

    var argument: String { "\(from)=\(to)" }
  }

  struct Inspect: Command {
    static let configuration = CommandConfiguration(
      "inspect",
      abstract: "List the tensors of checkpoints.",
      discussion: "Reads headers only.\n\nNothing in a checkpoint is executed.",
      examples: [
        CommandExample("demo inspect model.safetensors", "Every tensor with its shape.")
      ]
    )

    @Argument(value: "PATH", help: "A checkpoint or a folder with one.", completion: .file)
    var paths: [String]

    @Option(help: "How to write the list.") var format = Format.table
    @Option(short: "m", value: "GLOB", help: "Only tensors whose names match; may be repeated.")
    var match: [String] = []
    @Option(
      short: "o",
      value: "FILE",
      help: "Write there.",
      completion: .file(extensions: ["json", "csv"])
    ) var output: String?
    @Option(value: "FROM=TO", help: "Show a name as another.") var rename: [Renaming] = []
    @Flag(short: "t", help: "Show the names as a tree.") var tree = false
    @Flag(short: "f", help: "Replace the output.") var force = false
    @Flag(inverse: true, help: "List the totals.") var totals = true
    @Flag(short: "b", help: "List the buffers.") var buffers: Bool?

    func validate() throws {
      if tree && format == .csv {
        throw UsageError("'--tree' and '--format csv' exclude each other")
      }
    }

    func run(in context: Int) throws -> ExitCode { ExitCode(rawValue: Int32(context)) }
  }

  struct Sampling: ParsableArguments {
    @Option(in: 0..., help: "The temperature.") var temperature = 1.0
    @Option(in: .moreThan(0), help: "The probability kept.") var topP = 1.0
    @Option(help: "The seed.") var seed: UInt64 = 0
    @Flag(help: "Take the likeliest token.") var greedy = false

    func validate() throws {
      if greedy && temperature != 1 {
        throw UsageError("'--greedy' and '--temperature' exclude each other")
      }
    }
  }

  struct Generate: Command {
    static let configuration = CommandConfiguration("generate", abstract: "Continue a text.")

    @Argument(help: "The model.") var model: String
    @Argument(help: "The tokenizer.") var tokenizer: String?
    @Option(value: "TEXT", help: "The text to continue.") var prompt: String
    @Option(short: "n", in: 1..., help: "How many tokens.") var count = 40
    @Option(in: 0..<1, help: "The dropout.") var dropout: Float = 0
    @Option(in: ...0, help: "The bias.") var bias: Int?
    @OptionGroup(title: "Sampling") var sampling: Sampling

    func run(in context: Int) throws -> ExitCode { .success }
  }

  static let program = Program(
    CommandConfiguration("demo", abstract: "Reads checkpoints."),
    globals: Globals.self,
    groups: [CommandGroup("Files", [Inspect.self]), CommandGroup("Model", [Generate.self])]
  )

  struct Unexpected: Error {
    let text: String
  }

  /// The command of a line that is right.
  static func parse<C: Command<Int>>(_ words: String..., as: C.Type = C.self) throws -> C {
    switch program.parse(words) {
    case .run(let command as C, _): return command
    case .misuse(let misuse): throw Unexpected(text: misuse.text)
    default: throw Unexpected(text: "no command")
    }
  }

  /// The message about a line that is wrong.
  static func message(_ words: [String]) -> String? {
    if case .misuse(let misuse) = program.parse(words) { misuse.error.description } else { nil }
  }
}
