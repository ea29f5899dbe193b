import BallastReport
import Testing

@Suite struct TerminalChartTests {
  @Test func aFallingLineGoesFromCornerToCorner() throws {
    let points = (0...8).map { (step: $0 * 10, value: 8 - Double($0)) }
    let chart = try #require(TerminalChart([.init("loss", points: points)]))
    let lines = chart.lines(width: 14, height: 3)
    #expect(lines.count == 6)
    #expect(lines[0].hasPrefix("8.00 │") && lines[2].hasPrefix("0.00 │"))
    #expect(lines[4].hasSuffix("80") && lines[5].contains("loss"))
    #expect(lines.allSatisfy { $0.count <= 14 })
    // The line falls: the first column has dots at the top alone, the last one at the bottom alone.
    let first = lines.prefix(3).map { Array($0)[6] }
    let last = lines.prefix(3).map { Array($0)[13] }
    #expect(first[0] != " " && first[2] == " " && last[0] == " " && last[2] != " ")
  }

  @Test func marksStandOverLines() throws {
    let chart = try #require(
      TerminalChart([
        .init("training", points: [(1, 3), (2, 2), (3, 1)]),
        .init("validation", points: [(1, 3), (3, 1)], isMarked: true),
      ])
    )
    let lines = chart.lines(width: 30, height: 5)
    #expect(lines.prefix(5).joined().count { $0 == "●" } == 2)
    #expect(lines.last?.contains("● validation") == true)
  }

  @Test func whatCannotBeDrawnIsNot() {
    #expect(TerminalChart([]) == nil)
    #expect(TerminalChart([.init("a", points: [(1, 2)])]) == nil)
    #expect(TerminalChart([.init("a", points: [(1, .nan), (2, 1)])]) == nil)
    #expect(TerminalChart([.init("a", points: [(4, 1), (4, 2)])]) == nil)
    // Equal values, and many of them.
    let flat = TerminalChart([.init("a", points: (0..<100_000).map { ($0, 2) })])
    #expect(flat?.lines(width: 3, height: 1).count == 4)
  }
}
