extension Program {
  /// Mistakes in the declarations, one line each; a test of the program expects none.
  package var inconsistencies: [String] {
    let names = groups.flatMap(\.commands).map { $0.configuration.name }
    return names.repeated.map { "two commands are called '\($0)'" } + undeclaredProperties
      + description.commands.flatMap(\.inconsistencies)
      + description.options.allNames.repeated.map { "two global options are called '\($0)'" }
  }
}

extension Program {
  private var undeclaredProperties: [String] {
    let arguments: [any ParsableArguments] =
      [Globals()] + groups.flatMap(\.commands).map { $0.init() }
    return arguments.flatMap { arguments in
      ArgumentTable(reflecting: arguments).undeclared
        .map { "property '\($0)' of \(type(of: arguments)) is not declared" }
    }
  }
}

extension CommandDescription {
  fileprivate var inconsistencies: [String] {
    let positionals = arguments.filter { $0.kind == .positional }
    var mistakes = arguments.allNames.repeated.map { "two arguments are called '\($0)'" }
    for (argument, next) in zip(positionals, positionals.dropFirst()) {
      if argument.isRepeatable { mistakes.append("'\(argument.label)' leaves no words for others") }
      if !argument.isRequired, next.isRequired {
        mistakes.append("'\(next.label)' is required after '\(argument.label)', which is not")
      }
    }
    mistakes += arguments.filter(\.help.isEmpty).map { "'\($0.label)' has no help" }
    return mistakes.map { "\(invocation): \($0)" }
  }
}

extension [ArgumentDeclaration] {
  fileprivate var allNames: [String] { flatMap(\.allNames).map(\.description) }
}

extension [String] {
  fileprivate var repeated: [String] {
    var seen: Set<String> = []
    return filter { !seen.insert($0).inserted }
  }
}
