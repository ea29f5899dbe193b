import BallastTestSupport
import Testing

/// `ballast generate --samples`: texts that are drawn together.
@Suite struct SamplesTests {
  private let tiny = Fixtures.path("tiny-gpt2")

  private func generate(seed: Int, samples: Int, _ arguments: [String]) throws -> String {
    let result = try Ballast.run(
      ["generate", tiny, "--seed", "\(seed)", "--samples", "\(samples)"] + arguments
    )
    #expect(result.status == 0, "\(result.errors)")
    return result.text
  }

  /// Whether they end at their last token, at a stop string, or past the last position; more than share
  /// one reading of the weights.
  @Test(arguments: [
    ["--prompt", "The", "-n", "12"], ["--prompt", "The", "-n", "20", "--ids"],
    ["--prompt", "The", "-n", "40", "--stop", "e"], ["-n", "200", "--prompt", "It was"],
  ])
  func textsAreThoseOfTheirSeeds(arguments: [String]) throws {
    let count = arguments.contains("12") ? 18 : 3
    let apart = try (0..<count).map { try generate(seed: 5 + $0, samples: 1, arguments) }
    #expect(Set(apart).count > 1)
    #expect(try generate(seed: 5, samples: count, arguments) == apart.joined())
  }
}
