/// The start of what an .lzma stream holds, after the specification of the LZMA SDK.
struct LZMADecoder {
  enum End: Equatable {
    /// The stream ends, and another may start at this place.
    case whole(Int)
    /// The bytes end first.
    case truncated
    /// There is more than was asked for.
    case limit
    /// No encoder wrote this.
    case broken
  }

  private static let states = 12
  /// After a match the next byte is not the one that would go on with it.
  private static let firstMatchState = 7
  private static let shortestMatch = 2
  private static let endMark = Int(UInt32.max)

  private struct Lengths {
    private var choices = LZMARangeDecoder.probabilities(2)
    private var low = LZMARangeDecoder.probabilities(16 << 3)
    private var middle = LZMARangeDecoder.probabilities(16 << 3)
    private var high = LZMARangeDecoder.probabilities(1 << 8)

    mutating func next(
      _ coder: inout LZMARangeDecoder,
      _ positionState: Int,
      _ bytes: Span<UInt8>
    ) -> Int {
      let base = positionState << 3
      if coder.bit(&choices[0], bytes) == 0 {
        return shortestMatch + coder.symbol(&low, base, bits: 3, bytes)
      }
      if coder.bit(&choices[1], bytes) == 0 {
        return shortestMatch + 8 + coder.symbol(&middle, base, bits: 3, bytes)
      }
      return shortestMatch + 16 + coder.symbol(&high, 0, bits: 8, bytes)
    }
  }

  private(set) var output: [UInt8] = []
  /// How many zeros the output starts with.
  private var zeroCount = 0
  private let header: LZMAHeader
  private var coder: LZMARangeDecoder
  private var state = 0
  /// The last four distances, less one, the last one first.
  private var distances = (0, 0, 0, 0)
  private var literals: [UInt16]
  private var isMatch = LZMARangeDecoder.probabilities(states << 4)
  private var isRepetition = LZMARangeDecoder.probabilities(states)
  private var isNotFirst = LZMARangeDecoder.probabilities(states)
  private var isNotSecond = LZMARangeDecoder.probabilities(states)
  private var isFourth = LZMARangeDecoder.probabilities(states)
  private var isLong = LZMARangeDecoder.probabilities(states << 4)
  private var slots = LZMARangeDecoder.probabilities(4 << 6)
  private var distanceBits = LZMARangeDecoder.probabilities(128)
  private var alignment = LZMARangeDecoder.probabilities(16)
  private var lengths = Lengths()
  private var repeatedLengths = Lengths()

  /// Starts behind a header.
  init(_ header: LZMAHeader, of bytes: Span<UInt8>) {
    self.header = header
    coder = LZMARangeDecoder(bytes, at: header.end + 1)
    literals = LZMARangeDecoder.probabilities(
      0x300 << (header.literalContextBits + header.literalPositionBits)
    )
  }

  /// Whether every byte so far is zero.
  var isZero: Bool { zeroCount == output.count }

  /// Decodes to the end of the stream, or so many bytes behind the zeros that it starts with, of which there
  /// may be as many as `zeroLimit`.
  mutating func run(_ bytes: Span<UInt8>, limit: Int, zeroLimit: Int) -> End {
    while !coder.isPastEnd {
      let isFull = output.count == header.byteCount
      if isFull {
        coder.normalize(bytes)
        if coder.isDone { return .whole(coder.position) }
      } else if output.count >= (isZero ? zeroLimit : zeroCount + limit) {
        return .limit
      }
      let positionState = output.count & (1 << header.positionBits - 1)
      if coder.bit(&isMatch[state << 4 + positionState], bytes) == 0 {
        // Behind the last byte there can be nothing but a mark of the end.
        if isFull { return .broken }
        literal(bytes)
        continue
      }
      var length = 1
      if coder.bit(&isRepetition[state], bytes) == 0 {
        length = lengths.next(&coder, positionState, bytes)
        state = state < Self.firstMatchState ? 7 : 10
        let distance = self.distance(forLength: length, bytes)
        if distance == Self.endMark {
          coder.normalize(bytes)
          return coder.isPastEnd ? .truncated : .whole(coder.position)
        }
        distances = (distance, distances.0, distances.1, distances.2)
      } else if recall(positionState, bytes) {
        length = repeatedLengths.next(&coder, positionState, bytes)
      }
      if coder.isPastEnd { break }
      guard !isFull, distances.0 < output.count else { return .broken }
      for _ in 0..<min(length, (header.byteCount ?? .max) - output.count) {
        put(output[output.count - 1 - distances.0])
      }
    }
    return .truncated
  }

  private mutating func put(_ byte: UInt8) {
    if byte == 0, isZero { zeroCount += 1 }
    output.append(byte)
  }

  private mutating func literal(_ bytes: Span<UInt8>) {
    let before = Int(output.last ?? 0) >> (8 - header.literalContextBits)
    let place = output.count & (1 << header.literalPositionBits - 1)
    let base = 0x300 * (place << header.literalContextBits + before)
    var symbol = 1
    if state >= Self.firstMatchState, distances.0 < output.count {
      var match = Int(output[output.count - 1 - distances.0])
      while symbol < 0x100 {
        match <<= 1
        let matchBit = match & 0x100
        let found = coder.bit(&literals[base + 0x100 + matchBit + symbol], bytes)
        symbol = symbol << 1 | found
        if matchBit >> 8 != found { break }
      }
    }
    while symbol < 0x100 { symbol = symbol << 1 | coder.bit(&literals[base + symbol], bytes) }
    if !coder.isPastEnd { put(UInt8(truncatingIfNeeded: symbol)) }
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6
  }

  /// Makes one of the last distances the last; returns whether more than one byte is repeated.
  private mutating func recall(_ positionState: Int, _ bytes: Span<UInt8>) -> Bool {
    let isLate = state >= Self.firstMatchState
    let (first, second, third, fourth) = distances
    if coder.bit(&isNotFirst[state], bytes) == 0 {
      if coder.bit(&isLong[state << 4 + positionState], bytes) == 0 {
        state = isLate ? 11 : 9
        return false
      }
    } else if coder.bit(&isNotSecond[state], bytes) == 0 {
      distances = (second, first, third, fourth)
    } else if coder.bit(&isFourth[state], bytes) == 0 {
      distances = (third, first, second, fourth)
    } else {
      distances = (fourth, first, second, third)
    }
    state = isLate ? 11 : 8
    return true
  }

  private mutating func distance(forLength length: Int, _ bytes: Span<UInt8>) -> Int {
    let set = min(length - Self.shortestMatch, 3) << 6
    let slot = coder.symbol(&slots, set, bits: 6, bytes)
    guard slot >= 4 else { return slot }
    let bits = slot >> 1 - 1
    let high = (2 | slot & 1) << bits
    if slot < 14 {
      return high + coder.reversedSymbol(&distanceBits, high - slot, bits: bits, bytes)
    }
    let middle = coder.direct(bits: bits - 4, bytes) << 4
    return high + middle + coder.reversedSymbol(&alignment, 0, bits: 4, bytes)
  }
}
