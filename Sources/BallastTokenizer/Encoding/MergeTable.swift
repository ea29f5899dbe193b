import BallastBytes

/// The merges of a byte-pair encoding: which two tokens become which, and in what order.
///
/// A hash table with open addressing. Its hash is drawn anew for each table (multiply-shift with a
/// random odd factor), so that no file can be made to collide.
struct MergeTable: Sendable {
  /// What a pair of tokens becomes.
  struct Merge: Equatable {
    /// The smaller, the earlier.
    let rank: Int32
    /// The token that the pair becomes.
    let id: Int32
  }

  /// A merge's rank and id as one number, of which the earliest is the smallest, or that there is no merge.
  struct PackedMerge: Comparable {
    private let bits: UInt64
    static let none = PackedMerge(nil)

    @inline(__always)
    init(_ merge: Merge?) {
      // Ranks are not negative, so that no merge is as large.
      bits =
        merge.map { UInt64(UInt32(bitPattern: $0.rank)) << 32 | UInt64(UInt32(bitPattern: $0.id)) }
        ?? .max
    }

    /// What the pair becomes.
    var id: Int32 { Int32(truncatingIfNeeded: bits) }

    static func < (a: PackedMerge, b: PackedMerge) -> Bool { a.bits < b.bits }
  }

  /// A pair and its merge side by side, so that a look takes one line of the processor's cache.
  private struct Slot {
    var pair = MergeTable.empty
    var merge = Merge(rank: 0, id: 0)
  }

  private static let empty = UInt64.max
  private var slots: [Slot]
  /// A bit for each hash's highest bits: pairs that do not merge, which most do not, are told so by a table that is near.
  private var filter: [UInt64]
  private let factor = UInt64.random(in: .min ... .max) | 1
  private let shift: UInt64
  /// The bits of the filter for a slot.
  private static let filterBits = 8

  /// An empty table with room for `capacity` merges.
  init(capacity: Int) {
    // At most half full, so that probing stays short.
    var bits: UInt64 = 4
    while 1 << bits < capacity * 2 { bits += 1 }
    shift = 64 - bits
    slots = Array(repeating: Slot(), count: 1 << bits)
    filter = Array(repeating: 0, count: (1 << bits) * Self.filterBits / 64)
  }

  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Where the pair is, or the free place where it belongs.
  @inline(__always)
  private func index(of pair: UInt64) -> Int {
    var index = Int(truncatingIfNeeded: (pair &* factor) &>> shift)
    while slots[index].pair != pair, slots[index].pair != Self.empty {
      index = (index + 1) & (slots.count - 1)
    }
    return index
  }

  /// Where the filter says whether there may be a merge.
  @inline(__always)
  private func filterPlace(of pair: UInt64) -> (word: Int, bit: UInt64) {
    // Eight bits for a slot are three more of the hash.
    let index = (pair &* factor) &>> (shift - 3)
    return (Int(truncatingIfNeeded: index >> 6), 1 << (index & 63))
  }

  /// A hash of all merges, which does not depend on the order in which they lie.
  var contentHash: UInt64 {
    var sum: UInt64 = 0
    for slot in slots where slot.pair != Self.empty {
      var hash = XXHash64()
      hash.update(slot.pair)
      hash.update(slot.merge.rank)
      hash.update(slot.merge.id)
      sum &+= hash.value
    }
    return sum
  }

  /// The merges of pairs of single bytes, at the first's value times 256 plus the second's.
  ///
  /// Every word begins with those, and a text has few of them: a table without a hash keeps them near.
  func bytePairs(_ byteIDs: [Int32]) -> [PackedMerge] {
    byteIDs.flatMap { left in byteIDs.map { right in PackedMerge(self[left, right]) } }
  }

  /// The merge of a pair; a pair that comes again replaces the earlier one.
  subscript(left: Int32, right: Int32) -> Merge? {
    @inline(__always)
    get {
      let pair = Self.pair(left, right)
      let (word, bit) = filterPlace(of: pair)
      guard filter[word] & bit != 0 else { return nil }
      let index = index(of: pair)
      return slots[index].pair == pair ? slots[index].merge : nil
    }
    set {
      guard let newValue else { return }
      let pair = Self.pair(left, right)
      slots[index(of: pair)] = Slot(pair: pair, merge: newValue)
      let (word, bit) = filterPlace(of: pair)
      filter[word] |= bit
    }
  }
}
