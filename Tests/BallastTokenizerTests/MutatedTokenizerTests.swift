import BallastTestSupport
import BallastTokenizer
import Testing

/// Broken copies of a tokenizer.json are read or refused, and what is read encodes.
@Suite struct MutatedTokenizerTests {
  @Test func everyMutationIsAnswered() async throws {
    let folder = try TemporaryFolder()
    let run = MutationRun(fixture: "tiny-gpt2/tokenizer.json", report: folder.path + "/case")
    await #expect(processExitsWith: .success, "\(run.place)") {
      [fixture = run.fixture as String, report = run.report as String] in
      MutationRun(fixture: fixture, report: report).run { source in
        let tokenizer = try? Tokenizer(tokenizerJSON: source)
        let ids = tokenizer?.encode("A sailor's song,\n  <|endoftext|>", specialTokens: .parsed)
        _ = try? ids.flatMap { try tokenizer?.text(of: $0) }
      }
    }
  }
}
