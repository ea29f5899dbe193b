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

extension Program {
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
    guard let name = parser.occurrences[[topic.label]]?.first?.value, name != "help" else {
      return .help(description.helpText(width: width))
    }
    return .help(description(of: try command(named: name)).helpText(width: width))
  }

  private func command(named name: String) throws(UsageError) -> any Command<Context>.Type {
    if let command = commands.first(where: { $0.configuration.name == name }) { return command }
    let suggestion = name.closest(in: commands.map { $0.configuration.name } + ["help"])
    let hint = suggestion.map { "; did you mean '\($0)'?" } ?? ""
    throw UsageError("unknown command '\(name)'\(hint)")
  }
}
