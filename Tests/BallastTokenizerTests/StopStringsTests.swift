import BallastTokenizer
import Testing

@Suite struct StopStringsTests {
  @Test func holdsBackWhatMayBeAStop() {
    var stops = StopStrings(["\n\nQ:"])
    #expect(stops.append("an answer.\n") == "an answer.")
    #expect(stops.append("more\n") == "\nmore")
    #expect(stops.append("\nQ") == "")
    #expect(!stops.isStopped)
    #expect(stops.append(": rest") == "")
    #expect(stops.isStopped)
    #expect(stops.append("never shown") == "")
    #expect(stops.finish() == "")
  }

  @Test func givesBackWhatWasNoStop() {
    var stops = StopStrings(["stop"])
    #expect(stops.append("sto") == "")
    #expect(stops.finish() == "sto")
    #expect(stops.finish() == "")
    stops = StopStrings(["aab"])
    #expect(stops.append("aaa") == "a")
    #expect(stops.append("b tail") == "")
    #expect(stops.isStopped)
  }

  @Test func theFirstToBeCompleteCounts() {
    var stops = StopStrings(["abcd", "b", "ab"])
    #expect(stops.append("xabcd") == "x")
    stops = StopStrings(["bcd", "abcd"])
    #expect(stops.append("xabcd") == "x")
  }

  @Test func emptyStringsAndNone() {
    var stops = StopStrings(["", "x"])
    #expect(stops.append("abc") == "abc")
    #expect(stops.append("dxe") == "d")
    stops = StopStrings([])
    #expect(stops.append("abc") == "abc")
    #expect(!stops.isStopped)
  }

  /// "é" in one scalar is not "é" in two.
  @Test func comparesBytes() {
    var stops = StopStrings(["\u{E9}"])
    #expect(stops.append("e\u{301}").unicodeScalars.elementsEqual("e\u{301}".unicodeScalars))
    #expect(!stops.isStopped)
    #expect(stops.append("caf\u{E9}!") == "caf")
    #expect(stops.isStopped)
  }

  /// The slow twin: the shortest start of the text that ends in a stop string.
  private static func cut(_ text: String, at stops: [String]) -> (text: String, isStopped: Bool) {
    let characters = Array(text.unicodeScalars)
    for end in characters.indices.map({ $0 + 1 }) {
      let start = String(String.UnicodeScalarView(characters[..<end]))
      let lengths = stops.filter { !$0.isEmpty && start.hasSuffix($0) }.map(\.unicodeScalars.count)
      guard let length = lengths.max() else { continue }
      return (String(String.UnicodeScalarView(characters[..<(end - length)])), true)
    }
    return (text, false)
  }

  @Test func agreesWithTheSlowTwinHoweverCut() throws {
    func random(_ length: ClosedRange<Int>) -> String {
      (0..<Int.random(in: length)).map { _ in ["a", "b", "é"].randomElement() ?? "" }.joined()
    }
    for _ in 0..<5000 {
      let strings = (0..<Int.random(in: 0...3)).map { _ in random(0...4) }
      let pieces = (0..<Int.random(in: 0...6)).map { _ in random(0...3) }
      let expected = Self.cut(pieces.joined(), at: strings)
      var stops = StopStrings(strings)
      var text = ""
      for piece in pieces {
        text += stops.append(piece)
        // What is shown is never taken back, and nothing is withheld longer than it must be.
        try #require(expected.text.hasPrefix(text))
      }
      text += stops.finish()
      try #require(text == expected.text, "\(strings) \(pieces)")
      try #require(stops.isStopped == expected.isStopped)
    }
  }
}
