import BallastReport
import Testing

@Suite struct ProgressBarTests {
  static func bar(
    _ completed: Int,
    after seconds: Double,
    label: String = "Converting"
  ) -> ProgressBar {
    var bar = ProgressBar(label, total: 1_000_000_000, unit: .bytes)
    bar.advance(to: completed, at: .seconds(seconds))
    return bar
  }

  @Test func halfWay() {
    #expect(
      Self.bar(500_000_000, after: 5).line(width: 100)
        == "Converting  50% |███████████████               | "
        + "500 MB of 1.0 GB, 100 MB/s, 5.0 s left"
    )
  }

  @Test func begun() {
    let bar = ProgressBar("Converting", total: 1_000_000_000, unit: .bytes)
    #expect(bar.line(width: 60) == "Converting   0% |                            | 0 B of 1.0 GB")
  }

  @Test func done() {
    #expect(
      Self.bar(1_000_000_000, after: 4).line(width: 70)
        == "Converting 100% |\(String(repeating: "█", count: 28))| 1.0 GB, 250 MB/s, 4.0 s"
    )
  }

  @Test func noSpaceAtTheEnd() {
    var bar = ProgressBar("Training", total: 1_000_000, unit: .things("very long names of steps"))
    #expect(bar.line(width: 30) == "Training   0% |              |")
    bar.advance(to: 1, at: .seconds(1_000_000))
    #expect(bar.line(width: 30) == "Training   0% |              |")
  }

  @Test func aBarGrowsByEighths() {
    let line = Self.bar(520_000_000, after: 5).line(width: 100)
    #expect(line.contains("|███████████████▌              |"))
  }

  @Test func neverHundredPercentBeforeTheEnd() {
    #expect(Self.bar(999_999_999, after: 5).line(width: 80).contains(" 99% "))
  }

  @Test func narrower() {
    let bar = Self.bar(500_000_000, after: 5)
    #expect(bar.line(width: 50) == "Converting  50% |█████▌     | 100 MB/s, 5.0 s left")
    #expect(bar.line(width: 40) == "Converting  50% |█████▌     | 5.0 s left")
    #expect(bar.line(width: 30) == "Converting  50% 5.0 s left")
    #expect(bar.line(width: 20) == "Converting  50%")
    #expect(bar.line(width: 5) == " 50%")
    #expect(bar.line(width: 2) == "")
  }

  @Test(arguments: [0, 1, 4, 10, 20, 40, 80, 200])
  func neverWiderThanTheTerminal(width: Int) {
    for completed in [0, 1, 500_000_000, 1_000_000_000, 2_000_000_000, -5] {
      let bar = Self.bar(completed, after: 3, label: "変換 \u{1B}[2J")
      let line = bar.line(width: width, note: "loss 3.21\n")
      #expect(line.displayWidth <= width)
      #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
  }

  @Test func note() {
    var bar = ProgressBar("Training", total: 200, unit: .things("steps"))
    bar.advance(to: 50, at: .seconds(100))
    #expect(
      bar.line(width: 100, note: "loss 3.21")
        == "Training  25% |██████▊                    | "
        + "50 of 200 steps, 0.5 steps/s, 5 min 00 s left, loss 3.21"
    )
  }

  @Test func withoutATotal() {
    var bar = ProgressBar("Reading", total: nil, unit: .things("tokens"))
    #expect(bar.line(width: 80) == "Reading 0 tokens")
    bar.advance(to: 12_345, at: .seconds(10))
    #expect(bar.line(width: 80) == "Reading 12,345 tokens, 1.2K tokens/s, 10 s")
    #expect(bar.line(width: 30) == "Reading 1.2K tokens/s, 10 s")
    #expect(bar.line(width: 12) == "Reading 10 s")
    #expect(bar.line(width: 5) == "Re…ng")
  }

  @Test func aResumedRunIsNotCounted() {
    var bar = ProgressBar("Training", total: 200, unit: .things("steps"), completed: 100)
    bar.advance(to: 110, at: .seconds(10))
    #expect(bar.line(width: 80).contains("1 steps/s, 1 min 30 s left"))
  }

  @Test func theRateFollowsTheRecentPast() throws {
    var bar = ProgressBar("Training", total: 100_000, unit: .things("steps"))
    for second in 1...60 { bar.advance(to: second * 10, at: .seconds(second)) }
    #expect(bar.line(width: 100).contains(", 10 steps/s"))
    for second in 61...120 { bar.advance(to: 600 + (second - 60) * 30, at: .seconds(second)) }
    #expect(bar.line(width: 100).contains(", 30 steps/s"))
  }

  @Test func stepsWithoutTimeAreNotLost() {
    var bar = ProgressBar("Training", total: 100, unit: .things("steps"))
    bar.advance(to: 10, at: .zero)
    bar.advance(to: 20, at: .seconds(1))
    #expect(bar.line(width: 100).contains("20 steps/s, 4.0 s left"))
  }

  @Test func nothingToDo() {
    let bar = ProgressBar("Training", total: 0, unit: .things("steps"))
    #expect(bar.line(width: 60).hasPrefix("Training 100% |██"))
  }
}
