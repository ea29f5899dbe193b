import BallastCommandLine
import Testing

@Suite struct ParsingTests {
  typealias Inspect = Sample.Inspect
  typealias Generate = Sample.Generate

  @Test func defaults() throws {
    let command: Inspect = try Sample.parse("inspect", "a")
    #expect(command.paths == ["a"])
    #expect(command.format == .table)
    #expect(command.match.isEmpty && command.rename.isEmpty)
    #expect(command.output == nil && command.buffers == nil)
    #expect(!command.tree && !command.force && command.totals)
  }

  @Test(arguments: [
    ["--format", "json"], ["--format=json"], ["--format=csv", "--format", "json"],
  ])
  func longOption(words: [String]) throws {
    guard case .run(let command as Inspect, _) = Sample.program.parse(["inspect"] + words + ["a"])
    else { throw Sample.Unexpected(text: "not parsed") }
    #expect(command.format == .json)
    #expect(command.paths == ["a"])
  }

  @Test(arguments: [["-o", "x"], ["-o=x"], ["-ox"], ["-to", "x"], ["-to=x"], ["--output", "x"]])
  func shortOption(words: [String]) throws {
    guard case .run(let command as Inspect, _) = Sample.program.parse(["inspect", "a"] + words)
    else { throw Sample.Unexpected(text: "not parsed") }
    #expect(command.output == "x")
    #expect(command.paths == ["a"])
  }

  @Test func joinedFlags() throws {
    let command: Inspect = try Sample.parse("inspect", "-tfb", "a")
    #expect(command.tree && command.force && command.buffers == true)
  }

  @Test func inverse() throws {
    #expect(try Sample.parse("inspect", "a", "--no-totals", as: Inspect.self).totals == false)
    #expect(try Sample.parse("inspect", "a", "--no-totals", "--totals", as: Inspect.self).totals)
    #expect(try Sample.parse("inspect", "a", "--no-buffers", as: Inspect.self).buffers == false)
    #expect(try Sample.parse("inspect", "a", "--buffers", as: Inspect.self).buffers == true)
  }

  @Test func repeated() throws {
    let command: Inspect = try Sample.parse(
      "inspect",
      "a",
      "--match",
      "h.*",
      "b",
      "-m",
      "wte",
      "--match=",
      "c",
      "--rename",
      "x=y"
    )
    #expect(command.match == ["h.*", "wte", ""])
    #expect(command.paths == ["a", "b", "c"])
    #expect(command.rename.map(\.argument) == ["x=y"])
  }

  @Test func valueWithEqualsSign() throws {
    #expect(
      try Sample.parse("inspect", "a", "--output=b=c", as: Inspect.self).output == "b=c"
    )
  }

  @Test func terminator() throws {
    let command: Inspect = try Sample.parse("inspect", "-t", "--", "-f", "--", "--help")
    #expect(command.paths == ["-f", "--", "--help"])
    #expect(command.tree && !command.force)
  }

  @Test func dashIsAWord() throws {
    #expect(try Sample.parse("inspect", "-", "-o", "-", as: Inspect.self).paths == ["-"])
    #expect(try Sample.parse("inspect", "-", "-o", "-", as: Inspect.self).output == "-")
  }

  @Test(arguments: ["-1", "-1.5", "-.5", "-1e-5"])
  func negativeNumbersAreWords(word: String) throws {
    #expect(try Sample.parse("inspect", word, as: Inspect.self).paths == [word])
    #expect(try Sample.parse("inspect", "-o", word, "a", as: Inspect.self).output == word)
  }

  @Test(arguments: ["- item", "---", "-3, -4", "-Yes, he said", "--Yes, he said", "-*"])
  func textsWithADash(text: String) throws {
    #expect(try Sample.parse("generate", "m", "--prompt", text, as: Generate.self).prompt == text)
  }

  @Test func anyTextAfterAnEqualsSign() throws {
    let command: Generate = try Sample.parse("generate", "m", "--prompt=--help", "-n=3")
    #expect(command.prompt == "--help")
    #expect(command.count == 3)
  }

  @Test func typedValues() throws {
    let command: Generate = try Sample.parse(
      "generate",
      "m",
      "t",
      "--prompt",
      "",
      "-n",
      "7",
      "--temperature",
      "2e-1",
      "--top-p",
      "0.5",
      "--seed",
      "18446744073709551615",
      "--dropout",
      "0.25",
      "--bias",
      "-3"
    )
    #expect(command.model == "m" && command.tokenizer == "t" && command.prompt.isEmpty)
    #expect(command.count == 7 && command.dropout == 0.25 && command.bias == -3)
    #expect(command.sampling.temperature == 0.2 && command.sampling.topP == 0.5)
    #expect(command.sampling.seed == .max && !command.sampling.greedy)
  }

  @Test(arguments: [
    ["--color", "never", "inspect", "a", "--threads=8"],
    ["inspect", "--threads", "8", "a", "--color=never"],
    ["--threads=8", "--color=never", "inspect", "a"],
  ])
  func globalOptionsStandAnywhere(words: [String]) throws {
    guard case .run(let command as Inspect, let globals) = Sample.program.parse(words)
    else { throw Sample.Unexpected(text: "not parsed") }
    #expect(globals.color == .never && globals.threads == 8)
    #expect(command.paths == ["a"])
  }

  @Test func aCommandNameMayBeAnArgument() throws {
    #expect(try Sample.parse("inspect", "inspect", as: Inspect.self).paths == ["inspect"])
  }

  @Test func runs() throws {
    guard case .run(let command, _) = Sample.program.parse(["inspect", "a"])
    else { throw Sample.Unexpected(text: "not parsed") }
    #expect(try command.run(in: 3).rawValue == 3)
  }

  @Test func version() {
    for words in [["--version"], ["--color=never", "--version"], ["--version", "inspect"]] {
      guard case .version = Sample.program.parse(words) else {
        Issue.record("no version: \(words)")
        continue
      }
    }
  }

  @Test func declarationsAreConsistent() {
    #expect(Sample.program.inconsistencies == [])
  }
}
