import BallastCheckpoint
import BallastModelIO
import BallastReport

/// The whole screen of a browser: a title, a page, and what keys do.
struct BrowserScreen {
  /// A terminal that is smaller shows nothing of use.
  private static let least = (columns: 20, rows: 6)
  /// The title above a page and an empty line, and the two lines below it.
  private static let frame = 4

  private let path: String
  private let summary: String
  private let widths: ListPage.Widths
  private let usesStyles: Bool
  private(set) var readings: TensorReadings

  init(_ path: String, _ checkpoint: Checkpoint, usesStyles: Bool) {
    let totals = Totals(checkpoint.tensors, of: checkpoint)
    let model = ModelRecognition(checkpoint, path: path).map {
      " · GPT-2 of \(Readable.count($0.layers, of: "layer")), \($0.width) wide"
    }
    self.path = path.printable
    summary =
      " · \(checkpoint.format)\(model ?? "") · "
      + "\(Readable.count(totals.tensors, of: "tensor")) · "
      + "\(Readable.shortCount(totals.parameters)) values · \(Readable.bytes(totals.bytes))"
    widths = ListPage.Widths(checkpoint.tensors)
    readings = TensorReadings(checkpoint.tensors)
    self.usesStyles = usesStyles
  }

  /// How many tensors a list shows on a terminal of so many rows.
  static func listHeight(rows: Int) -> Int { max(1, rows - frame - 1) }

  /// The lines of the screen; nil where values have to be read first, which takes a while.
  func waiting(_ browser: Browser, columns: Int, rows: Int) -> [String]? {
    let page: [ScreenLine]
    if let shown = browser.shown, !readings.isRead(shown) {
      page = TensorPage(shown, of: browser).waiting(width: columns)
    } else if let (a, b) = browser.compared, !readings.isRead(a) || !readings.isRead(b) {
      page = ComparisonPage(a, b, of: browser).waiting(width: columns)
    } else {
      return nil
    }
    return framed(page, browser, columns: columns, rows: rows)
  }

  /// The lines of the screen; reads the values that it shows.
  mutating func lines(_ browser: Browser, columns: Int, rows: Int) -> [String] {
    let height = rows - Self.frame
    let page: [ScreenLine]
    if let shown = browser.shown {
      page = TensorPage(shown, of: browser).lines(width: columns, height: height, &readings)
    } else if let (a, b) = browser.compared {
      page = ComparisonPage(a, b, of: browser).lines(width: columns, height: height, &readings)
    } else if browser.page == .help {
      page = Self.help
    } else {
      page = ListPage(browser, width: columns).lines(height: height - 1, widths)
    }
    return framed(page, browser, columns: columns, rows: rows)
  }

  private func framed(
    _ page: [ScreenLine],
    _ browser: Browser,
    columns: Int,
    rows: Int
  ) -> [String] {
    guard columns >= Self.least.columns, rows >= Self.least.rows else {
      return [ScreenLine("too small; q leaves").text(width: columns, usesStyles: false)]
    }
    let room = max(12, columns - summary.displayWidth)
    var lines = [ScreenLine(path.shortened(to: room) + summary, .bold), ScreenLine()]
    lines += page.prefix(rows - Self.frame)
    while lines.count < rows - 2 { lines.append(ScreenLine()) }
    lines += [status(browser), keys(browser)]
    return lines.map { $0.text(width: columns, usesStyles: usesStyles) }
  }

  private func status(_ browser: Browser) -> ScreenLine {
    if !browser.message.isEmpty { return ScreenLine(browser.message, .yellow) }
    let list = browser.list
    guard browser.page == .list || browser.page == .tensor else { return ScreenLine() }
    let of =
      list.listed.count < list.tensors.count ? " of \(Readable.count(list.tensors.count))" : ""
    let place = list.listed.isEmpty ? "0" : Readable.count(list.row + 1)
    var line = ScreenLine("\(place)/\(Readable.count(list.listed.count))\(of)", .dim)
    if !list.filter.isEmpty, !browser.isFiltering {
      line.append("  filter: \(list.filter.printable)", .yellow)
    }
    return line
  }

  private func keys(_ browser: Browser) -> ScreenLine {
    if browser.isFiltering {
      var line = ScreenLine("/", .bold)
      line.append(browser.list.filter.printable)
      line.append("▏")
      line.append("  enter keeps the filter, escape drops it", .dim)
      return line
    }
    let text =
      switch browser.page {
      case .list: "↑↓ move  enter statistics  / filter  s sort  d mark, compare  ? help  q quit"
      case .tensor:
        "↑↓ others  l log counts  x log values  d mark, compare  esc back  ? help  q quit"
      case .comparison: "l log counts  x log values  esc back  ? help  q quit"
      case .help: "any key goes back"
      }
    return ScreenLine(text, .dim)
  }

  private static let help: [ScreenLine] = [
    ("↑ ↓  k j", "the tensor above, below"),
    ("page up, down, space", "a screen further"),
    ("home end  g G", "the first, the last"),
    ("enter →", "a tensor's figures and histogram"),
    ("esc ← backspace h", "back; in the list drop the filter, then marks"),
    ("/", "only names with these words, or like a*b?c"),
    ("s", "sort by place in the file, by name, by size"),
    ("d", "mark a tensor; the second one is compared"),
    ("l", "count by logarithms: few are seen beside many"),
    ("x", "spread both tails by logarithms"),
    ("ctrl-z", "stop; fg brings it back"),
    ("q", "leave"),
  ].map { keys, meaning in
    var line = ScreenLine(keys.padded(to: 22), .bold)
    line.append(meaning)
    return line
  }
}
