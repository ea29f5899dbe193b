/// Numbers and sizes as people read them.
package enum Readable {
  /// A number with so many significant digits: "0.02", "1234", "1.25e-07", "NaN", "-Infinity".
  ///
  /// Trailing zeros are left out. Up to seven digits before the decimal point are all shown.
  package static func number(_ number: Double, digits count: Int = 4) -> String {
    guard number.isFinite else { return nonFinite(number) }
    var digits = DecimalDigits(number)
    if digits.exponent > count, digits.exponent <= 7 {
      digits.round(toPlaces: 0)
      return digits.fixed(places: 0)
    }
    digits.round(toDigits: max(1, count))
    let isPlain = digits.exponent > -4 && digits.exponent <= max(7, count)
    return isPlain ? digits.fixed(places: digits.places) : digits.scientific()
  }

  /// A number with so many digits after the decimal point: "0.50".
  package static func fixed(_ number: Double, places: Int) -> String {
    guard number.isFinite else { return nonFinite(number) }
    var digits = DecimalDigits(number)
    digits.round(toPlaces: places)
    return digits.fixed(places: places)
  }

  /// A count with separators: "124,439,808".
  package static func count(_ count: Int) -> String {
    let digits = String(count.magnitude)
    var text = count < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A count of things: "1 tensor", "1,234 tensors"; their plural ends in s.
  package static func count(_ count: Int, of thing: String) -> String {
    "\(self.count(count)) \(thing)\(count == 1 ? "" : "s")"
  }

  /// A count in thousands, millions and so on: "124M", "1.6B", "512".
  package static func shortCount(_ count: Int) -> String {
    let (text, prefix) = scaled(Double(count), ["", "K", "M", "B", "T"])
    return text + prefix
  }

  /// A size in decimal units: "1.2 MB", "548 MB", "12 B".
  package static func bytes(_ bytes: Int) -> String {
    let (text, prefix) = scaled(Double(bytes), ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
    return "\(text) \(prefix)"
  }

  /// A size to the byte: "548,105,171 bytes".
  package static func exactBytes(_ bytes: Int) -> String {
    count(bytes, of: "byte")
  }

  /// A part of one in percent: "12.5%", "0.02%", "100%"; what is not all is never "100%".
  package static func percentage(_ fraction: Double) -> String {
    guard fraction.isFinite else { return nonFinite(fraction) }
    let text = number(fraction * 100, digits: 3)
    if text == "100", fraction < 1 { return "99.9%" }
    return "\(text)%"
  }

  /// A part of one in percent with one place, so that the shares of a column are of one form.
  package static func share(_ fraction: Double) -> String {
    switch fraction {
    case 0: "0%"
    case ..<0.0005: "<0.1%"
    default: "\(fixed(100 * fraction, places: 1))%"
    }
  }

  /// A duration in its two largest units: "340 µs", "12 ms", "2.5 s", "3 min 05 s", "2 h 03 min".
  package static func duration(_ duration: Duration) -> String {
    let (whole, attoseconds) = duration.components
    let seconds = Double(whole) + Double(attoseconds) * 1e-18
    guard seconds >= 0 else { return "0 s" }
    switch seconds {
    case 0: return "0 s"
    case ..<0.000_999_5: return "\(number(seconds * 1e6, digits: 3)) µs"
    case ..<0.999_5: return "\(number(seconds * 1e3, digits: 3)) ms"
    case ..<9.95: return "\(fixed(seconds, places: 1)) s"
    case ..<59.5: return "\(fixed(seconds, places: 0)) s"
    default: break
    }
    let rounded = attoseconds >= 500_000_000_000_000_000 ? whole + 1 : whole
    switch rounded {
    case ..<3600: return pair(rounded / 60, "min", rounded % 60, "s")
    case ..<86400: return pair(rounded / 3600, "h", rounded % 3600 / 60, "min")
    default: return pair(rounded / 86400, "d", rounded % 86400 / 3600, "h")
    }
  }

  /// A speed in bytes: "1.2 GB/s".
  package static func bytesPerSecond(_ rate: Double) -> String {
    guard rate.isFinite else { return nonFinite(rate) }
    let (text, prefix) = scaled(rate, ["B", "kB", "MB", "GB", "TB"])
    return "\(text) \(prefix)/s"
  }

  /// A speed in things: "1.2K tokens/s", "0.25 steps/s".
  package static func rate(_ rate: Double, of things: String) -> String {
    guard rate.isFinite else { return nonFinite(rate) }
    if rate.magnitude < 10 { return "\(number(rate, digits: 2)) \(things)/s" }
    let (text, prefix) = scaled(rate, ["", "K", "M", "B", "T"])
    return "\(text)\(prefix) \(things)/s"
  }

  /// Bars side by side, the highest of them whole: "▁▃█▂"; what is not zero is seen.
  package static func bars(_ heights: [Double]) -> String {
    let blocks = Array("▁▂▃▄▅▆▇█")
    let highest = heights.filter(\.isFinite).max() ?? 0
    return String(
      heights.map { height -> Character in
        guard height > 0, highest > 0 else { return " " }
        let level = Int((min(height / highest, 1) * Double(blocks.count)).rounded(.up))
        return blocks[min(max(level, 1), blocks.count) - 1]
      }
    )
  }

  private static func nonFinite(_ number: Double) -> String {
    number.isNaN ? "NaN" : number < 0 ? "-Infinity" : "Infinity"
  }

  private static func pair(_ a: Int64, _ unitA: String, _ b: Int64, _ unitB: String) -> String {
    "\(a) \(unitA) \(b < 10 ? "0" : "")\(b) \(unitB)"
  }

  /// The number in the unit that leaves one to three digits before the decimal point.
  ///
  /// Below ten there is one digit after it, except in the first unit when the number is whole.
  private static func scaled(_ number: Double, _ units: [String]) -> (String, String) {
    var number = number
    var units = units[...]
    var isWhole = number == number.rounded()
    // 999.5 is written "1.0" of the next unit, and not "1000".
    while number.magnitude >= 999.5, units.count > 1 {
      number /= 1000
      units.removeFirst()
      isWhole = false
    }
    let places = number.magnitude < 9.95 && !isWhole ? 1 : 0
    return (fixed(number, places: places), units.first ?? "")
  }
}
