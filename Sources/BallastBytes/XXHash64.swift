/// The 64-bit hash of xxHash, of bytes that come piece by piece, with the seed 0.
///
/// It tells contents apart that nobody has made to collide. The reference is xxHash's
/// specification, `doc/xxhash_spec.md` (Collet 2012).
package struct XXHash64: Sendable {
  private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
    0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9, 0x85EB_CA77_C2B2_AE63,
    0x27D4_EB2F_1656_67C5
  )
  private static let stripe = 32

  private var lanes: (UInt64, UInt64, UInt64, UInt64)
  /// What has not filled a stripe yet.
  private var rest: [UInt8] = []
  private var count = 0

  /// The hash of nothing yet.
  package init() {
    let primes = Self.primes
    lanes = (primes.0 &+ primes.1, primes.1, 0, 0 &- primes.0)
  }

  /// Adds bytes.
  package mutating func update(_ bytes: RawSpan) {
    count += bytes.byteCount
    var position = 0
    if !rest.isEmpty {
      while rest.count < Self.stripe, position < bytes.byteCount {
        rest.append(Self.byte(of: bytes, at: position))
        position += 1
      }
      guard rest.count == Self.stripe else { return }
      let filled = rest
      add(filled.span.bytesOfBytes, at: 0)
      rest = []
    }
    while position + Self.stripe <= bytes.byteCount {
      add(bytes, at: position)
      position += Self.stripe
    }
    while position < bytes.byteCount {
      rest.append(Self.byte(of: bytes, at: position))
      position += 1
    }
  }

  /// Adds a number.
  package mutating func update(_ value: some FixedWidthInteger) {
    let bytes = littleEndianBytes(of: value)
    update(bytes.span.bytesOfBytes)
  }

  /// The hash of all bytes so far.
  package var value: UInt64 {
    let primes = Self.primes
    var hash: UInt64
    if count >= Self.stripe {
      hash =
        Self.rotated(lanes.0, 1) &+ Self.rotated(lanes.1, 7) &+ Self.rotated(lanes.2, 12)
        &+ Self.rotated(lanes.3, 18)
      for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
        hash = (hash ^ Self.round(0, lane)) &* primes.0 &+ primes.3
      }
    } else {
      hash = primes.4
    }
    hash &+= UInt64(count)
    let bytes = rest.span.bytesOfBytes
    var position = 0
    while position + 8 <= bytes.byteCount {
      hash ^= Self.round(0, Self.word(of: bytes, at: position))
      hash = Self.rotated(hash, 27) &* primes.0 &+ primes.3
      position += 8
    }
    if position + 4 <= bytes.byteCount {
      var half: UInt64 = 0
      for place in 0..<4 {
        half |= UInt64(Self.byte(of: bytes, at: position + place)) << (8 * UInt64(place))
      }
      hash ^= half &* primes.0
      hash = Self.rotated(hash, 23) &* primes.1 &+ primes.2
      position += 4
    }
    while position < bytes.byteCount {
      hash ^= UInt64(Self.byte(of: bytes, at: position)) &* primes.4
      hash = Self.rotated(hash, 11) &* primes.0
      position += 1
    }
    hash = (hash ^ (hash >> 33)) &* primes.1
    hash = (hash ^ (hash >> 29)) &* primes.2
    return hash ^ (hash >> 32)
  }

  private mutating func add(_ bytes: RawSpan, at position: Int) {
    lanes.0 = Self.round(lanes.0, Self.word(of: bytes, at: position))
    lanes.1 = Self.round(lanes.1, Self.word(of: bytes, at: position + 8))
    lanes.2 = Self.round(lanes.2, Self.word(of: bytes, at: position + 16))
    lanes.3 = Self.round(lanes.3, Self.word(of: bytes, at: position + 24))
  }

  private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
    rotated(lane &+ word &* primes.1, 31) &* primes.0
  }

  private static func rotated(_ value: UInt64, _ count: UInt64) -> UInt64 {
    value << count | value >> (64 - count)
  }

  private static func word(of bytes: RawSpan, at position: Int) -> UInt64 {
    precondition(position >= 0 && position + 8 <= bytes.byteCount)
    // Safe: the bounds were checked, and every bit pattern is a valid integer.
    return unsafe UInt64(
      littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
    )
  }

  private static func byte(of bytes: RawSpan, at position: Int) -> UInt8 {
    // Safe: `unsafeLoad` checks the bounds, and every byte is a valid integer.
    unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
  }
}
