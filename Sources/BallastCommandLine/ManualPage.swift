/// The manual page of a program, for man(1): what its declarations say, and what they do not.
package struct ManualPage: Sendable {
  /// A part that no declaration tells.
  package struct Section: Sendable {
    /// The heading, such as "EXIT STATUS".
    package let title: String
    /// What is explained, such as an exit code, and its explanation.
    package let items: [(tag: String, text: String)]

    /// A section of explained items.
    package init(_ title: String, _ items: [(tag: String, text: String)]) {
      self.title = title
      self.items = items
    }
  }

  private let program: ProgramDescription
  private let version: String
  private let date: String
  private let description: [String]
  private let sections: [Section]

  /// A page of section 1.
  ///
  /// - Parameters:
  ///   - program: what the page is about.
  ///   - version: the program's version, for the foot of the page.
  ///   - date: the day of that version, as in "2026-01-31".
  ///   - description: paragraphs that follow the program's own discussion.
  ///   - sections: what follows the options; examples come last.
  package init(
    of program: ProgramDescription,
    version: String,
    date: String,
    description: [String],
    sections: [Section]
  ) {
    self.program = program
    self.version = version
    self.date = date
    self.description = description
    self.sections = sections
  }

  /// The source of the page, in the macros of man(7).
  package var source: String {
    var roff = Roff()
    let name = program.configuration.name
    let title = Roff.escaped(name.uppercased())
    roff.macro("TH", title, "1", date, Roff.escaped("\(name) \(version)"), "User Commands")
    roff.macro("SH", "NAME")
    roff.paragraph("\(name) - \(program.configuration.abstract.asName)")
    addSynopsis(to: &roff)
    roff.macro("SH", "DESCRIPTION")
    roff.paragraphs([program.configuration.abstract] + program.discussion + description)
    roff.macro("SH", "COMMANDS")
    for command in program.commands { add(command, to: &roff) }
    roff.macro("SH", "GLOBAL OPTIONS")
    for option in program.options { roff.add(option) }
    for section in sections {
      roff.macro("SH", Roff.escaped(section.title))
      for item in section.items { roff.item(Roff.bold(item.tag), item.text) }
    }
    addExamples(to: &roff)
    return roff.text
  }

  private func addSynopsis(to roff: inout Roff) {
    let name = Roff.bold(program.configuration.name)
    roff.macro("SH", "SYNOPSIS")
    roff.formatted("\(name) [\(Roff.italic("OPTIONS"))] \(Roff.italic("COMMAND"))")
    roff.formatted("[\(Roff.italic("ARGUMENTS"))]")
    roff.macro("br")
    roff.formatted("\(name) \(Roff.bold("help")) [\(Roff.italic("COMMAND"))]")
  }

  private func add(_ command: CommandDescription, to roff: inout Roff) {
    roff.macro("SS", Roff.escaped(command.configuration.name))
    // One line: dots at the end of one would count as the end of a sentence.
    let words = Roff.escaped(String(command.usage.dropFirst(command.invocation.count)))
    roff.formatted(Roff.bold(command.invocation) + words)
    roff.macro("PP")
    roff.paragraphs([command.configuration.abstract] + command.configuration.paragraphs)
    for section in command.sections where section.title != "GLOBAL OPTIONS" {
      let arguments = section.arguments.filter { $0 != .help }
      if !["ARGUMENTS", "OPTIONS"].contains(section.title), !arguments.isEmpty {
        roff.macro("PP")
        roff.paragraph("\(section.title.prefix(1))\(section.title.dropFirst().lowercased()):")
      }
      for argument in arguments { roff.add(argument) }
    }
  }

  private func addExamples(to roff: inout Roff) {
    let examples = (program.commands.map(\.configuration) + [program.configuration])
      .flatMap(\.examples)
    guard !examples.isEmpty else { return }
    roff.macro("SH", "EXAMPLES")
    for example in examples { roff.item(Roff.bold(example.call), example.explanation) }
  }
}

extension Roff {
  /// A tag and what explains it, indented.
  mutating func item(_ tag: String, _ text: String) {
    macro("TP")
    formatted(tag)
    paragraph(text)
  }

  /// An argument with its help.
  mutating func add(_ argument: ArgumentDeclaration) {
    let names = argument.names.map { Self.bold($0.description) }.joined(separator: ", ")
    let inverse = argument.inverseName.map { "/\(Self.bold($0.description))" } ?? ""
    let value = argument.valueName.isEmpty ? "" : Self.italic(argument.valueName)
    let tag = [names + inverse, value].filter { !$0.isEmpty }.joined(separator: " ")
    item(tag, argument.details)
  }

  /// Paragraphs with room between them.
  mutating func paragraphs(_ texts: [String]) {
    for (index, text) in texts.enumerated() {
      if index > 0 { macro("PP") }
      paragraph(text)
    }
  }
}

extension CommandConfiguration {
  /// The discussion, cut at empty lines.
  fileprivate var paragraphs: [String] {
    discussion.split(separator: "\n\n").map(String.init)
  }
}

extension ProgramDescription {
  fileprivate var discussion: [String] { configuration.paragraphs }
}

extension String {
  /// A sentence as the line under NAME has it: in lower case, and without its full stop.
  fileprivate var asName: String {
    prefix(1).lowercased() + (hasSuffix(".") ? dropFirst().dropLast() : dropFirst())
  }
}
