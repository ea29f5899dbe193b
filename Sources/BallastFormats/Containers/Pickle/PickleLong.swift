import BallastBytes

/// An integer of more than 64 bits that still stands in the file.
struct PickleLong: Sendable {
  let range: Range<Int>
  /// Whether it is written as decimal digits; otherwise it is little-endian two's complement.
  let isDecimal: Bool

  /// The longest number that is spelled out; there is no use for a longer one.
  static let maximumDescribedBytes = 64

  /// The decimal digits, with a sign where it is negative; nil where there are too many.
  func description(in source: SharedBytes) -> String? {
    guard range.count <= Self.maximumDescribedBytes else { return nil }
    let bytes = source.array(range)
    return isDecimal ? String(decoding: bytes, as: UTF8.self) : Self.decimal(bytes)
  }

  /// The longest number in decimal digits that is turned into bytes; float64 ends before 310.
  private static let maximumConvertedDigits = 400

  /// The bytes of its two's complement, little-endian and as few as there can be; nil for one with a
  /// great many decimal digits.
  func twosComplement(in source: SharedBytes) -> [UInt8]? {
    let bytes = source.array(range)
    guard isDecimal else { return bytes }
    guard bytes.count <= Self.maximumConvertedDigits else { return nil }
    var magnitude: [UInt8] = []
    for digit in bytes where digit != UInt8(ascii: "-") {
      var carry = Int(digit) - 0x30
      for index in magnitude.indices {
        carry += 10 * Int(magnitude[index])
        magnitude[index] = UInt8(carry & 0xFF)
        carry >>= 8
      }
      if carry > 0 { magnitude.append(UInt8(carry)) }
    }
    return Self.twosComplement(magnitude, isNegative: bytes.first == UInt8(ascii: "-"))
  }

  /// The same of a float64 that is an integer; nil where it is none.
  static func twosComplement(of number: Double) -> [UInt8]? {
    guard number.isFinite, number == number.rounded(), number != 0 else { return nil }
    let places = Int(number.exponent) - Double.significandBitCount
    guard places >= 0 else { return nil }
    let significand = number.significandBitPattern | 1 << UInt64(Double.significandBitCount)
    let low = significand << UInt64(places % 8)
    var magnitude = [UInt8](repeating: 0, count: places / 8)
    magnitude += (0..<8).map { UInt8(truncatingIfNeeded: low >> (8 * UInt64($0))) }
    return twosComplement(magnitude, isNegative: number < 0)
  }

  private static func twosComplement(_ magnitude: [UInt8], isNegative: Bool) -> [UInt8] {
    var bytes = magnitude + [0]
    if isNegative {
      var carry = 1
      for index in bytes.indices {
        carry += Int(~bytes[index])
        bytes[index] = UInt8(carry & 0xFF)
        carry >>= 8
      }
    }
    while let last = bytes.last, isRedundant(last, after: bytes.dropLast().last) {
      bytes.removeLast()
    }
    return bytes
  }

  /// How many of the bytes of a number say anything: not those that only repeat its sign.
  static func significantCount(_ range: Range<Int>, in source: SharedBytes) -> Int {
    let raw = source.bytes.extracting(range)
    let bytes = Span<UInt8>(_bytes: raw)
    var count = bytes.count
    while count > 1, isRedundant(bytes[count - 1], after: bytes[count - 2]) { count -= 1 }
    return count
  }

  private static func isRedundant(_ last: UInt8, after byte: UInt8?) -> Bool {
    guard let byte else { return false }
    return last == (byte >= 0x80 ? 0xFF : 0)
  }

  private static func decimal(_ bytes: [UInt8]) -> String {
    let isNegative = (bytes.last ?? 0) >= 0x80
    var magnitude = bytes
    if isNegative {
      var carry = true
      for index in magnitude.indices {
        magnitude[index] = ~magnitude[index] &+ (carry ? 1 : 0)
        carry = carry && magnitude[index] == 0
      }
    }
    var digits: [Character] = []
    repeat {
      var rest = 0
      for index in magnitude.indices.reversed() {
        let value = rest << 8 | Int(magnitude[index])
        magnitude[index] = UInt8(value / 10)
        rest = value % 10
      }
      digits.append(Character(String(rest)))
    } while magnitude.contains { $0 != 0 }
    return (isNegative ? "-" : "") + String(digits.reversed())
  }
}
