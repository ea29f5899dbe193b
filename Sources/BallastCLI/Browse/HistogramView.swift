package import BallastInspection
import BallastReport
import Glibc

/// A histogram drawn with block elements, upright.
package struct HistogramView: Hashable {
  /// How the values are spread over the columns.
  package var scale = Histogram.Scale.linear
  /// Whether the bars stand for the logarithms of counts, so that few values are seen beside many.
  package var hasLogarithmicCounts = false

  package init() {}

  /// The columns left of the bars, where the highest count stands.
  package static let margin = 8
  /// More columns than these are no clearer.
  private static let mostColumns = 160
  private static let blocks = Array(" ▁▂▃▄▅▆▇█")

  /// The bins for a terminal of so many columns.
  package static func bins(width: Int) -> Int { max(8, min(mostColumns, width - margin - 2)) }

  /// What the axes stand for, in words.
  var description: String {
    let axis = scale == .linear ? "" : ", both tails spread by logarithms"
    return hasLogarithmicCounts ? "counts by logarithms" + axis : "counts" + axis
  }

  /// The bars in so many rows, and below them the axis with the values at its ends and between.
  package func lines(of histogram: Histogram, height: Int) -> [ScreenLine] {
    let heights = histogram.counts.map { hasLogarithmicCounts ? logarithm($0) : Double($0) }
    let highest = heights.max() ?? 0
    let rows = max(1, height - 2)
    var lines: [ScreenLine] = []
    for row in 0..<rows {
      let label = row == 0 ? Readable.shortCount(histogram.counts.max() ?? 0) : ""
      var line = ScreenLine(label.aligned(to: Self.margin - 1) + "▕", .dim)
      let below = (rows - 1 - row) * 8
      line.append(
        String(
          heights.map { height -> Character in
            let eighths = highest > 0 ? Int((height / highest * Double(rows * 8)).rounded()) : 0
            // What is not zero is seen.
            return Self.blocks[min(8, max(0, (height > 0 ? max(1, eighths) : 0) - below))]
          }
        )
      )
      lines.append(line)
    }
    let columns = histogram.counts.count
    let edge = String(repeating: " ", count: Self.margin - 1) + "▔"
    lines.append(ScreenLine(edge + String(repeating: "▔", count: columns), .dim))
    lines.append(ScreenLine(axis(histogram, columns)))
    return lines
  }

  private func logarithm(_ count: Int) -> Double {
    log1p(Double(count))
  }

  /// The least value, the largest, and what stands at the quarters where there is room.
  private func axis(_ histogram: Histogram, _ columns: Int) -> String {
    let quarters = columns >= 72 ? 4 : columns >= 36 ? 2 : 1
    let gap = String(repeating: " ", count: Self.margin)
    var text = ""
    for quarter in 0...quarters {
      let column = columns * quarter / quarters
      let label = Readable.number(histogram.edges[column], digits: 3)
      let start =
        switch quarter {
        case 0: 0
        case quarters: columns - label.displayWidth
        default: column - label.displayWidth / 2
        }
      text = text.padded(to: start) + label
    }
    return gap + text
  }
}
