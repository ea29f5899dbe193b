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
