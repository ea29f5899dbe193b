import BallastCheckpoint
import BallastReport

/// The page with all tensors.
struct ListPage {
  /// Rows that are not tensors: the titles above and an empty one below.
  static let otherRows = 2

  private static let gap = "  "
  private let browser: Browser
  private let width: Int

  init(_ browser: Browser, width: Int) {
    self.browser = browser
    self.width = width
  }

  /// The widths of the columns for shapes, types and sizes, which all rows share.
  struct Widths {
    let shape: Int
    let type: Int
    let size: Int

    init(_ tensors: [TensorView]) {
      shape = min(28, max(5, tensors.map { ListPage.shape($0).displayWidth }.max() ?? 0))
      type = max(5, tensors.map { $0.dtype.rawValue.count }.max() ?? 0)
      size = max(6, tensors.map { Readable.bytes($0.byteCount).count }.max() ?? 0)
    }
  }

  static func shape(_ tensor: TensorView) -> String {
    Cell.integers(tensor.shape.dimensions).text
  }

  func lines(height: Int, _ widths: Widths) -> [ScreenLine] {
    let list = browser.list
    // Where there is little room the names go before the rest.
    let fixed = widths.shape + widths.type + widths.size + 3 * Self.gap.count
    let isWide = width - fixed - 2 >= 24
    let name = isWide ? width - fixed - 2 : max(1, width - 2 - widths.size - Self.gap.count)
    func row(_ mark: String, _ texts: [String]) -> String {
      var text = mark + texts[0].padded(to: name)
      if isWide {
        text += Self.gap + texts[1].padded(to: widths.shape)
        text += Self.gap + texts[2].padded(to: widths.type)
      }
      return text + Self.gap + texts[3].aligned(to: widths.size)
    }
    var lines = [ScreenLine(row("  ", ["tensor", "shape", "dtype", "size"]), .dim)]
    guard !list.listed.isEmpty else {
      lines.append(ScreenLine(list.tensors.isEmpty ? "  no tensors" : "  no name matches", .yellow))
      return lines
    }
    for place in list.top..<min(list.top + max(0, height), list.listed.count) {
      let position = list.listed[place]
      let tensor = list.tensors[position]
      let isSelected = place == list.row
      let isMarked = browser.marked.contains(position)
      let text = row(
        (isSelected ? "▸" : " ") + (isMarked ? "●" : " "),
        [
          tensor.name.printable.shortened(to: name),
          Self.shape(tensor).shortened(to: widths.shape), tensor.dtype.rawValue,
          Readable.bytes(tensor.byteCount),
        ]
      )
      let line = ScreenLine(text, isMarked ? .yellow : .plain)
      lines.append(isSelected ? line.filled(to: width, .inverse) : line)
    }
    return lines
  }
}
