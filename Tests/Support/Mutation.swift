/// Bytes, broken as files get broken or are made to be: the same ones for the same name and number.
package enum Mutation {
  /// Changes every case there is.
  package static let seed: UInt64 = 0x6261_6C6C_6173_7421

  /// A broken copy of `bytes`; `name` and `number` tell it from the others.
  package static func apply(to bytes: [UInt8], named name: String, number: Int) -> [UInt8] {
    var generator = SplitMix(state: seed &+ UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
    for byte in name.utf8 { generator.state = (generator.state ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var bytes = bytes
    for _ in 0...Int.random(in: 0...3, using: &generator) { mutate(&bytes, using: &generator) }
    return bytes
  }

  private static func mutate(_ bytes: inout [UInt8], using generator: inout SplitMix) {
    guard !bytes.isEmpty else { return bytes.append(.random(in: 0...255, using: &generator)) }
    let place = place(in: bytes, using: &generator)
    let range = place..<min(place + 1 << Int.random(in: 0...8, using: &generator), bytes.count)
    switch Int.random(in: 0..<16, using: &generator) {
    case 0...3: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
    case 4, 5: bytes[place] = .random(in: 0...255, using: &generator)
    case 6...9: writeExtreme(at: place, of: &bytes, using: &generator)
    case 10, 11: writeDigits(at: place, of: &bytes, using: &generator)
    case 12: bytes.removeLast(bytes.count - place)
    case 13: bytes.removeSubrange(range)
    case 14: bytes.insert(contentsOf: bytes[range], at: Self.place(in: bytes, using: &generator))
    default:
      let target = Self.place(in: bytes, using: &generator)
      let count = min(range.count, bytes.count - target)
      bytes.replaceSubrange(target..<target + count, with: Array(bytes[range].prefix(count)))
    }
  }

  /// Half of the places lie in the first and last kilobytes, where the structure is.
  private static func place(in bytes: [UInt8], using generator: inout SplitMix) -> Int {
    let edge = min(bytes.count, 2048)
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return .random(in: 0..<edge, using: &generator)
    case 1: return bytes.count - .random(in: 1...edge, using: &generator)
    default: return .random(in: 0..<bytes.count, using: &generator)
    }
  }

  /// A size, an offset or a count that is about to overflow, in either order of bytes.
  private static func writeExtreme(
    at place: Int,
    of bytes: inout [UInt8],
    using generator: inout SplitMix
  ) {
    let values: [UInt64] = [
      0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
      1 << 32, 1 << 61, 1 << 62, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63, .max, UInt64(bytes.count),
    ]
    let value = values.randomElement(using: &generator) ?? 0
    let width = [1, 2, 4, 8].randomElement(using: &generator) ?? 1
    let isBigEndian = Int.random(in: 0..<4, using: &generator) == 0
    for index in 0..<min(width, bytes.count - place) {
      let shift = 8 * (isBigEndian ? width - 1 - index : index)
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(shift))
    }
  }

  /// Another number in place of the next one that is written in digits.
  private static func writeDigits(
    at place: Int,
    of bytes: inout [UInt8],
    using generator: inout SplitMix
  ) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard let start = bytes[place...].firstIndex(where: digits.contains) else { return }
    let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
    let number = [
      "0", "1", "-1", "1e9", "4294967295", "2147483648", "4611686018427387904",
      "9223372036854775807", "9223372036854775808", "18446744073709551615",
      "99999999999999999999999999999999999999",
    ].randomElement(using: &generator)
    bytes.replaceSubrange(start..<end, with: Array((number ?? "").utf8))
  }

  /// Vigna's SplitMix64: small, and the same everywhere.
  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}
