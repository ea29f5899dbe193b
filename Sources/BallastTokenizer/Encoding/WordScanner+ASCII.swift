/// The quick path of the scanner: words of ASCII that end within 16 bytes, which nearly all are.
///
/// It looks at eight bytes at a time. In what it computes, a set bit 7 marks a byte: `letters(x)` has
/// bit 7 of each byte of `x` that is an ASCII letter, and no other bits.
extension WordScanner {
  /// The bytes that the quick path looks at.
  static let windowBytes = 16

  /// The number of bytes of the first word of a text that starts with 16 bytes, or 0 where these do
  /// not tell: where the word, or what ends it, is not ASCII, or the word does not end among them.
  ///
  /// - `low`, `high`: The bytes 0 to 7 and 8 to 15, the first in the lowest bits.
  @inline(__always)
  package static func lengthOfShortWord(low: UInt64, high: UInt64) -> Int {
    let start = low & 0xFF == UInt64(UInt8(ascii: " ")) ? 1 : 0
    // Letters after a space, or at once, are by far the most frequent.
    let length = firstUnmarked(letters(low), letters(high), from: start)
    if length > start { return isDecided(length, low, high) ? length : 0 }
    return lengthOfOtherWord(low: low, high: high, start: start)
  }

  /// The same where no letter follows the space that may be at the start.
  private static func lengthOfOtherWord(low: UInt64, high: UInt64, start: Int) -> Int {
    let first = UInt8(truncatingIfNeeded: low >> UInt64(8 * start))
    guard first < 0x80 else { return 0 }
    switch ScalarClass(ascii: first) {
    case .letter: return 0  // not reached
    case .number:
      let length = firstUnmarked(digits(low), digits(high), from: start)
      return isDecided(length, low, high) ? length : 0
    case .space:
      let length = firstUnmarked(spaces(low), spaces(high), from: 0)
      guard isDecided(length, low, high) else { return 0 }
      // A run of white space leaves its last character to the word that follows.
      return max(1, length - 1)
    case .other:
      if start == 0, let length = lengthOfContraction(low) { return length }
      let length = firstUnmarked(symbols(low), symbols(high), from: start)
      return isDecided(length, low, high) ? length : 0
    }
  }

  private static func lengthOfContraction(_ low: UInt64) -> Int? {
    guard low & 0xFF == UInt64(UInt8(ascii: "'")) else { return nil }
    let third = UInt8(truncatingIfNeeded: low >> 16)
    switch UInt8(truncatingIfNeeded: low >> 8) {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"): return third == UInt8(ascii: "e") ? 3 : nil
    case UInt8(ascii: "l"): return third == UInt8(ascii: "l") ? 3 : nil
    default: return nil
    }
  }

  /// Whether a run that ends at `end` ends at a byte of the window, and this byte is ASCII.
  @inline(__always)
  private static func isDecided(_ end: Int, _ low: UInt64, _ high: UInt64) -> Bool {
    let half = end < 8 ? low : high
    return end < windowBytes && half &>> UInt64(8 * (end & 7)) & 0x80 == 0
  }

  /// The first byte, of those from `start` (0 or 1) on, that has no mark; 16 where all have one.
  @inline(__always)
  private static func firstUnmarked(_ low: UInt64, _ high: UInt64, from start: Int) -> Int {
    // The space at the start counts as marked.
    let unmarked = (low ^ marks) & (UInt64.max &<< UInt64(8 * start))
    if unmarked != 0 { return unmarked.trailingZeroBitCount >> 3 }
    return 8 + (high ^ marks).trailingZeroBitCount >> 3
  }

  private static let marks: UInt64 = 0x8080_8080_8080_8080
  private static let ones: UInt64 = 0x0101_0101_0101_0101

  /// Marks the bytes, all below 0x80, that are at least `bound`.
  ///
  /// No byte carries into the next: 0x7F + 0x80 - 1 is below 0x100.
  @inline(__always)
  private static func atLeast(_ bound: UInt8, _ bytes: UInt64) -> UInt64 {
    bytes &+ ones &* UInt64(0x80 - bound)
  }

  @inline(__always)
  private static func letters(_ bytes: UInt64) -> UInt64 {
    let lowercase = bytes & ~marks | ones &* 0x20
    return atLeast(UInt8(ascii: "a"), lowercase) & ~atLeast(UInt8(ascii: "z") + 1, lowercase)
      & ~bytes & marks
  }

  @inline(__always)
  private static func digits(_ bytes: UInt64) -> UInt64 {
    let low = bytes & ~marks
    return atLeast(UInt8(ascii: "0"), low) & ~atLeast(UInt8(ascii: "9") + 1, low) & ~bytes & marks
  }

  @inline(__always)
  private static func spaces(_ bytes: UInt64) -> UInt64 {
    let low = bytes & ~marks
    let controls = atLeast(0x09, low) & ~atLeast(0x0E, low)
    let blanks = ~atLeast(1, low ^ ones &* UInt64(UInt8(ascii: " ")))
    return (controls | blanks) & ~bytes & marks
  }

  @inline(__always)
  private static func symbols(_ bytes: UInt64) -> UInt64 {
    ~(letters(bytes) | digits(bytes) | spaces(bytes)) & ~bytes & marks
  }
}
