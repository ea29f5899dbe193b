package import BallastBytes

/// Writes token ids on one line, with spaces between them.
package struct TokenPrinter: ~Copyable {
  /// The numbers below 10,000 in four digits, the first in the lowest byte.
  private static let digits: [UInt32] = (0..<10_000).map { number in
    [1000, 100, 10, 1].reversed().reduce(0) { text, unit in
      text << 8 | UInt32(UInt8(ascii: "0")) + UInt32(number / unit % 10)
    }
  }

  private let write: ([UInt8]) throws(FormatError) -> Void
  private let digits = Self.digits
  private var block = [UInt8](repeating: 0, count: 1 << 16)
  private var used = 0
  private var isFirst = true

  /// A printer that hands on what it has written, a block at a time.
  package init(_ write: @escaping ([UInt8]) throws(FormatError) -> Void) { self.write = write }

  /// Writes further ids, which are not negative.
  package mutating func print(_ ids: [Int32]) throws(FormatError) {
    let separator = UInt64(UInt8(ascii: " "))
    for id in ids {
      // An id has ten digits at most.
      if used > block.count - 2 * MemoryLayout<UInt64>.size { try flush() }
      if isFirst { isFirst = false } else { put(separator, count: 1) }
      let (high, low) = Int(id).quotientAndRemainder(dividingBy: digits.count)
      guard high > 0 else {
        put(low)
        continue
      }
      let (highest, middle) = high.quotientAndRemainder(dividingBy: digits.count)
      if highest > 0 {
        put(highest)
        put(UInt64(digits[middle]), count: 4)
      } else {
        put(middle)
      }
      put(UInt64(digits[low]), count: 4)
    }
  }

  /// Ends the line.
  package mutating func finish() throws(FormatError) {
    put(UInt64(UInt8(ascii: "\n")), count: 1)
    try flush()
  }

  /// A number below 10,000 without zeros in front.
  @inline(__always)
  private mutating func put(_ number: Int) {
    let count = 1 + (number > 9 ? 1 : 0) + (number > 99 ? 1 : 0) + (number > 999 ? 1 : 0)
    put(UInt64(digits[number] &>> UInt32(8 * (4 - count))), count: count)
  }

  /// The first `count` of eight bytes; the others are overwritten by what comes next.
  @inline(__always)
  private mutating func put(_ text: UInt64, count: Int) {
    let offset = used
    var span = block.mutableSpan
    var bytes = span.mutableBytes
    bytes.storeBytes(of: text.littleEndian, toByteOffset: offset, as: UInt64.self)
    used += count
  }

  private mutating func flush() throws(FormatError) {
    try write(Array(block[..<used]))
    used = 0
  }
}
