/// The completions of a program for zsh: a function for `_arguments`, in a file for `$fpath`.
struct ZshCompletion {
  private let program: ProgramDescription
  private let function: String

  init(_ program: ProgramDescription) {
    self.program = program
    function = "_\(program.shellIdentifier)"
  }

  var script: String {
    let name = program.configuration.name
    let commands = program.completedCommands
    let arms = commands.map { command in
      let words = command.options.flatMap(specifications) + operands(of: command)
      return """
                \(command.name.shellWord))
                    _arguments -s -S \(continued(words, indent: 16)) && ret=0
                    ;;
        """
    }
    let abstracts = commands.map {
      "\(escaped($0.name, ":")):\(escaped($0.abstract, ""))".shellQuoted
    }
    return """
      #compdef \(name)
      # Completions of \(name) for zsh.

      \(function)_commands() {
          local -a commands=(
              \(abstracts.joined(separator: "\n        "))
          )
          _describe -t commands command commands
      }

      \(function)() {
          local curcontext=$curcontext state line ret=1
          typeset -A opt_args

          _arguments -C -s -S \(continued(program.options.flatMap(specifications), indent: 8)) \\
              '1: :->command' '*:: :->arguments' && ret=0

          case $state in
          command)
              # After -- there is no command any more.
              if (( ${words[(i)--]} >= CURRENT )); then \(function)_commands && ret=0; fi
              ;;
          arguments)
              curcontext="${curcontext%:*:*}:\(name)-$words[1]:"
              case $words[1] in
      \(arms.joined(separator: "\n"))
              esac
              ;;
          esac
          return ret
      }

      if [[ $funcstack[1] == \(function) ]]; then
          \(function) "$@"
      else
          compdef \(function) \(name)
      fi

      """
  }

  /// Words on lines of their own, each line but the last continued.
  private func continued(_ words: [String], indent: Int) -> String {
    words.map { "\\\n\(String(repeating: " ", count: indent))\($0)" }.joined(separator: " ")
  }

  /// How `_arguments` is told about an option: one word a name.
  private func specifications(_ option: ArgumentDeclaration) -> [String] {
    let names = option.allNames.map(\.description)
    let exclusion =
      option.isRepeatable ? "*" : names.count > 1 ? "(\(names.joined(separator: " ")))" : ""
    return option.allNames.map { name in
      var text = "\(exclusion)\(name)"
      if option.kind == .option {
        if case .short = name { text += "+" } else { text += "=" }
      }
      text += "[\(escaped(option.help(for: name), "[]"))]"
      if option.kind == .option {
        text += ":\(escaped(option.valueName, ":")):\(action(option.completion))"
      }
      return text.shellQuoted
    }
  }

  private func operands(of command: CompletedCommand) -> [String] {
    command.operands.enumerated().map { index, operand in
      let place = operand.isRepeatable ? "*" : "\(index + 1)\(operand.isRequired ? "" : ":")"
      return "\(place):\(escaped(operand.valueName, ":")):\(action(operand.completion))".shellQuoted
    }
  }

  private func action(_ completion: CompletionKind) -> String {
    switch completion {
    // A space: the value is named, and nothing is offered.
    case .none: " "
    case .directory: "_files -/"
    case .file(let extensions) where extensions.isEmpty: "_files"
    case .file(let extensions):
      // Files or links to them; `_files` offers folders too.
      "_files -g \"*.(\(extensions.joined(separator: "|")))(-.)\""
    case .values(let values):
      "(\(values.map { escaped($0, ":() ") }.joined(separator: " ")))"
    }
  }

  /// The text with a backslash before each of some letters, and before every backslash.
  private func escaped(_ text: String, _ letters: String) -> String {
    String(text.flatMap { $0 == "\\" || letters.contains($0) ? ["\\", $0] : [$0] })
  }
}

extension ProgramDescription {
  /// A script that completes the program's command lines in zsh: `_NAME` in a folder of `$fpath`.
  package var zshCompletion: String { ZshCompletion(self).script }
}
