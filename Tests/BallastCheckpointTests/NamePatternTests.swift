import BallastCheckpoint
import Testing

@Suite struct NamePatternTests {
  @Test(
    arguments: [
      ("wte.weight", "wte.weight", []), ("wte.weight", "wte.weights", nil), ("", "", []),
      ("*", "", [""]), ("*", "h.0", ["h.0"]), ("*.weight", "h.0.weight", ["h.0"]),
      ("h.*.*", "h.10.ln_1.weight", ["10", "ln_1.weight"]), ("h.?.w", "h.1.w", []),
      ("h.?.w", "h.10.w", nil), ("**", "ab", ["", "ab"]), ("a*b*c", "aXbbYbc", ["X", "bYb"]),
      ("*a", "aaa", ["aa"]), ("a*", "b", nil), ("?", "é", []), ("*x", "y", nil), ("a", "", nil),
    ] as [(String, String, [String]?)]
  )
  func starsStandForText(pattern: String, name: String, stars: [String]?) {
    #expect(NamePattern(pattern).stars(in: name) == stars)
    #expect(NamePattern(pattern).matches(name) == (stars != nil))
  }

  /// Twenty stars against a name that almost fits: exponential where every star is tried again.
  @Test func timeIsBounded() {
    let pattern = NamePattern(String(repeating: "*a", count: 20) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 5000)))
  }

  @Test(
    arguments: [
      ("model.*", "*", "model.h.0", "h.0"), ("model.*", "*", "h.0", nil),
      ("a.*.*", "*/*", "a.b.c", "b/c"), ("x", "y", "x", "y"), ("*", "p.*", "", "p."),
      ("*.gamma", "*.weight", "ln.gamma", "ln.weight"), ("h.*.w", "same", "h.1.w", "same"),
    ] as [(String, String, String, String?)]
  )
  func namesAreMadeOfStars(from: String, to: String, name: String, expected: String?) {
    #expect(Renaming(NamePattern(from), to: to)?.newName(for: name) == expected)
  }

  @Test func aNewNameHasNoMoreStarsThanThePattern() {
    #expect(Renaming(NamePattern("a.*"), to: "*.*") == nil)
    #expect(Renaming(NamePattern("a"), to: "*") == nil)
  }
}
