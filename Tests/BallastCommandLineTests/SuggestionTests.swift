import BallastCommandLine
import Testing

@Suite struct SuggestionTests {
  @Test(arguments: [
    ("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("", "abc", 3), ("abc", "acb", 1),
    ("abc", "ab", 1), ("ab", "abc", 1), ("abc", "xbc", 1), ("kitten", "sitting", 3),
    ("ca", "abc", 3),
  ])
  func distance(a: String, b: String, expected: Int) {
    #expect(a.editDistance(to: b) == expected)
  }

  @Test func closest() {
    let words = ["inspect", "stats", "show", "scan", "safetensors"]
    #expect("insepct".closest(in: words) == "inspect")
    #expect("stat".closest(in: words) == "stats")
    #expect("safe".closest(in: words) == "safetensors")
    #expect("s".closest(in: words) == nil)
    #expect("".closest(in: words) == nil)
    #expect("zzzzzz".closest(in: words) == nil)
  }

  @Test func names() {
    #expect("shardSize".kebabCased == "shard-size")
    #expect("force".kebabCased == "force")
    #expect("topK".kebabCased == "top-k")
  }

  @Test func lists() {
    #expect([String]().listed(before: "or") == "")
    #expect(["a"].listed(before: "or") == "a")
    #expect(["a", "b"].listed(before: "or") == "a or b")
    #expect(["a", "b", "c"].listed(before: "or") == "a, b or c")
  }
}
