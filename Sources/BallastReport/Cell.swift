/// A value in a table: exact for machines, readable for people.
package struct Cell: Hashable, Sendable {
  /// What a cell holds.
  package enum Content: Hashable, Sendable {
    /// Nothing: "-" for people, null in JSON, an empty field in CSV.
    case empty
    /// A text; control characters in it are shown as escapes.
    case text(String)
    /// A truth value.
    case bool(Bool)
    /// A count, with separators for people.
    case integer(Int)
    /// A number, with four significant digits for people.
    case number(Double)
    /// A part of one, in percent for people.
    case fraction(Double)
    /// A number of bytes, as "1.2 MB" for people.
    case bytes(Int)
    /// Sizes or indices, such as a shape: "[50257, 768]".
    case integers([Int])
    /// Heights of bars side by side, from zero: "▁▃█▂" for people.
    case bars([Double])
  }

  /// What the cell holds.
  package var content: Content
  /// How it stands out on a terminal.
  package var style: Style

  /// A cell with its content.
  package init(_ content: Content, style: Style = .plain) {
    self.content = content
    self.style = style
  }

  /// What people read.
  package var text: String {
    switch content {
    case .empty: "-"
    case .text(let text): text.printable
    case .bool(let bool): bool ? "yes" : "no"
    case .integer(let integer): Readable.count(integer)
    case .number(let number): Readable.number(number)
    case .fraction(let fraction): Readable.percentage(fraction)
    case .bytes(let bytes): Readable.bytes(bytes)
    case .integers(let integers): Self.list(integers)
    case .bars(let heights): Readable.bars(heights)
    }
  }

  /// How many sizes or indices people read.
  private static let maximumIntegers = 16

  private static func list(_ integers: [Int]) -> String {
    guard integers.count > maximumIntegers else { return "\(integers)" }
    let first = integers.prefix(3).map(String.init).joined(separator: ", ")
    return "[\(first), … \(Readable.count(integers.count)) sizes]"
  }
}

extension Cell {
  /// A cell without a value.
  package static let empty = Cell(.empty)
  /// A cell with a text.
  package static func text(_ text: String, style: Style = .plain) -> Cell {
    Cell(.text(text), style: style)
  }
  /// A cell with a truth value.
  package static func bool(_ bool: Bool, style: Style = .plain) -> Cell {
    Cell(.bool(bool), style: style)
  }
  /// A cell with a count; empty if there is none.
  package static func integer(_ integer: Int?, style: Style = .plain) -> Cell {
    Cell(integer.map(Content.integer) ?? .empty, style: style)
  }
  /// A cell with a number; empty if there is none.
  package static func number(_ number: Double?, style: Style = .plain) -> Cell {
    Cell(number.map(Content.number) ?? .empty, style: style)
  }
  /// A cell with a part of one; empty if there is none.
  package static func fraction(_ fraction: Double?, style: Style = .plain) -> Cell {
    Cell(fraction.map(Content.fraction) ?? .empty, style: style)
  }
  /// A cell with a number of bytes; empty if there is none.
  package static func bytes(_ bytes: Int?, style: Style = .plain) -> Cell {
    Cell(bytes.map(Content.bytes) ?? .empty, style: style)
  }
  /// A cell with sizes or indices; empty if there are none to speak of.
  package static func integers(_ integers: [Int]?, style: Style = .plain) -> Cell {
    Cell(integers.map(Content.integers) ?? .empty, style: style)
  }
}

extension Cell {
  /// A cell with bars; empty if there are none.
  package static func bars(_ heights: [Double], style: Style = .plain) -> Cell {
    Cell(heights.isEmpty ? .empty : .bars(heights), style: style)
  }
}

extension Cell: ExpressibleByStringLiteral {
  /// A cell with a text.
  package init(stringLiteral text: String) { self.init(.text(text)) }
}
