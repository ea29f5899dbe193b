/// HTML that is safe to put into a page: markup out of our own literals, and text that is escaped.
///
/// What is interpolated into a literal is escaped unless it is HTML itself, so that a name out of a
/// file cannot become markup: `let cell: HTML = "<td>\(tensor.name)</td>"`. Markup is written as XML
/// wants it too: attributes in quotes, every element closed.
package struct HTML: Hashable, Sendable {
  /// The markup.
  package private(set) var text: String

  /// No markup at all.
  package init() { text = "" }

  /// Markup that was made elsewhere in this module, out of literals and escaped text.
  init(markup: String) { text = markup }

  /// Text out of a file: escaped, and with an escape for what would hide or reorder its neighbours.
  package init(escaping text: String) { self.text = Self.escaped(text) }

  /// The same for a name, which may break after its dots, slashes and underscores where it is long.
  package static func name(_ name: String) -> HTML {
    var parts = HTML()
    var part = ""
    for character in name.printable {
      part.append(character)
      guard character == "." || character == "/" || character == "_" else { continue }
      parts += HTML(escaping: part) + "<wbr />"
      part = ""
    }
    return parts + HTML(escaping: part)
  }

  package static func + (left: HTML, right: HTML) -> HTML {
    var sum = left
    sum += right
    return sum
  }

  package static func += (left: inout HTML, right: HTML) { left.text += right.text }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.printable.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      // These are in no well-formed document, not even as references.
      case _ where scalar.properties.isNoncharacterCodePoint:
        escaped += scalar.escaped(asASCII: true)
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

extension HTML: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self.text = text }

  package init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Gathers literals as they are, and everything else escaped.
  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    package mutating func appendLiteral(_ literal: String) { text += literal }

    /// Text, which is escaped.
    package mutating func appendInterpolation(_ text: String) { self.text += HTML.escaped(text) }

    /// Markup, which is not.
    package mutating func appendInterpolation(_ html: HTML) { text += html.text }

    /// A number.
    package mutating func appendInterpolation(_ integer: Int) { text += String(integer) }

    /// A length or place in a drawing.
    package mutating func appendInterpolation(_ coordinate: Coordinate) {
      text += coordinate.text
    }
  }
}

extension Sequence<HTML> {
  /// The parts one after another.
  package func joined(separator: HTML = HTML()) -> HTML {
    var joined = HTML()
    for (index, part) in enumerated() {
      if index > 0 { joined += separator }
      joined += part
    }
    return joined
  }
}

/// A length or place in a drawing, written with at most two digits after the decimal point.
package struct Coordinate: Hashable, Sendable, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral
{
  /// The number, in the units of the drawing; what is not finite is 0.
  package let value: Double

  /// A length or place.
  package init(_ value: Double) { self.value = value.isFinite ? value : 0 }

  package init(floatLiteral value: Double) { self.init(value) }

  package init(integerLiteral value: Int) { self.init(Double(value)) }

  /// The number in few digits: "12.5", "-3", "0".
  package var text: String {
    let limit = 1e9
    let number = DecimalDigits.rounded(max(-limit, min(limit, value)), places: 2)
    return number.fixed(places: number.places)
  }
}

extension DecimalDigits {
  fileprivate static func rounded(_ value: Double, places: Int) -> DecimalDigits {
    var digits = DecimalDigits(value)
    digits.round(toPlaces: places)
    return digits
  }
}
