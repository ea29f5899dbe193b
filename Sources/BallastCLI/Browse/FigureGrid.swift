import BallastInspection
import BallastReport

/// Names and values beside each other, in as many columns as fit.
struct FigureGrid {
  /// A name, what it has, and how that stands out.
  struct Figure {
    let name: String
    let value: String
    let style: Style

    init(_ name: String, _ value: String, _ style: Style = .plain) {
      self.name = name
      self.value = value
      self.style = style
    }

    init(_ name: String, _ number: Double?) {
      self.init(name, number.map { Readable.number($0) } ?? "-")
    }
  }

  static let nameWidth = 11
  private static let cellWidth = 26

  /// The lines of figures, row by row.
  static func lines(_ figures: [Figure], width: Int) -> [ScreenLine] {
    let columns = max(1, min(4, width / cellWidth))
    return stride(from: 0, to: figures.count, by: columns).map { start in
      var line = ScreenLine()
      for figure in figures[start..<min(start + columns, figures.count)] {
        line.append(figure.name.padded(to: nameWidth), .dim)
        // Values that are wider than their place push the next ones on.
        line.append(figure.value.padded(to: cellWidth - nameWidth - 1) + " ", figure.style)
      }
      return line
    }
  }
}

extension TensorStatistics {
  /// The figures in the order in which people ask for them.
  var figures: [FigureGrid.Figure] {
    func count(_ name: String, _ count: Int, _ style: Style = .red) -> FigureGrid.Figure {
      let share = self.count > 0 ? Double(count) / Double(self.count) : 0
      let part = count > 0 ? " (\(Readable.percentage(share)))" : ""
      return .init(name, Readable.shortCount(count) + part, count > 0 ? style : .plain)
    }
    return [
      .init("min", minimum), .init("max", maximum), .init("mean", mean),
      .init("std", standardDeviation), .init("l2", l2), .init("absmax", absoluteMaximum),
      count("zeros", zeros, .plain), count("subnormal", subnormals, .plain),
      count("NaN", notNumbers), count("+Infinity", positiveInfinities),
      count("-Infinity", negativeInfinities),
    ]
  }
}
