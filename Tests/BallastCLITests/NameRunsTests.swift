import BallastCLI
import Testing

/// Lists of names, briefly.
struct NameRunsTests {
  private func text(_ names: [String], atMost maximum: Int = 40) -> String {
    NameRuns(names).text(atMost: maximum)
  }

  @Test func layersAreOneRun() {
    #expect(text((0..<12).map { "h.\($0).attn.bias" }) == "h.0.attn.bias … h.11.attn.bias")
    #expect(text(["h.0.x", "h.1.x"]) == "h.0.x, h.1.x")
    #expect(text([]).isEmpty)
  }

  @Test func namesBetweenComeBehind() {
    let names = (0..<3).flatMap { ["h.\($0).attn.bias", "h.\($0).attn.masked_bias"] } + ["step"]
    let expected =
      "h.0.attn.bias … h.2.attn.bias, h.0.attn.masked_bias … h.2.attn.masked_bias, step"
    #expect(text(names) == expected)
  }

  /// safetensors sorts names by their letters: 0, 1, 10, 11, 2.
  @Test func theOrderOfTheNamesDoesNotMatter() {
    let sorted = (0..<13).map { "h.\($0).attn.bias" }.sorted()
    #expect(text(sorted) == "h.0.attn.bias … h.12.attn.bias")
    #expect(
      text(["step"] + sorted.reversed() + ["epoch"])
        == "step, h.0.attn.bias … h.12.attn.bias, epoch"
    )
  }

  @Test func numbersAnywhereAreARun() {
    let names = ["groups.0.lr"] + (0..<148).map { "groups.0.params.\($0)" } + ["groups.1.lr"]
    #expect(
      text(names) == "groups.0.lr, groups.0.params.0 … groups.0.params.147, groups.1.lr"
    )
    #expect(text((8..<11).map { "arr_\($0)" }) == "arr_8 … arr_10")
    #expect(
      text((0..<5).map { "0.model.h.\($0).ln_1.bias" })
        == "0.model.h.0.ln_1.bias … 0.model.h.4.ln_1.bias"
    )
    #expect(
      text((0..<5).map { "3 values of h.\($0).w" }) == "3 values of h.0.w … 3 values of h.4.w"
    )
  }

  /// Where several numbers count up, a name goes with the most others.
  @Test func theLongestRunsAreTaken() {
    let pairs = (0..<4).flatMap { ["layers.\($0).w0", "layers.\($0).w1"] }
    #expect(text(pairs) == "layers.0.w0 … layers.3.w0, layers.0.w1 … layers.3.w1")
    let gaps = [0, 1, 2, 5, 7, 8, 9].map { "h.\($0).w" }
    #expect(text(gaps) == "h.0.w … h.2.w, h.5.w, h.7.w … h.9.w")
  }

  /// What would stand between the ends could not be told from them, and two names are short enough.
  @Test func onlyWhatCountsUpInOneWayIsARun() {
    let other = [
      ["a.0", "a.2", "a.4"], ["a.01", "a.2", "a.3"], ["a.08", "a.09", "a.10"],
      ["a.0.0", "a.0.1", "a.1.1"], ["a.1", "a.1", "a.1"], ["é.0", "e\u{301}.1", "é.2"],
      ["\(Int.max)", "a", "b"], ["a.99999999999999999999", "a.100000000000000000000", "b"],
      ["a.1.b", "c.0", "a.0.b"],
    ]
    for names in other { #expect(text(names) == names.joined(separator: ", ")) }
  }

  @Test func whatIsNotShownIsCounted() {
    let names = ["a", "b", "c.0", "c.1", "c.2"]
    #expect(text(names, atMost: 2) == "a, b and 3 more")
    #expect(text(names, atMost: 3) == "a, b, c.0 … c.2")
  }
}
