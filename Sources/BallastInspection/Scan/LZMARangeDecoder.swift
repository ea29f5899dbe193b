/// The bits of an .lzma stream, which a range coder keeps with the probabilities that it has learnt.
struct LZMARangeDecoder {
  /// As likely as not.
  private static let even = UInt16(1 << 10)
  /// All probabilities are below this.
  private static let bits = 11
  /// How fast they are learnt.
  private static let shift = 5
  private static let top = UInt32(1 << 24)

  /// The next byte.
  private(set) var position: Int
  /// Whether bits were asked for that are not there.
  private(set) var isPastEnd = false
  private var range = UInt32.max
  private var code: UInt32 = 0

  /// Whether an encoder would have nothing more to say.
  var isDone: Bool { code == 0 }

  static func probabilities(_ count: Int) -> [UInt16] { [UInt16](repeating: even, count: count) }

  /// Starts with four bytes of code at `position`.
  init(_ bytes: Span<UInt8>, at position: Int) {
    self.position = position
    for _ in 0..<4 { code = code << 8 | next(bytes) }
  }

  mutating func bit(_ probability: inout UInt16, _ bytes: Span<UInt8>) -> Int {
    normalize(bytes)
    let bound = (range >> Self.bits) * UInt32(probability)
    if code < bound {
      range = bound
      probability += (1 << Self.bits - probability) >> Self.shift
      return 0
    }
    range -= bound
    code -= bound
    probability -= probability >> Self.shift
    return 1
  }

  /// Bits that are as likely as not, the highest first.
  mutating func direct(bits: Int, _ bytes: Span<UInt8>) -> Int {
    var result = 0
    for _ in 0..<bits {
      normalize(bytes)
      range >>= 1
      let isSet = code >= range
      if isSet { code -= range }
      result = result << 1 | (isSet ? 1 : 0)
    }
    return result
  }

  /// A number in a tree of probabilities, which starts at `base`; the highest bit first.
  mutating func symbol(
    _ tree: inout [UInt16],
    _ base: Int,
    bits: Int,
    _ bytes: Span<UInt8>
  ) -> Int {
    var symbol = 1
    for _ in 0..<bits { symbol = symbol << 1 | bit(&tree[base + symbol], bytes) }
    return symbol - 1 << bits
  }

  /// The same, the lowest bit first.
  mutating func reversedSymbol(
    _ tree: inout [UInt16],
    _ base: Int,
    bits: Int,
    _ bytes: Span<UInt8>
  ) -> Int {
    var symbol = 1
    var result = 0
    for index in 0..<bits {
      let found = bit(&tree[base + symbol], bytes)
      symbol = symbol << 1 | found
      result |= found << index
    }
    return result
  }

  mutating func normalize(_ bytes: Span<UInt8>) {
    guard range < Self.top else { return }
    range <<= 8
    code = code << 8 | next(bytes)
  }

  private mutating func next(_ bytes: Span<UInt8>) -> UInt32 {
    guard position < bytes.count else {
      isPastEnd = true
      return 0
    }
    position += 1
    return UInt32(bytes[position - 1])
  }
}
