import BallastCommandLine
import Testing

@Suite struct MisuseTests {
  static let wrong: [(line: String, message: String)] = [
    ("inspec a", "unknown command 'inspec'; did you mean 'inspect'?"),
    ("gen", "unknown command 'gen'; did you mean 'generate'?"),
    ("--", "unknown command '--'"),
    ("hepl", "unknown command 'hepl'; did you mean 'help'?"),
    ("xyz", "unknown command 'xyz'"),
    ("help xyz", "unknown command 'xyz'"),
    ("help inspect a", "unexpected argument 'a'"),
    ("--nope inspect a", "unknown option '--nope'"),
    ("--tree inspect a", "unknown option '--tree'"),
    ("inspect", "missing argument 'PATH'"),
    ("inspect a --foo", "unknown option '--foo'"),
    ("inspect a --fromat=x", "unknown option '--fromat'; did you mean '--format'?"),
    ("inspect a --outputs x", "unknown option '--outputs'; did you mean '--output'?"),
    ("inspect a --no-total", "unknown option '--no-total'; did you mean '--no-totals'?"),
    ("inspect a --thread 2", "unknown option '--thread'; did you mean '--threads'?"),
    ("inspect a --version", "unknown option '--version'"),
    ("inspect a -x", "unknown option '-x'"),
    ("inspect a -tx", "unknown option '-x'"),
    ("inspect a -format json", "unknown option '-format'; did you mean '--format'?"),
    ("inspect a -tree", "unknown option '-tree'; did you mean '--tree'?"),
    ("inspect a -fot x", "'-o' takes a value and must stand last in '-fot'"),
    ("inspect a --format", "missing value for '--format FORMAT'"),
    ("inspect a -o", "missing value for '-o FILE'"),
    ("inspect a -o --", "missing value for '-o FILE'"),
    ("inspect a -o --tree", "missing value for '-o FILE'"),
    (
      "inspect a --output --tree",
      "missing value for '--output FILE'; '--output=--tree' gives a value that begins with a dash"
    ),
    ("inspect a --tree=yes", "'--tree' takes no value"),
    ("inspect a -t=yes", "'-t' takes no value"),
    ("inspect a --no-totals=1", "'--no-totals' takes no value"),
    (
      "inspect a --format jsno",
      "invalid value 'jsno' for '--format FORMAT': expected table, json or csv; "
        + "did you mean 'json'?"
    ),
    (
      "inspect a --format xml",
      "invalid value 'xml' for '--format FORMAT': expected table, json or csv"
    ),
    ("inspect a --rename x", "invalid value 'x' for '--rename FROM=TO': expected FROM=TO"),
    ("inspect a --tree --format csv", "'--tree' and '--format csv' exclude each other"),
    (
      "inspect a --threads 0",
      "invalid value '0' for '--threads N': must be from 1 to 64"
    ),
    (
      "inspect a --color maybe",
      "invalid value 'maybe' for '--color WHEN': expected always, never or auto"
    ),
    ("generate", "missing argument 'MODEL'"),
    ("generate m", "missing required option '--prompt TEXT'"),
    ("generate m t u --prompt x", "unexpected argument 'u'"),
    ("generate m t u v --prompt x", "2 unexpected arguments: 'u', 'v'"),
    (
      "generate m --prompt x -n 0",
      "invalid value '0' for '-n, --count N': must be 1 or more"
    ),
    (
      "generate m --prompt x -n 1.5",
      "invalid value '1.5' for '-n, --count N': expected a whole number"
    ),
    (
      "generate m --prompt x -n 99999999999999999999",
      "invalid value '99999999999999999999' for '-n, --count N': expected a number from "
        + "-9223372036854775808 to 9223372036854775807"
    ),
    (
      "generate m --prompt x --seed -1",
      "invalid value '-1' for '--seed N': expected a number from 0 to 18446744073709551615"
    ),
    (
      "generate m --prompt x --temperature hot",
      "invalid value 'hot' for '--temperature X': expected a number"
    ),
    (
      "generate m --prompt x --temperature nan",
      "invalid value 'nan' for '--temperature X': expected a number"
    ),
    (
      "generate m --prompt x --dropout inf",
      "invalid value 'inf' for '--dropout X': expected a number"
    ),
    (
      "generate m --prompt x --dropout 1",
      "invalid value '1' for '--dropout X': must be 0 or more, and less than 1"
    ),
    (
      "generate m --prompt x --top-p 0",
      "invalid value '0' for '--top-p X': must be more than 0"
    ),
    ("generate m --prompt x --bias 1", "invalid value '1' for '--bias N': must be 0 or less"),
    (
      "generate m --prompt x --greedy --temperature 0.5",
      "'--greedy' and '--temperature' exclude each other"
    ),
  ]

  @Test(arguments: wrong) func message(line: String, message: String) {
    #expect(Sample.message(line.split(separator: " ").map(String.init)) == message)
  }

  @Test func emptyWord() {
    #expect(Sample.message([""]) == "unknown command ''")
    #expect(Sample.message(["inspect", "a", "--format", ""]) != nil)
  }

  @Test func textOfACommand() {
    guard case .misuse(let misuse) = Sample.program.parse(["generate", "m", "--foo"]) else {
      Issue.record("understood")
      return
    }
    #expect(
      misuse.text == """
        demo: error: unknown option '--foo'
        Usage: demo generate [OPTIONS] --prompt TEXT MODEL [TOKENIZER]
          See 'demo generate --help' for more information.
        """
    )
  }

  @Test func textOfTheProgram() {
    guard case .misuse(let misuse) = Sample.program.parse(["inspct"]) else {
      Issue.record("understood")
      return
    }
    #expect(
      misuse.text == """
        demo: error: unknown command 'inspct'; did you mean 'inspect'?
        Usage: demo [OPTIONS] COMMAND
          See 'demo --help' for more information.
        """
    )
  }

  @Test func errorOfARunningCommand() {
    let misuse = Sample.program.misuse(UsageError("no such tensor"), of: Sample.Inspect.self)
    #expect(misuse.text.hasPrefix("demo: error: no such tensor\nUsage: demo inspect "))
  }

  @Test func controlCharactersAreEscaped() {
    #expect(Sample.message(["\u{1B}[31m\n"]) == "unknown command '\\u{1B}[31m\\n'")
  }

  @Test func aDefaultOutsideOfItsRange() async {
    await #expect(processExitsWith: .failure) {
      struct Broken: ParsableArguments {
        @Option(in: 1...2, help: "Too large.") var number = 3
      }
      _ = Broken()
    }
  }

  @Test func aFlagThatCannotBeTurnedOff() async {
    await #expect(processExitsWith: .failure) {
      struct Broken: ParsableArguments {
        @Flag(help: "On for ever.") var flag = true
      }
      _ = Broken()
    }
  }

  @Test func aRequiredValueBeforeParsing() async {
    await #expect(processExitsWith: .failure) { _ = Sample.Generate().model }
  }

  @Test func inconsistentDeclarations() {
    struct Broken: Command {
      static let configuration = CommandConfiguration("broken", abstract: "Is declared wrongly.")
      @Argument(help: "Takes all.") var many: [String] = []
      @Argument(help: "Gets none.") var one: String
      @Option(short: "x", help: "") var color: String?
      @Flag(short: "x", help: "Twice.") var flag = false
      var plain = 0
      func run(in context: Int) throws -> ExitCode { .success }
    }
    let program = Program(
      Sample.program.configuration,
      globals: Sample.Globals.self,
      groups: [CommandGroup("", [Broken.self, Broken.self])]
    )
    #expect(
      Set(program.inconsistencies) == [
        "two commands are called 'broken'",
        "property 'plain' of Broken is not declared",
        "demo broken: two arguments are called '-x'",
        "demo broken: two arguments are called '--color'",
        "demo broken: 'MANY' leaves no words for others",
        "demo broken: 'ONE' is required after 'MANY', which is not",
        "demo broken: '-x, --color COLOR' has no help",
      ]
    )
  }
}
