import BallastBytes
package import BallastCommandLine
import Glibc

/// The program `ballast`: what its command line means, and what happens then.
public enum BallastCLI {
  /// The version of the package, as in CHANGELOG.md.
  static let version = "0.1.0"

  /// The day on which that version was named; the manual page must have a date.
  static let versionDate = "2026-11-26"

  package static let program = Program(
    CommandConfiguration(
      "ballast",
      abstract: "Reads, checks, converts, verifies and fine-tunes GPT-2 checkpoints.",
      discussion: "No code in a checkpoint is ever executed."
    ),
    globals: GlobalOptions.self,
    groups: [
      CommandGroup(
        "Checkpoints",
        [
          Inspect.self, Browse.self, Show.self, Stats.self, Check.self, Diff.self, Scan.self,
          Convert.self, Report.self,
        ]
      ),
      CommandGroup(
        "Models",
        [Logits.self, Verify.self, Generate.self, Finetune.self, Train.self, Eval.self, Bench.self]
      ),
      CommandGroup("Text", [Tokenize.self, Detokenize.self]),
      CommandGroup("Machine", [Doctor.self]),
      CommandGroup("Shell", [Completions.self, Manual.self]),
    ]
  )

  /// Runs a command line, given without the program's name, and returns the exit code.
  public static func run(_ arguments: [String]) -> Int32 {
    FileSystem.occupyStandardDescriptors()
    let width = Terminal.width(of: STDOUT_FILENO) ?? 80
    switch program.parse(arguments, width: width) {
    case .help(let text): return finish(Console(GlobalOptions())) { try $0.print(text) }
    case .version: return finish(Console(GlobalOptions())) { try $0.print(VersionText.text) }
    case .misuse(let misuse):
      Console(GlobalOptions()).message(misuse.text)
      return ExitCode.usage.rawValue
    case .run(let command, let globals):
      globals.apply()
      let console = Console(globals)
      Interruption.watch()
      do {
        try InstructionSetVariable.apply()
        return try command.run(in: console).rawValue
      } catch let error as UsageError {
        console.message(program.misuse(error, of: type(of: command)).text)
        return ExitCode.usage.rawValue
      } catch {
        let arguments = program.description(of: type(of: command)).arguments
        let takesLimits = arguments.contains { $0.names.contains(.long("limit")) }
        return ErrorReport(error, takesLimits: takesLimits).show(on: console).rawValue
      }
    }
  }

  private static func finish(_ console: Console, _ body: (Console) throws -> Void) -> Int32 {
    do {
      try body(console)
      return ExitCode.success.rawValue
    } catch {
      return ErrorReport(error).show(on: console).rawValue
    }
  }
}
