import BallastBytes
import BallastCheckpoint
import BallastInspection
import BallastReport

/// The page about one tensor: what it is, what its values are like, and how they are distributed.
struct TensorPage {
  /// The least height of a histogram, and more than is any clearer.
  private static let leastHeight = 5
  private static let mostHeight = 24

  private let tensor: TensorView
  private let position: Int
  private let checkpoint: Checkpoint
  private let view: HistogramView

  init(_ position: Int, of browser: Browser) {
    self.position = position
    tensor = browser.list.tensors[position]
    checkpoint = browser.checkpoint
    view = browser.view
  }

  /// What is known without reading values.
  private func heading(_ width: Int) -> [ScreenLine] {
    var parts = [
      "\(tensor.dtype.rawValue) \(ListPage.shape(tensor))",
      Readable.count(tensor.shape.elementCount, of: "element"), Readable.bytes(tensor.byteCount),
    ]
    if let offset = tensor.fileOffset {
      let file = tensor.storage.file.map { " of \($0.printable)" } ?? ""
      parts.append("at byte \(Readable.count(offset))\(file)")
    }
    if !tensor.isContiguous { parts.append("strides \(Cell.integers(tensor.strides).text)") }
    if let tie = checkpoint.tie(of: tensor) { parts.append("tied to \(tie.name.printable)") }
    let name = ScreenLine(tensor.name.printable.shortened(to: width), .bold)
    return [name] + parts.joined(separator: " · ").wrapped(to: width).map { ScreenLine($0) }
  }

  /// The page while values are read.
  func waiting(width: Int) -> [ScreenLine] {
    heading(width) + [
      ScreenLine(), ScreenLine("reading \(Readable.bytes(tensor.byteCount))…", .dim),
    ]
  }

  func lines(width: Int, height: Int, _ readings: inout TensorReadings) -> [ScreenLine] {
    var lines = heading(width) + [ScreenLine()]
    switch readings.reading(position) {
    case .failure(let error):
      lines += error.description.printable.wrapped(to: width).map { ScreenLine($0, .red) }
    case .success(let reading):
      let statistics = reading.summary.statistics
      lines += FigureGrid.lines(statistics.figures, width: width)
      if !reading.summary.quantiles.compactMap(\.self).isEmpty {
        lines += FigureGrid.lines(quantiles(reading), width: width)
      }
      lines += reading.findings.flatMap { found in
        let finding = found.finding
        let style: Style =
          finding.severity == .error ? .red : finding.severity == .warning ? .yellow : .dim
        return finding.message.printable.wrapped(to: width).map { ScreenLine($0, style) }
      }
      lines += distribution(statistics, width, height - lines.count, reading.corners, &readings)
    }
    return lines
  }

  private func quantiles(_ reading: TensorReading) -> [FigureGrid.Figure] {
    zip(TensorReading.quantiles, reading.summary.quantiles).map { part, value in
      .init(Readable.percentage(part), value)
    }
  }

  /// The histogram, and below it the corners of the tensor where there is room for both.
  private func distribution(
    _ statistics: TensorStatistics,
    _ width: Int,
    _ room: Int,
    _ corners: [String],
    _ readings: inout TensorReadings
  ) -> [ScreenLine] {
    var lines: [ScreenLine] = []
    let showsCorners = room >= corners.count + 2 + Self.leastHeight + 4
    let height = min(Self.mostHeight, room - 2 - (showsCorners ? corners.count + 2 : 0))
    if let low = statistics.minimum, let high = statistics.maximum, height >= 3 {
      lines += [ScreenLine(), ScreenLine(view.description, .dim)]
      let bins = HistogramView.bins(width: width)
      switch readings.histogram(position, in: low...high, bins: bins, scale: view.scale) {
      case .success(let histogram): lines += view.lines(of: histogram, height: height)
      case .failure(let error): lines.append(ScreenLine(error.description.printable, .red))
      }
    }
    guard showsCorners else { return lines }
    return lines + [ScreenLine(), ScreenLine("values", .dim)] + corners.map { ScreenLine($0) }
  }
}
