import BallastBytes
import BallastCLI
import BallastCheckpoint
import BallastInspection
import BallastReport
import Testing

/// Histograms and lines as text.
@Suite struct HistogramViewTests {
  private func histogram(_ values: [Float], bins: Int) throws -> Histogram {
    let bytes = values.flatMap { value in withUnsafeBytes(of: value) { Array($0) } }
    let storage = TensorStorage(ByteRegion(try SharedBytes.copying(bytes)), fileOffset: nil)
    let tensor = try TensorView(
      name: "t",
      dtype: .f32,
      shape: Shape([values.count]),
      storage: storage
    )
    return try Histogram(of: tensor, in: 0...4, bins: bins)
  }

  private func text(_ lines: [ScreenLine]) -> [String] {
    lines.map { $0.text(width: 80, usesStyles: false) }
  }

  @Test func barsAreInProportion() throws {
    // 16, 8, 1 and 0 values.
    let values = [Float](repeating: 0, count: 16) + [Float](repeating: 1, count: 8) + [2]
    let lines = text(HistogramView().lines(of: try histogram(values, bins: 4), height: 4))
    #expect(
      lines == [
        "     16▕█   ", "       ▕██▁ ", "       ▔▔▔▔▔", "        0  4",
      ]
    )
  }

  @Test func logarithms() throws {
    let values = [Float](repeating: 0, count: 999) + [Float](repeating: 3.5, count: 9)
    var view = HistogramView()
    view.hasLogarithmicCounts = true
    let lines = text(view.lines(of: try histogram(values, bins: 4), height: 5))
    // log 1000 is three times log 10.
    #expect(lines.prefix(3) == ["    999▕█   ", "       ▕█   ", "       ▕█  █"])
  }

  @Test func noValues() throws {
    let lines = text(HistogramView().lines(of: try histogram([], bins: 3), height: 1))
    #expect(lines.first == "      0▕   ")
  }

  @Test func linesAreCutInColumns() {
    var line = ScreenLine("ab", .bold)
    line.append("幅幅", .red)
    line.append("c")
    #expect(line.text(width: 7, usesStyles: false) == "ab幅幅c")
    // Half of a wide character is none, and nothing that is behind it comes in its place.
    #expect(line.text(width: 6, usesStyles: false) == "ab幅…")
    #expect(line.text(width: 5, usesStyles: false) == "ab幅…")
    #expect(line.text(width: 2, usesStyles: true) == "\u{1B}[1ma\u{1B}[0m…")
    #expect(line.text(width: 1, usesStyles: true) == "…")
    #expect(line.text(width: 0, usesStyles: true).isEmpty)
  }
}
