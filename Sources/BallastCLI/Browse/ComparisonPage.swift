import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastReport

/// The page about two tensors: their figures side by side, how far they are apart, and their
/// histograms over one axis.
struct ComparisonPage {
  private let positions: [Int]
  private let tensors: [TensorView]
  private let view: HistogramView

  init(_ a: Int, _ b: Int, of browser: Browser) {
    positions = [a, b]
    tensors = positions.map { browser.list.tensors[$0] }
    view = browser.view
  }

  /// The page while values are read.
  func waiting(width: Int) -> [ScreenLine] {
    let bytes = tensors.reduce(0) { $0 &+ $1.byteCount }
    return heading(width) + [ScreenLine(), ScreenLine("reading \(Readable.bytes(bytes))…", .dim)]
  }

  private func heading(_ width: Int) -> [ScreenLine] {
    zip(["A ", "B "], tensors).map { letter, tensor in
      let kind = " · \(tensor.dtype.rawValue) \(ListPage.shape(tensor))"
      var line = ScreenLine(letter, .yellow)
      let room = max(8, width - kind.displayWidth - 2)
      line.append(tensor.name.printable.shortened(to: room), .bold)
      line.append(kind)
      return line
    }
  }

  func lines(width: Int, height: Int, _ readings: inout TensorReadings) -> [ScreenLine] {
    var lines = heading(width) + [ScreenLine()]
    lines += difference(width, &readings)
    var statistics: [TensorStatistics] = []
    for position in positions {
      switch readings.reading(position) {
      case .success(let reading): statistics.append(reading.summary.statistics)
      case .failure(let error): return lines + [ScreenLine(error.description.printable, .red)]
      }
    }
    lines.append(ScreenLine())
    lines += Self.sideBySide(statistics)
    let low = statistics.compactMap(\.minimum).min()
    let high = statistics.compactMap(\.maximum).max()
    let room = (height - lines.count - 2) / 2
    guard let low, let high else { return lines }
    guard room >= 4 else {
      return lines + [ScreenLine("a taller window has room for their histograms", .dim)]
    }
    lines += [ScreenLine(), ScreenLine(view.description, .dim)]
    let bins = HistogramView.bins(width: width)
    for (letter, position) in zip(["A", "B"], positions) {
      switch readings.histogram(position, in: low...high, bins: bins, scale: view.scale) {
      case .success(let histogram):
        var drawn = view.lines(of: histogram, height: min(12, room))
        drawn[1] = drawn[1].labelled(letter)
        lines += drawn
      case .failure(let error): lines.append(ScreenLine(error.description.printable, .red))
      }
    }
    return lines
  }

  private func difference(_ width: Int, _ readings: inout TensorReadings) -> [ScreenLine] {
    guard tensors[0].shape == tensors[1].shape else {
      return [
        ScreenLine("of different shapes: value by value there is nothing to compare", .yellow)
      ]
    }
    switch readings.difference(positions[0], positions[1]) {
    case .failure(let error): return [ScreenLine(error.description.printable, .red)]
    case .success(nil): return [ScreenLine("types that are not compared value by value", .yellow)]
    case .success(let figures?):
      guard figures.changed > 0 else { return [ScreenLine("every value is the same", .green)] }
      // Where one is not finite, nothing but their number can be told.
      let mismatches = [
        ("NaN in one", figures.notNumberMismatches), ("Inf in one", figures.infinityMismatches),
      ].filter { $0.1 > 0 }.map { FigureGrid.Figure($0.0, Readable.count($0.1), .red) }
      let share = Double(figures.changed) / Double(max(1, figures.count))
      return FigureGrid.lines(
        [
          .init("changed", Readable.percentage(share), .yellow),
          .init("max |A-B|", figures.maximumAbsolute),
          .init("max rel", figures.maximumRelative), .init("cosine", figures.cosine),
          .init("rel. L2", figures.relativeL2),
        ] + mismatches,
        width: width
      )
    }
  }

  private static func sideBySide(_ statistics: [TensorStatistics]) -> [ScreenLine] {
    let columns = statistics.map(\.figures)
    var title = ScreenLine(String(repeating: " ", count: FigureGrid.nameWidth))
    title.append("A".padded(to: 22) + "B", .yellow)
    // What neither has is left out, so that there is room for more.
    return [title]
      + zip(columns[0], columns[1]).filter { $0.value != "0" || $1.value != "0" }.map { a, b in
        var line = ScreenLine(a.name.padded(to: FigureGrid.nameWidth), .dim)
        line.append(a.value.padded(to: 22), a.style)
        line.append(b.value, b.style)
        return line
      }
  }
}

extension ScreenLine {
  /// A line of a histogram with a letter in its margin.
  fileprivate func labelled(_ letter: String) -> ScreenLine {
    var line = ScreenLine("  \(letter)".padded(to: HistogramView.margin - 1), .yellow)
    line.append("▕", .dim)
    for span in spans.dropFirst() { line.append(span.text, span.style) }
    return line
  }
}
