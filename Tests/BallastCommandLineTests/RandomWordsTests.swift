import BallastCommandLine
import Testing

/// Whatever the words are, the answer is a command, a help text, or one line about what is wrong.
@Suite struct RandomWordsTests {
  static let pieces = [
    "-", "--", "=", "inspect", "generate", "help", "format", "--format", "json", "-o", "o", "t",
    "-n", "1", "-1", ".5", "no-", "totals", "--no-totals", "--prompt", "x", " ", "\n", "é",
    "\u{1B}",
    "--threads", "3", "--rename", "a=b", "", "--version", "-h", "🙂", "\u{301}",
  ]

  @Test(arguments: 0..<16) func neverTraps(seed: UInt64) {
    var random = SplitMix(state: seed)
    for _ in 0..<250 {
      let words = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        (0..<Int.random(in: 1...3, using: &random))
          .compactMap { _ in Self.pieces.randomElement(using: &random) }.joined()
      }
      switch Sample.program.parse(words, width: Int.random(in: 0...100, using: &random)) {
      case .run(let command as Sample.Inspect, let globals):
        #expect(!command.paths.isEmpty && (1...64).contains(globals.threads))
      case .run(let command as Sample.Generate, _): #expect(command.count >= 1)
      case .run: Issue.record("a command that is not declared: \(words)")
      case .help(let text): #expect(text.hasPrefix("OVERVIEW:"))
      case .version: #expect(words.contains("--version"))
      case .misuse(let misuse):
        #expect(misuse.text.split(separator: "\n").count == 3, "\(misuse.text)")
        #expect(!misuse.text.contains("\u{1B}"))
      }
    }
  }
}

/// The generator SplitMix64 (Steele, Lea and Flood 2014): the same words for the same seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
