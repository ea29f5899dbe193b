/// A command as help, completions and manual pages see it.
package struct CommandDescription: Hashable, Sendable {
  /// Arguments under one heading.
  package struct Section: Hashable, Sendable {
    /// The heading, such as "OPTIONS".
    package let title: String
    /// The arguments, in the order of their declaration.
    package let arguments: [ArgumentDeclaration]
  }

  /// What calls the command: "ballast inspect".
  package let invocation: String
  /// The name and the texts.
  package let configuration: CommandConfiguration
  /// The arguments: positional ones, groups with a title, other options, global options.
  package let sections: [Section]

  /// Every argument of the command, global options included.
  package var arguments: [ArgumentDeclaration] { sections.flatMap(\.arguments) }

  init(
    invocation: String,
    configuration: CommandConfiguration,
    own: ArgumentTable,
    globals: ArgumentTable
  ) {
    let arguments = own.flattened()
    let titles = arguments.map(\.title).filter { !$0.isEmpty }
    var sections: [Section] = []
    func add(_ title: String, _ arguments: [ArgumentDeclaration]) {
      if !arguments.isEmpty { sections.append(Section(title: title, arguments: arguments)) }
    }
    func options(_ title: String) -> [ArgumentDeclaration] {
      arguments.filter { $0.title == title && $0.declaration.kind != .positional }
        .map(\.declaration)
    }
    add("ARGUMENTS", arguments.map(\.declaration).filter { $0.kind == .positional })
    for (index, title) in titles.enumerated() where titles.firstIndex(of: title) == index {
      add("\(title.uppercased()) OPTIONS", options(title))
    }
    add("OPTIONS", options("") + [.help])
    add("GLOBAL OPTIONS", globals.flattened().map(\.declaration))
    self.invocation = invocation
    self.configuration = configuration
    self.sections = sections
  }
}

/// The program as help, completions and manual pages see it.
package struct ProgramDescription: Hashable, Sendable {
  /// Commands under one heading.
  package struct Group: Hashable, Sendable {
    /// The heading; empty for commands without one.
    package let title: String
    /// The commands, in the order of their declaration.
    package let commands: [CommandDescription]
  }

  /// The name and the texts.
  package let configuration: CommandConfiguration
  /// The options that every command has, and those that stand alone.
  package let options: [ArgumentDeclaration]
  /// The commands.
  package let groups: [Group]

  /// Every command, in the order of its declaration.
  package var commands: [CommandDescription] { groups.flatMap(\.commands) }
}

extension ArgumentDeclaration {
  /// The flag that every command has.
  package static let help = ArgumentDeclaration(
    kind: .flag,
    names: [.short("h"), .long("help")],
    help: "Show help information."
  )

  /// The flag that the program has.
  package static let version = ArgumentDeclaration(
    kind: .flag,
    names: [.long("version")],
    help: "Show the version."
  )
}
