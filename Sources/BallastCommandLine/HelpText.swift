/// Help in the layout of swift-argument-parser: OVERVIEW, USAGE, ARGUMENTS, OPTIONS.
extension CommandDescription {
  /// A usage line longer than this says "[OPTIONS]" instead of naming them.
  private static let longestUsage = 100

  /// How the command is used, in one line.
  package var usage: String {
    let own = sections.filter { $0.title != "GLOBAL OPTIONS" }.flatMap(\.arguments)
    let options = own.filter { $0.kind != .positional && $0 != .help }
    let positionals = own.filter { $0.kind == .positional }
    func line(_ words: [String]) -> String {
      ([invocation] + words + positionals.map(\.synopsis)).joined(separator: " ")
    }
    let usage = line(options.map(\.synopsis))
    guard usage.count > Self.longestUsage else { return usage }
    return line(["[OPTIONS]"] + options.filter(\.isRequired).map(\.synopsis))
  }

  /// Everything about the command, wrapped to a width.
  package func helpText(width: Int) -> String {
    var text = HelpText(width: width)
    text.introduce(configuration, usage: usage)
    for section in sections {
      text.section(section.title, section.arguments.map { ($0.label, $0.details) })
    }
    text.examples(configuration.examples)
    return text.text
  }
}

extension ProgramDescription {
  /// How the program is used, in one line.
  package var usage: String { "\(configuration.name) [OPTIONS] COMMAND" }

  /// The commands and the options of the program, wrapped to a width.
  package func helpText(width: Int) -> String {
    var text = HelpText(width: width)
    text.introduce(configuration, usage: usage)
    text.section("OPTIONS", options.map { ($0.label, $0.details) })
    for group in groups {
      let title = group.title.isEmpty ? "COMMANDS" : "\(group.title.uppercased()) COMMANDS"
      text.section(
        title,
        group.commands.map { ($0.configuration.name, $0.configuration.abstract) }
      )
    }
    text.examples(configuration.examples)
    text.close("  See '\(configuration.name) help COMMAND' for detailed help.")
    return text.text
  }
}

extension ArgumentDeclaration {
  /// The help with what may be given, and what holds if nothing is.
  var details: String {
    var notes: [String] = []
    if !allowedValues.isEmpty { notes.append("values: \(allowedValues.joined(separator: ", "))") }
    if let defaultValue { notes.append("default: \(defaultValue)") }
    return notes.isEmpty ? help : "\(help) (\(notes.joined(separator: "; ")))"
  }
}

/// Help as it is put together: blocks separated by an empty line.
private struct HelpText {
  private let width: Int
  /// Where the second column begins; on a narrow terminal, texts stand below what they explain.
  private let secondColumn: Int
  private var blocks: [String] = []

  init(width: Int) {
    self.width = max(20, width)
    secondColumn = width < 60 ? 6 : 26
  }

  var text: String { blocks.joined(separator: "\n\n") }

  mutating func introduce(_ configuration: CommandConfiguration, usage: String) {
    blocks.append("OVERVIEW: \(configuration.abstract)".wrapped(to: width))
    if !configuration.discussion.isEmpty {
      blocks.append(configuration.discussion.wrapped(to: width))
    }
    blocks.append("USAGE: \(usage)".wrapped(to: width, hanging: 7))
  }

  mutating func section(_ title: String, _ rows: [(label: String, text: String)]) {
    let lines = rows.map { label, text in
      let text = text.wrapped(to: width, indent: secondColumn)
      guard label.count + 3 <= secondColumn else { return "  \(label)\n\(text)" }
      return "  \(label)" + text.dropFirst(label.count + 2)
    }
    blocks.append("\(title):\n" + lines.joined(separator: "\n"))
  }

  mutating func examples(_ examples: [CommandExample]) {
    guard !examples.isEmpty else { return }
    let lines = examples.map { example in
      "  \(example.call)\n" + example.explanation.wrapped(to: width, indent: 6)
    }
    blocks.append("EXAMPLES:\n" + lines.joined(separator: "\n"))
  }

  mutating func close(_ text: String) {
    blocks.append(text)
  }
}
