/// The decimal digits of a finite number: 0.d₁d₂d₃… × 10^exponent.
struct DecimalDigits {
  private(set) var isNegative: Bool
  /// From 0 to 9, the first one not zero; empty for zero.
  private(set) var digits: [UInt8]
  private(set) var exponent: Int

  /// The shortest digits that read back as the same number.
  init(_ number: Double) {
    // Such as "12.5", "1e-07" and "1.25e+20": a table has thousands of them.
    let text = number.magnitude.description.utf8
    let mantissa = text.prefix { $0 != UInt8(ascii: "e") }
    let whole = mantissa.prefix { $0 != UInt8(ascii: ".") }
    let all = mantissa.filter { $0 != UInt8(ascii: ".") }.map { $0 - UInt8(ascii: "0") }
    let zeros = all.prefix { $0 == 0 }.count
    isNegative = number < 0
    digits = Array(all.dropFirst(zeros))
    let power = Int(String(text.dropFirst(mantissa.count + 1)) ?? "") ?? 0
    exponent = whole.count - zeros + power
    trim()
  }

  /// Keeps so many digits, the last one rounded half up.
  mutating func round(toDigits count: Int) {
    guard count < digits.count else { return }
    let roundsUp = count >= 0 && digits[count] >= 5
    digits.removeLast(digits.count - max(0, count))
    if roundsUp {
      while digits.last == 9 { digits.removeLast() }
      if digits.isEmpty {
        digits = [1]
        exponent += 1
      } else {
        digits[digits.count - 1] += 1
      }
    }
    trim()
  }

  /// Keeps so many digits after the decimal point.
  mutating func round(toPlaces places: Int) {
    round(toDigits: exponent + places)
  }

  private mutating func trim() {
    while digits.last == 0 { digits.removeLast() }
    if digits.isEmpty {
      exponent = 0
      isNegative = false
    }
  }

  private func digit(at place: Int) -> UInt8 {
    let index = exponent - 1 - place
    return UInt8(ascii: "0") + (digits.indices.contains(index) ? digits[index] : 0)
  }

  /// The number without an exponent, with so many digits after the decimal point.
  func fixed(places: Int) -> String {
    var text: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    for place in stride(from: max(0, exponent - 1), through: 0, by: -1) {
      text.append(digit(at: place))
    }
    if places > 0 {
      text.append(UInt8(ascii: "."))
      for place in 1...places { text.append(digit(at: -place)) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The number with one digit before the decimal point, and an exponent: "1.25e-07".
  func scientific() -> String {
    let power = exponent - 1
    let fraction = digits.dropFirst().map { String($0) }.joined()
    let magnitude = power.magnitude < 10 ? "0\(power.magnitude)" : "\(power.magnitude)"
    return "\(isNegative ? "-" : "")\(digits.first ?? 0)\(fraction.isEmpty ? "" : ".")\(fraction)"
      + "e\(power < 0 ? "-" : "+")\(magnitude)"
  }

  /// The places after the decimal point that the digits need.
  var places: Int { max(0, digits.count - exponent) }
}
