package import BallastReport

/// A line of the screen: texts beside each other, each in its style.
package struct ScreenLine: Hashable, Sendable {
  /// A piece of a line.
  package struct Span: Hashable, Sendable {
    package let text: String
    package let style: Style
  }

  package private(set) var spans: [Span] = []

  package init(_ text: String = "", _ style: Style = .plain) {
    append(text, style)
  }

  package mutating func append(_ text: String, _ style: Style = .plain) {
    if !text.isEmpty { spans.append(Span(text: text, style: style)) }
  }

  /// The text of the line; where it is wider than there is room, an ellipsis says that it goes on.
  ///
  /// Styles are left out where none are shown.
  package func text(width: Int, usesStyles: Bool) -> String {
    let isWhole = spans.reduce(0) { $0 + $1.text.displayWidth } <= width
    var left = isWhole ? width : width - 1
    var text = ""
    for span in spans where left > 0 {
      let part = span.text.cut(to: left)
      left -= part.displayWidth
      text += usesStyles ? span.style.painted(part) : part
      if part.utf8.count < span.text.utf8.count { break }
    }
    return isWhole || width < 1 ? text : text + "…"
  }

  /// The same line in one style, over the whole width.
  func filled(to width: Int, _ style: Style) -> ScreenLine {
    let text = spans.map(\.text).joined().cut(to: width)
    return ScreenLine(text.padded(to: width), style)
  }
}

extension String {
  /// The beginning of a text that fits into so many columns.
  fileprivate func cut(to width: Int) -> String {
    guard displayWidth > width else { return self }
    var left = width
    return String(
      prefix {
        left -= $0.displayWidth
        return left >= 0
      }
    )
  }
}
