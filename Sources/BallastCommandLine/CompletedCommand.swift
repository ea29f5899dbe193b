/// A command as the completions of every shell see it.
struct CompletedCommand {
  /// The word that calls it.
  let name: String
  /// What it does, in one line.
  let abstract: String
  /// The options and flags, global ones included.
  let options: [ArgumentDeclaration]
  /// The words by their position.
  let operands: [ArgumentDeclaration]
}

extension ProgramDescription {
  /// The commands, and `help`, which the program understands by itself.
  var completedCommands: [CompletedCommand] {
    let declared = commands.map { command in
      CompletedCommand(
        name: command.configuration.name,
        abstract: command.configuration.abstract,
        options: command.arguments.filter { $0.kind != .positional },
        operands: command.arguments.filter { $0.kind == .positional }
      )
    }
    let topic = ArgumentDeclaration(
      kind: .positional,
      valueName: "COMMAND",
      help: "The command to explain.",
      completion: .values(declared.map(\.name))
    )
    let help = CompletedCommand(
      name: "help",
      abstract: "Show help for a command.",
      options: options.filter { $0 != .version },
      operands: [topic]
    )
    return declared + [help]
  }

  /// The program's name as part of a shell function's.
  var shellIdentifier: String {
    String(configuration.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}

extension ArgumentDeclaration {
  /// The help for one of the names, which may be the one that turns a flag off.
  func help(for name: OptionName) -> String {
    guard name == inverseName, let opposite = names.last else { return help }
    return "Turn \(opposite) off."
  }
}

extension String {
  /// The text as one word for bash or zsh, in apostrophes.
  var shellQuoted: String { "'\(replacing("'", with: #"'\''"#))'" }

  /// The text as it is where no shell reads anything into it, and in apostrophes otherwise.
  var shellWord: String {
    let plain =
      !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./".contains($0)) }
    return plain ? self : shellQuoted
  }
}
