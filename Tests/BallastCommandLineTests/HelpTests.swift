import BallastCommandLine
import Testing

@Suite struct HelpTests {
  func help(_ words: [String], width: Int = 80) -> String? {
    if case .help(let text) = Sample.program.parse(words, width: width) { text } else { nil }
  }

  @Test func ofACommand() {
    #expect(
      help(["inspect", "--help"]) == """
        OVERVIEW: List the tensors of checkpoints.

        Reads headers only.

        Nothing in a checkpoint is executed.

        USAGE: demo inspect [OPTIONS] PATH...

        ARGUMENTS:
          PATH                    A checkpoint or a folder with one.

        OPTIONS:
          --format FORMAT         How to write the list. (values: table, json, csv;
                                  default: table)
          -m, --match GLOB        Only tensors whose names match; may be repeated.
          -o, --output FILE       Write there.
          --rename FROM=TO        Show a name as another.
          -t, --tree              Show the names as a tree.
          -f, --force             Replace the output.
          --totals/--no-totals    List the totals. (default: --totals)
          -b, --buffers/--no-buffers
                                  List the buffers.
          -h, --help              Show help information.

        GLOBAL OPTIONS:
          --color WHEN            Colour the output. (values: always, never, auto;
                                  default: auto)
          --threads N             The number of threads. (default: 2)

        EXAMPLES:
          demo inspect model.safetensors
              Every tensor with its shape.
        """
    )
  }

  @Test func ofTheProgram() {
    #expect(
      help([]) == """
        OVERVIEW: Reads checkpoints.

        USAGE: demo [OPTIONS] COMMAND

        OPTIONS:
          --color WHEN            Colour the output. (values: always, never, auto;
                                  default: auto)
          --threads N             The number of threads. (default: 2)
          --version               Show the version.
          -h, --help              Show help information.

        FILES COMMANDS:
          inspect                 List the tensors of checkpoints.

        MODEL COMMANDS:
          generate                Continue a text.

          See 'demo help COMMAND' for detailed help.
        """
    )
  }

  @Test func groupsWithATitleHaveASection() throws {
    let text = try #require(help(["help", "generate"]))
    #expect(
      text.contains(
        """
        SAMPLING OPTIONS:
          --temperature X         The temperature. (default: 1)
          --top-p X               The probability kept. (default: 1)
          --seed N                The seed. (default: 0)
          --greedy                Take the likeliest token.

        OPTIONS:
          --prompt TEXT           The text to continue.
          -n, --count N           How many tokens. (default: 40)
        """
      )
    )
  }

  @Test(arguments: [
    ["inspect", "-h"], ["-h", "inspect"], ["inspect", "--nope", "--help"], ["help", "inspect"],
    ["--color=never", "help", "inspect"], ["help", "inspect", "--color", "never"],
  ])
  func everyWayToAsk(words: [String]) {
    #expect(help(words) == help(["inspect", "--help"]))
  }

  @Test(arguments: [
    ["help"], ["--help"], ["-h"], ["help", "--help"], ["help", "help"], ["--nope", "-h"],
  ])
  func everyWayToAskForTheProgram(words: [String]) {
    #expect(help(words) == help([]))
  }

  @Test func helpAfterTheTerminatorIsAWord() {
    #expect(help(["inspect", "--", "--help"]) == nil)
  }

  @Test(arguments: [20, 40, 60, 80, 200]) func fitsTheWidth(width: Int) throws {
    for words in [[], ["help", "inspect"], ["help", "generate"]] {
      let text = try #require(help(words, width: width))
      for line in text.split(separator: "\n") where line.count > width {
        // Labels, calls and single words are not broken.
        let isLabel = line.hasPrefix("  ") && line.dropFirst(2).first != " "
        #expect(isLabel || line.split(separator: " ").count == 1, "\(line)")
      }
    }
  }

  @Test func narrow() throws {
    let text = try #require(help(["help", "inspect"], width: 40))
    #expect(
      text.contains(
        """
        OPTIONS:
          --format FORMAT
              How to write the list. (values:
              table, json, csv; default: table)
          -m, --match GLOB
              Only tensors whose names match;
              may be repeated.
        """
      )
    )
  }

  @Test func usageLinesAreWrapped() throws {
    let text = try #require(help(["help", "generate"], width: 40))
    #expect(
      text.contains(
        """
        USAGE: demo generate [OPTIONS] --prompt
               TEXT MODEL [TOKENIZER]
        """
      )
    )
  }

  @Test func declarationsCanBeListed() throws {
    let inspect = Sample.program.description(of: Sample.Inspect.self)
    #expect(inspect.invocation == "demo inspect")
    #expect(
      inspect.arguments.map(\.synopsis) == [
        "PATH...", "[--format FORMAT]", "[--match GLOB]...", "[--output FILE]",
        "[--rename FROM=TO]...", "[--tree]", "[--force]", "[--totals/--no-totals]",
        "[--buffers/--no-buffers]", "[--help]", "[--color WHEN]", "[--threads N]",
      ]
    )
    let completions = Dictionary(
      uniqueKeysWithValues: inspect.arguments.map { ($0.label, $0.completion) }
    )
    #expect(completions["PATH"] == .file)
    #expect(completions["-o, --output FILE"] == .file(extensions: ["json", "csv"]))
    #expect(completions["--format FORMAT"] == .values(["table", "json", "csv"]))
    #expect(completions["-t, --tree"] == CompletionKind.none)
  }
}
