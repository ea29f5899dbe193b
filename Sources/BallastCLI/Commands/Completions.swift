import BallastCommandLine

/// `ballast completions`: scripts that make a shell complete Ballast's command lines.
struct Completions: Command {
  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash
    case zsh
    case fish
  }

  static let configuration = CommandConfiguration(
    "completions",
    abstract: "Print the completions for a shell.",
    discussion: """
      The script does not call Ballast while it completes. It may be sourced, or written to where \
      the shell looks for it: bash-completion's folder as ballast, a folder of zsh's fpath as \
      _ballast.
      """,
    examples: [
      CommandExample("source <(ballast completions bash)", "In ~/.bashrc."),
      CommandExample("source <(ballast completions zsh)", "In ~/.zshrc, after compinit."),
      CommandExample(
        "ballast completions fish >~/.config/fish/completions/ballast.fish",
        "Once, and after every update."
      ),
    ]
  )

  @Argument(help: "The shell.") var shell: Shell

  func run(in context: Console) throws -> ExitCode {
    let program = BallastCLI.program.description
    switch shell {
    case .bash: try context.write(program.bashCompletion)
    case .zsh: try context.write(program.zshCompletion)
    case .fish: try context.write(program.fishCompletion)
    }
    return .success
  }
}
