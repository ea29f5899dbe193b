/// The merges of a byte-pair encoding: which two tokens become which, and in what order.
///
/// A hash table with open addressing. Its hash is drawn anew for each table (multiply-shift with a
/// random odd factor), so that no file can be made to collide.
struct MergeTable: Sendable {
  /// What a pair of tokens becomes.
  struct Merge {
    /// The smaller, the earlier.
    let rank: Int32
    /// The token that the pair becomes.
    let id: Int32
  }

  private static let empty = UInt64.max
  private var keys: [UInt64]
  private var merges: [Merge]
  private let factor = UInt64.random(in: .min ... .max) | 1
  private let shift: UInt64
  private let mask: Int

  /// An empty table with room for `capacity` merges.
  init(capacity: Int) {
    // At most half full, so that probing stays short.
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    shift = 64 - bits
    mask = 1 << bits - 1
    keys = Array(repeating: Self.empty, count: mask + 1)
    merges = Array(repeating: Merge(rank: 0, id: 0), count: mask + 1)
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Where the key is, or the free place where it belongs.
  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* factor) >> shift)
    while keys[slot] != key, keys[slot] != Self.empty { slot = (slot + 1) & mask }
    return slot
  }

  /// The merge of a pair; a pair that comes again replaces the earlier one.
  subscript(left: Int32, right: Int32) -> Merge? {
    get {
      let key = Self.key(left, right)
      let slot = slot(of: key)
      return keys[slot] == key ? merges[slot] : nil
    }
    set {
      guard let newValue else { return }
      let key = Self.key(left, right)
      let slot = slot(of: key)
      keys[slot] = key
      merges[slot] = newValue
    }
  }
}
