/// The completions of a program for fish: one `complete` for each option and each place of a word.
struct FishCompletion {
  private let program: ProgramDescription
  private let function: String

  init(_ program: ProgramDescription) {
    self.program = program
    function = "__\(program.shellIdentifier)"
  }

  var script: String {
    let commands = program.completedCommands
    var lines = program.options.flatMap { option("", $0) }
    lines += commands.map { command in
      line("\(function)_at ''", "-f -a \(quoted(word(command.name)))", command.abstract)
    }
    for command in commands {
      lines += command.options.flatMap { option(command.name, $0) }
      for (index, operand) in command.operands.enumerated() {
        let place =
          "\(function)_at \(word(command.name)) \(index)\(operand.isRepeatable ? " more" : "")"
        if let offer = offer(operand.completion) { lines.append(line(place, offer, operand.help)) }
      }
    }
    return """
      # Completions of \(program.configuration.name) for fish.

      \(helpers)

      complete -c \(program.configuration.name) -f
      \(lines.joined(separator: "\n"))

      """
  }

  /// The functions that tell where on the line the cursor is.
  private var helpers: String {
    let names = ([("", program.options)] + program.completedCommands.map { ($0.name, $0.options) })
      .map { command, options in
        options.filter { $0.kind == .option }.flatMap(\.names)
          .map { quoted("\(command) \($0)") }.joined(separator: " ")
      }
      .filter { !$0.isEmpty }
    return #"""
      # Whether option $argv[2] of command $argv[1] takes a value.
      function \#(function)_takes_value
          switch "$argv[1] $argv[2]"
              case \#(names.joined(separator: " \\\n            "))
                  return 0
          end
          return 1
      end

      # Prints the command, and how many operands stand between it and the cursor.
      function \#(function)_place
          set -l words (commandline -opc)
          set -e words[1]
          set -l command ''
          set -l operands 0
          set -l ended no
          set -l value no
          for word in $words
              if test $value = yes
                  set value no
              else if test $ended = no; and test "$word" = --
                  set ended yes
                  test -n "$command"; or set command --
              else if test $ended = no; and string match -qr -- '^-[^0-9.]' "$word"
                  # -fo is -f and -o, unless -f takes a value, which then is o.
                  if string match -q -- '--*' "$word"; or test (string length -- "$word") -eq 2
                      \#(function)_takes_value "$command" "$word"; and set value yes
                  else if not \#(function)_takes_value "$command" (string sub -l 2 -- "$word")
                      \#(function)_takes_value "$command" -(string sub -s -1 -- "$word"); and set value yes
                  end
              else if test -z "$command"
                  set command $word
              else
                  set operands (math $operands + 1)
              end
          end
          printf '%s\n' "$command" $operands
      end

      # Whether the cursor is in command $argv[1], and at operand $argv[2] or, with more, after it.
      function \#(function)_at
          set -l place (\#(function)_place)
          test "$place[1]" = "$argv[1]"; or return 1
          set -q argv[2]; or return 0
          test $place[2] -eq $argv[2]; and return 0
          set -q argv[3]; and test $place[2] -gt $argv[2]
      end

      # Prints folders, and files with one of the extensions.
      function \#(function)_files
          set -l word (commandline -ct | string replace -r -- '^-[^=]*=' '')
          set -l endings (string join '|' (string escape --style=regex -- .$argv))
          complete -C "'' $word" | string match -r -- "^(?:.*/|.*(?:$endings))\$"
      end
      """#
  }

  private func option(_ command: String, _ option: ArgumentDeclaration) -> [String] {
    let condition = "\(function)_at \(command.isEmpty ? "''" : word(command))"
    let names = names(option.names)
    guard option.kind == .flag else {
      return [line(condition, "\(names) -r \(offer(option.completion) ?? "-f")", option.help)]
    }
    let inverse = option.inverseName.map { name in
      line(condition, self.names([name]), option.help(for: name))
    }
    return [line(condition, names, option.help)] + (inverse.map { [$0] } ?? [])
  }

  private func names(_ names: [OptionName]) -> String {
    names.map { name in
      switch name {
      case .short(let letter): "-s \(word(String(letter)))"
      case .long(let long): "-l \(word(long))"
      }
    }.joined(separator: " ")
  }

  /// What makes fish offer values; nil where there are none.
  private func offer(_ completion: CompletionKind) -> String? {
    switch completion {
    case .none: nil
    case .directory: "-f -a '(__fish_complete_directories)'"
    case .file(let extensions) where extensions.isEmpty: "-F"
    case .file(let extensions):
      "-f -a '(\(function)_files \(extensions.map(word).joined(separator: " ")))'"
    case .values(let values): "-f -a \(quoted(values.map(word).joined(separator: " ")))"
    }
  }

  private func line(_ condition: String, _ what: String, _ help: String) -> String {
    "complete -c \(program.configuration.name) -n \(quoted(condition)) \(what) -d \(quoted(help))"
  }

  private func quoted(_ text: String) -> String {
    "'\(text.replacing("\\", with: #"\\"#).replacing("'", with: #"\'"#))'"
  }

  /// The text as it is where fish reads nothing into it, and in apostrophes otherwise.
  private func word(_ text: String) -> String {
    text.shellWord == text ? text : quoted(text)
  }
}

extension ProgramDescription {
  /// A script that makes fish complete the program's command lines.
  package var fishCompletion: String { FishCompletion(self).script }
}
