/// Commands under one heading of the program's help.
package struct CommandGroup<Context>: Sendable {
  /// The heading, such as "Model"; empty for none.
  package let title: String
  /// The commands, in the order in which help lists them.
  package let commands: [any Command<Context>.Type]

  /// Commands under a heading.
  package init(_ title: String = "", _ commands: [any Command<Context>.Type]) {
    self.title = title
    self.commands = commands
  }
}

/// A program of several commands with options that all of them share.
///
/// Parsing is a function from words to an `Invocation`; nothing is printed and nothing exits.
package struct Program<Globals: ParsableArguments, Context>: Sendable {
  /// The name and the texts of the program.
  package let configuration: CommandConfiguration
  /// The commands.
  package let groups: [CommandGroup<Context>]

  /// A program.
  package init(
    _ configuration: CommandConfiguration,
    globals: Globals.Type,
    groups: [CommandGroup<Context>]
  ) {
    self.configuration = configuration
    self.groups = groups
  }

  var commands: [any Command<Context>.Type] { groups.flatMap(\.commands) }
}

extension Program {
  var globalTable: ArgumentTable { ArgumentTable(reflecting: Globals()) }

  var globalTargets: [ArgumentParser.Target] {
    globalTable.flattened(path: ["globals"]).map { ($0.path, $0.declaration) }
  }

  /// The program as help, completions and manual pages see it.
  package var description: ProgramDescription {
    ProgramDescription(
      configuration: configuration,
      options: globalTable.flattened().map(\.declaration) + [.version, .help],
      groups: groups.map { group in
        ProgramDescription.Group(title: group.title, commands: group.commands.map(description(of:)))
      }
    )
  }

  /// A command as help, completions and manual pages see it.
  package func description(of command: any Command<Context>.Type) -> CommandDescription {
    CommandDescription(
      invocation: "\(configuration.name) \(command.configuration.name)",
      configuration: command.configuration,
      own: ArgumentTable(reflecting: command.init()),
      globals: globalTable
    )
  }

  /// What to tell the user about wrong usage of a command, or of the program.
  package func misuse(_ error: UsageError, of command: (any Command<Context>.Type)?) -> Misuse {
    guard let command else {
      return Misuse(
        error,
        program: configuration.name,
        usage: description.usage,
        of: configuration.name
      )
    }
    let description = description(of: command)
    return Misuse(
      error,
      program: configuration.name,
      usage: description.usage,
      of: description.invocation
    )
  }
}
