/// Series of numbers over steps, drawn with Unicode's braille patterns: two by four dots in each column of text.
package struct TerminalChart: Sendable {
  /// A named series; steps ascend.
  package struct Series: Sendable {
    package let name: String
    package let points: [(step: Int, value: Double)]
    /// Whether each point gets a mark of its own, as few points do, in place of a line.
    package let isMarked: Bool

    package init(_ name: String, points: [(step: Int, value: Double)], isMarked: Bool = false) {
      self.name = name
      self.points = points.filter { $0.value.isFinite }
      self.isMarked = isMarked
    }
  }

  private let series: [Series]
  private let steps: ClosedRange<Int>
  private let values: ClosedRange<Double>

  private static let mark: Character = "●"
  /// The bits of a braille pattern's dots, by column and row.
  private static let dots: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

  /// A chart of all points; nil where there are fewer than two.
  package init?(_ series: [Series]) {
    let points = series.flatMap(\.points)
    let steps = points.map(\.step)
    let values = points.map(\.value)
    guard points.count >= 2, let first = steps.min(), let last = steps.max(), first < last,
      let least = values.min(), let most = values.max()
    else { return nil }
    self.series = series.filter { !$0.points.isEmpty }
    self.steps = first...last
    // Equal values lie in the middle.
    self.values = least < most ? least...most : least - 1...most + 1
  }

  /// The lines of the chart, `height` of them for the values, none wider than `width`.
  package func lines(width: Int, height: Int) -> [String] {
    let labels = (0..<height).map { row -> String in
      let share = Double(row) / Double(max(1, height - 1))
      let value = values.upperBound - share * (values.upperBound - values.lowerBound)
      return row % 4 == 0 || row == height - 1 ? Readable.fixed(value, places: 2) : ""
    }
    let margin = labels.map(\.count).max() ?? 0
    let columns = max(2, width - margin - 2)
    var canvas = Canvas(columns: columns, rows: max(1, height))
    for series in series where !series.isMarked { draw(series, on: &canvas) }
    for series in series where series.isMarked {
      for (step, value) in series.points {
        let (x, y) = place(step, value, on: canvas)
        canvas.mark(Int(x) / 2, Int(y) / 4, Self.mark)
      }
    }
    var lines = zip(labels, canvas.lines).map { label, line in
      label.aligned(to: margin) + " │" + line
    }
    let (first, last) = ("\(steps.lowerBound)", "\(steps.upperBound)")
    let gap = max(1, columns - first.count - last.count)
    let padding = String(repeating: " ", count: margin)
    lines.append(padding + " └" + String(repeating: "─", count: columns))
    lines.append(padding + "  " + first + String(repeating: " ", count: gap) + last)
    let legend = series.map { ($0.isMarked ? "● " : "⠒ ") + $0.name }.joined(separator: "   ")
    lines.append(padding + "  " + legend)
    return lines
  }

  /// The mean of the points in each column of dots, joined by lines.
  private func draw(_ series: Series, on canvas: inout Canvas) {
    var means: [Int: (sum: Double, count: Int)] = [:]
    for (step, value) in series.points {
      let column = Int(place(step, value, on: canvas).x)
      let old = means[column] ?? (0, 0)
      means[column] = (old.sum + value, old.count + 1)
    }
    var before: (x: Double, y: Double)?
    for (column, mean) in means.sorted(by: { $0.key < $1.key }) {
      let y = place(steps.lowerBound, mean.sum / Double(mean.count), on: canvas).y
      let here = (x: Double(column), y: y)
      let from = before ?? here
      let length = max(1, max(abs(here.x - from.x), abs(here.y - from.y)))
      for step in 0...Int(length) {
        let share = Double(step) / length
        canvas.dot(
          Int((from.x + share * (here.x - from.x)).rounded()),
          Int((from.y + share * (here.y - from.y)).rounded())
        )
      }
      before = here
    }
  }

  /// A point in dots from the upper left corner.
  private func place(_ step: Int, _ value: Double, on canvas: Canvas) -> (x: Double, y: Double) {
    let across = Double(step - steps.lowerBound) / Double(steps.upperBound - steps.lowerBound)
    let down = (values.upperBound - value) / (values.upperBound - values.lowerBound)
    return (
      (across * Double(2 * canvas.columns - 1)).rounded(),
      (down * Double(4 * canvas.rows - 1)).rounded()
    )
  }

  /// Characters that dots are set in.
  private struct Canvas {
    let columns: Int
    let rows: Int
    private var patterns: [UInt32]
    private var marks: [Int: Character] = [:]

    init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
      patterns = Array(repeating: 0, count: columns * rows)
    }

    mutating func dot(_ x: Int, _ y: Int) {
      guard (0..<2 * columns).contains(x), (0..<4 * rows).contains(y) else { return }
      patterns[y / 4 * columns + x / 2] |= TerminalChart.dots[x % 2][y % 4]
    }

    mutating func mark(_ column: Int, _ row: Int, _ character: Character) {
      guard (0..<columns).contains(column), (0..<rows).contains(row) else { return }
      marks[row * columns + column] = character
    }

    var lines: [String] {
      (0..<rows).map { row in
        String(
          (0..<columns).map { column -> Character in
            let index = row * columns + column
            if let mark = marks[index] { return mark }
            let pattern = patterns[index]
            guard pattern > 0, let scalar = Unicode.Scalar(0x2800 + pattern) else { return " " }
            return Character(scalar)
          }
        )
      }
    }
  }
}
