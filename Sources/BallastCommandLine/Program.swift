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

/// What a command line asks for.
package enum Invocation<Globals: ParsableArguments, Context> {
  /// To run a command that was parsed and validated.
  case run(any Command<Context>, Globals)
  /// To read this text.
  case help(String)
  /// To know the version.
  case version
  /// Nothing that could be understood.
  case misuse(Misuse)
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

  private var commands: [any Command<Context>.Type] { groups.flatMap(\.commands) }

  /// Understands a command line, without the program's own name.
  ///
  /// Help asked for by `--help`, `-h` or `help COMMAND` is wrapped to `width` columns.
  package func parse(_ words: [String], width: Int = 80) -> Invocation<Globals, Context> {
    let asksForHelp = words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    do throws(UsageError) {
      let builtIn = [ArgumentDeclaration.version, .help].map { (path: [$0.label], declaration: $0) }
      var leading = ArgumentParser(globalTargets + builtIn, words: words[...])
      try leading.parseOptions()
      if leading.occurrences[[ArgumentDeclaration.version.label]] != nil { return .version }
      guard let name = leading.remaining.first else {
        return .help(description.helpText(width: width))
      }
      var words = words
      words.remove(at: leading.remaining.startIndex)
      if name == "help", !asksForHelp { return try help(words, width: width) }
      let type = try command(named: name)
      if asksForHelp { return .help(description(of: type).helpText(width: width)) }
      return parse(type, words)
    } catch {
      return asksForHelp
        ? .help(description.helpText(width: width)) : .misuse(misuse(error, of: nil))
    }
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

  private func parse(
    _ type: any Command<Context>.Type,
    _ words: [String]
  ) -> Invocation<Globals, Context> {
    let table = ArgumentTable(reflecting: type.init())
    let own = table.flattened(path: ["command"])
    do {
      var parser = ArgumentParser(
        globalTargets + own.map { ($0.path, $0.declaration) },
        words: words[...]
      )
      try parser.parseAll()
      let globals = try decode(Globals.self, from: globalTable, at: "globals", parser.occurrences)
      let command = try decode(type, from: table, at: "command", parser.occurrences)
      return .run(command, globals)
    } catch {
      let error = error as? UsageError ?? UsageError("\(error)")
      return .misuse(misuse(error, of: type))
    }
  }

  private func decode<Arguments: ParsableArguments>(
    _ type: Arguments.Type,
    from table: ArgumentTable,
    at root: String,
    _ occurrences: ArgumentOccurrences
  ) throws -> Arguments {
    let decoder = ArgumentDecoder(.group(title: "", table), path: [root], occurrences)
    let arguments = try Arguments(from: decoder)
    try arguments.validate()
    return arguments
  }

  private func help(
    _ words: [String],
    width: Int
  ) throws(UsageError) -> Invocation<Globals, Context> {
    let topic = ArgumentDeclaration(kind: .positional, valueName: "COMMAND", help: "")
    var parser = ArgumentParser(globalTargets + [([topic.label], topic)], words: words[...])
    try parser.parseAll()
    guard let name = parser.occurrences[[topic.label]]?.first?.value else {
      return .help(description.helpText(width: width))
    }
    return .help(description(of: try command(named: name)).helpText(width: width))
  }

  private func command(named name: String) throws(UsageError) -> any Command<Context>.Type {
    if let command = commands.first(where: { $0.configuration.name == name }) { return command }
    let suggestion = name.closest(in: commands.map { $0.configuration.name })
    let hint = suggestion.map { "; did you mean '\($0)'?" } ?? ""
    throw UsageError("unknown command '\(name)'\(hint)")
  }
}

extension Program {
  private var globalTable: ArgumentTable { ArgumentTable(reflecting: Globals()) }

  private var globalTargets: [ArgumentParser.Target] {
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
}
