import BallastReport
import Foundation
import Testing

/// What holds for every text and every number, tried on random ones.
@Suite struct RandomTextTests {
  /// Half of the scalars are ASCII, the others are from anywhere.
  static func text(using random: inout SplitMix) -> String {
    var text = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      let last: UInt32 = Bool.random(using: &random) ? 0x7F : 0x10_FFFF
      if let scalar = Unicode.Scalar(UInt32.random(in: 0...last, using: &random)) {
        text.append(scalar)
      }
    }
    return String(text)
  }

  @Test(arguments: 0..<8) func textsFit(seed: UInt64) {
    var random = SplitMix(state: seed)
    for _ in 0..<200 {
      let text = Self.text(using: &random).printable
      let width = Int.random(in: 0...60, using: &random)
      #expect(text.shortened(to: width).displayWidth <= width)
      #expect(text.padded(to: width).displayWidth >= width)
      #expect(
        text.wrapped(to: width).joined(separator: " ").filter { $0 != " " }
          == text.filter { $0 != " " }
      )
      for scalar in text.unicodeScalars {
        #expect(scalar.properties.generalCategory != .control)
        #expect(scalar.properties.generalCategory != .format)
      }
    }
  }

  /// Up to 15 digits: beyond them printf shows what the shortest digits leave out.
  @Test(arguments: 0..<8) func numbersAreThoseOfPrintf(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    for _ in 0..<200 {
      let number =
        Double.random(in: -1...1, using: &random)
        * pow(10, Double.random(in: -12...8, using: &random))
      let places = Int.random(in: 0...6, using: &random)
      #expect(
        Readable.fixed(number, places: places).unsigned
          == String(format: "%.\(places)f", number).unsigned
      )
      let digits = Int.random(in: 1...12, using: &random)
      guard number.magnitude < pow(10, Double(digits)) - 1 else { continue }
      let shown = try #require(Double(Readable.number(number, digits: digits)))
      #expect(shown == Double(String(format: "%.\(digits)g", number)))
    }
  }
}

extension String {
  /// "-0.00" without its sign, which `Readable` does not write.
  fileprivate var unsigned: String { Double(self) == 0 ? drop { $0 == "-" }.description : self }
}

/// The generator SplitMix64 (Steele, Lea and Flood 2014): the same texts for the same seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
