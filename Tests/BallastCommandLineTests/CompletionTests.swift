import BallastCommandLine
import Testing

/// What the scripts say; tools/crosscheck/completions asks the shells themselves.
@Suite struct CompletionTests {
  let sample = Sample.program.description
  let nasty = NastySample.program.description

  @Test func bashKnowsWhatFollows() {
    let lines = sample.bashCompletion.split(separator: "\n").map { $0.drop { $0 == " " } }
    for line in [
      "'inspect --format') kind=words words=(table json csv) ;;",
      "'inspect -m' | 'inspect --match') ;;",
      "'inspect -o' | 'inspect --output') kind=files words=(json csv) ;;",
      "'inspect '[1-9]*) kind=files ;;",
      "' --color') kind=words words=(always never auto) ;;",
      "'generate --color') kind=words words=(always never auto) ;;",
      "'generate 1') ;;",
      "'generate 2') ;;",
      "'help 1') kind=words words=(inspect generate) ;;",
      "'') words=(--color --threads --version -h --help) ;;",
      "kind=words words=(inspect generate help)",
      "complete -F _demo demo",
    ] {
      #expect(lines.contains { $0 == line }, "\(line)")
    }
    // Flags take no value, so that nothing is said of one.
    #expect(!sample.bashCompletion.contains("'inspect --tree'"))
    #expect(sample.bashCompletion.contains(" --totals --no-totals "))
  }

  @Test func bashWordsAreQuoted() {
    #expect(nasty.bashCompletion.contains(#"words=(plain 'it'\''s' 'a b')"#))
  }

  @Test func zshSpecifications() {
    let lines = sample.zshCompletion.split(separator: "\n").map { $0.drop { $0 == " " } }
    for line in [
      #"'inspect:List the tensors of checkpoints.'"#,
      #"'--format=[How to write the list.]:FORMAT:(table json csv)' \"#,
      #"'*-m+[Only tensors whose names match; may be repeated.]:GLOB: ' \"#,
      #"'*--match=[Only tensors whose names match; may be repeated.]:GLOB: ' \"#,
      #"'(-o --output)-o+[Write there.]:FILE:_files -g "*.(json|csv)(-.)"' \"#,
      #"'(--totals --no-totals)--no-totals[Turn --totals off.]' \"#,
      #"'*:PATH:_files' && ret=0"#,
      #"'1:MODEL: ' \"#,
      #"'2::TOKENIZER: ' && ret=0"#,
    ] {
      #expect(lines.contains { $0 == line }, "\(line)")
    }
    #expect(sample.zshCompletion.hasPrefix("#compdef demo\n"))
  }

  @Test func zshTextsAreEscaped() {
    let script = nasty.zshCompletion
    #expect(script.contains(#"'nasty:It'\''s [odd]: a\\b.'"#))
    #expect(script.contains(#"'--odd=[It'\''s \[a\]: c\\d.]:A\:B:(plain it'\''s a\ b)'"#))
  }

  @Test func fishLines() {
    let lines = Set(sample.fishCompletion.split(separator: "\n").map(String.init))
    for line in [
      "-f",
      #"-n '__demo_at \'\'' -f -a 'inspect' -d 'List the tensors of checkpoints.'"#,
      "-n '__demo_at inspect' -l format -r -f -a 'table json csv' -d 'How to write the list.'",
      "-n '__demo_at inspect' -s o -l output -r -f -a '(__demo_files json csv)' -d 'Write there.'",
      "-n '__demo_at inspect' -s t -l tree -d 'Show the names as a tree.'",
      "-n '__demo_at inspect' -l no-totals -d 'Turn --totals off.'",
      "-n '__demo_at inspect 0 more' -F -d 'A checkpoint or a folder with one.'",
      "-n '__demo_at generate' -l prompt -r -f -d 'The text to continue.'",
      "-n '__demo_at help 0' -f -a 'inspect generate' -d 'The command to explain.'",
    ] {
      #expect(lines.contains("complete -c demo \(line)"), "\(line)")
    }
  }

  @Test func fishTextsAreEscaped() {
    let script = nasty.fishCompletion
    #expect(script.contains(#"-a 'nasty' -d 'It\'s [odd]: a\\b.'"#))
    #expect(script.contains(#"-a 'plain \'it\\\'s\' \'a b\'' -d 'It\'s [a]: c\\d.'"#))
  }
}

/// A program whose texts have in them what shells and roff read something into.
enum NastySample {
  enum Word: String, CaseIterable, ExpressibleByArgument {
    case plain
    case apostrophe = "it's"
    case blank = "a b"
  }

  struct Nasty: Command {
    static let configuration = CommandConfiguration(
      "nasty",
      abstract: #"It's [odd]: a\b."#,
      discussion: ".so /etc/passwd\n'so again\n\n\"Quoted\" - `1^2~3` ≥ …",
      examples: [CommandExample("odd nasty 'a b' >~/x", "...and so on.")]
    )

    @Option(value: "A:B", help: #"It's [a]: c\d."#) var odd: Word?

    func run(in context: Int) throws -> ExitCode { .success }
  }

  static let program = Program(
    CommandConfiguration("odd", abstract: "Is odd."),
    globals: Sample.Globals.self,
    groups: [CommandGroup("", [Nasty.self])]
  )
}
