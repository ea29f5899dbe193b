/// The completions of a program for bash.
///
/// The script is two tables and a function that reads the line: what follows each option or stands
/// in each place, and which options a command has. It keeps to what bash 4.4 knows, and needs
/// neither the package bash-completion nor the program while it completes.
struct BashCompletion {
  private let program: ProgramDescription
  private let function: String

  init(_ program: ProgramDescription) {
    self.program = program
    function = "_\(program.shellIdentifier)"
  }

  var script: String {
    """
    # Completions of \(program.configuration.name) for bash 4.4 and later.

    # Sets how a value is completed: that of option $2 of command $1, or the operand number $2.
    # Fails where there is none.
    \(function)_value() {
        kind=none words=()
        case "$1 $2" in
    \(values.joined(separator: "\n"))
        *) return 1 ;;
        esac
    }

    # Sets the words that may begin with a dash in command $1, or before there is one.
    \(function)_options() {
        kind=words words=()
        case "$1" in
    \(options.joined(separator: "\n"))
        esac
    }

    \(reader)

    complete -F \(function) \(program.configuration.name)

    """
  }

  private var values: [String] {
    program.options.compactMap { value("", $0) }
      + program.completedCommands.flatMap { command in
        command.options.compactMap { value(command.name, $0) }
          + command.operands.enumerated().map { index, operand in
            let place = "\(command.name) \(index + 1)".shellQuoted
            let places = "\(command.name) ".shellQuoted + "[1-9]*"
            return arm([operand.isRepeatable ? places : place], operand.completion)
          }
      }
  }

  private func value(_ command: String, _ option: ArgumentDeclaration) -> String? {
    guard option.kind == .option else { return nil }
    return arm(option.names.map { "\(command) \($0)".shellQuoted }, option.completion)
  }

  private func arm(_ patterns: [String], _ completion: CompletionKind) -> String {
    let (kind, words) =
      switch completion {
      case .none: ("", [String]())
      case .directory: ("kind=folders ", [])
      case .file(let extensions): ("kind=files ", extensions)
      case .values(let values): ("kind=words ", values)
      }
    let list = words.map(\.shellWord).joined(separator: " ")
    return
      "    \(patterns.joined(separator: " | "))) \(kind)\(list.isEmpty ? "" : "words=(\(list)) ");;"
  }

  private var options: [String] {
    func arm(_ command: String, _ options: [ArgumentDeclaration]) -> String {
      let names = options.flatMap(\.allNames).map(\.description.shellWord)
      return "    \(command.shellQuoted)) words=(\(names.joined(separator: " "))) ;;"
    }
    return [arm("", program.options)] + program.completedCommands.map { arm($0.name, $0.options) }
  }

  /// The function that reads the line, up to the word that is being completed.
  private var reader: String {
    let commands = program.completedCommands.map(\.name.shellWord).joined(separator: " ")
    return #"""
      \#(function)() {
          local IFS=$' \t\n' text=${2-} lead='' word='' command='' option='' kind='' current='' prefix=''
          local before=${COMP_LINE-} joined='' separator='' ended='' i=0 operands=0
          local -a line=() words=()
          COMPREPLY=()
          before=${before:0:${COMP_POINT:-0}}

          # Readline takes = and : for the ends of words. They are put together again here; what stands
          # before the part that Readline replaces is the lead.
          for ((i = 1; i <= COMP_CWORD; i++)); do
              word=${COMP_WORDS[i]} separator=''
              if [[ -n $word && $word != *[!=:]* ]]; then
                  separator=yes
              elif ((i == COMP_CWORD)); then
                  word=$text
                  [[ -z $text && $before == *[[:blank:]] ]] && joined=''
              fi
              if [[ -n $joined$separator ]] && ((${#line[@]} > 0)); then
                  lead=${line[-1]}
                  [[ -n $separator ]] && lead+=$word
                  line[-1]+=$word
              else
                  lead=''
                  line+=("$word")
              fi
              joined=$separator
          done
          current=${line[-1]}

          for word in "${line[@]:0:${#line[@]}-1}"; do
              if [[ -n $option ]]; then
                  option=''
              elif [[ -z $ended && $word == -- ]]; then
                  ended=yes
                  [[ -n $command ]] || command=--
              elif [[ -z $ended && $word == --* ]]; then
                  [[ $word != *=* ]] && \#(function)_value "$command" "$word" && option=$word
              elif [[ -z $ended && $word == -[!0-9.]* ]]; then
                  if \#(function)_value "$command" "${word:0:2}"; then
                      ((${#word} == 2)) && option=$word
                  elif \#(function)_value "$command" "-${word: -1}"; then
                      option=-${word: -1}
                  fi
              elif [[ -z $command ]]; then
                  command=$word
              else
                  ((operands += 1))
              fi
          done

          if [[ ${COMP_WORDS[COMP_CWORD - 1]} == *[\<\>]* ]]; then
              kind=files words=()
          elif [[ -n $option ]]; then
              \#(function)_value "$command" "$option"
          elif [[ -z $ended && $current == --*=* ]]; then
              prefix=${current%%=*}=
              \#(function)_value "$command" "${current%%=*}" || return 0
          elif [[ -z $ended && $current == -[!-]?* ]] && \#(function)_value "$command" "${current:0:2}"; then
              prefix=${current:0:2}
              [[ $current == ??=* ]] && prefix+='='
          elif [[ -z $ended && $current == -* ]]; then
              \#(function)_options "$command"
          elif [[ -z $command ]]; then
              kind=words words=(\#(commands))
          else
              \#(function)_value "$command" "$((operands + 1))" || return 0
          fi

          current=${current#"$prefix"}
          case $kind in
          words)
              for word in "${words[@]}"; do
                  [[ $word == "$current"* ]] && COMPREPLY+=("$word")
              done
              ;;
          files)
              compopt -o filenames 2>/dev/null
              if ((${#words[@]} == 0)); then
                  mapfile -t COMPREPLY < <(compgen -f -- "$current")
              else
                  mapfile -t COMPREPLY < <(
                      compgen -d -- "$current"
                      for word in "${words[@]}"; do compgen -f -X "!*.$word" -- "$current"; done
                  )
              fi
              ;;
          folders)
              compopt -o filenames 2>/dev/null
              mapfile -t COMPREPLY < <(compgen -d -- "$current")
              ;;
          esac
          for i in "${!COMPREPLY[@]}"; do
              word=$prefix${COMPREPLY[i]}
              COMPREPLY[i]=${word#"$lead"}
          done
          return 0
      }
      """#
  }
}

extension ProgramDescription {
  /// A script that makes bash complete the program's command lines once it is sourced.
  package var bashCompletion: String { BashCompletion(self).script }
}
