/// The merges of byte-level BPE: what two adjacent tokens become, and how early.
///
/// An open-addressing table in one array, because a lookup is the inner loop of encoding.
struct MergeTable: Sendable {
  /// A merge's rank in the upper and its result in the lower half, so that the smaller comes first.
  typealias Merge = UInt64

  /// What a pair that does not merge has.
  static let none = Merge.max

  private struct Slot {
    var pair: UInt64
    var merge: Merge
  }

  private var slots: [Slot]
  private let shift: UInt64

  /// An empty table with room for `count` merges.
  init(count: Int) {
    // At most half full, so that a search ends soon; no two ids make a pair of ones only.
    let bits = UInt64(Int.bitWidth - max(count, 1).leadingZeroBitCount + 1)
    slots = Array(repeating: Slot(pair: .max, merge: Self.none), count: 1 << Int(bits))
    shift = 64 - bits
  }

  /// Notes that `left` and `right` become `result`; a pair that comes again gets the later rank.
  mutating func insert(_ left: Int32, _ right: Int32, rank: Int32, result: Int32) {
    let pair = Self.pair(left, right)
    let merge = Merge(UInt32(bitPattern: rank)) << 32 | Merge(UInt32(bitPattern: result))
    slots[slot(of: pair)] = Slot(pair: pair, merge: merge)
  }

  /// The merge of two tokens, or `none`.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge {
    slots[slot(of: Self.pair(left, right))].merge
  }

  /// The token that a merge results in.
  @inline(__always)
  static func result(of merge: Merge) -> Int32 {
    Int32(truncatingIfNeeded: merge)
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The slot that holds `pair`, or the empty one where it would stand.
  @inline(__always)
  private func slot(of pair: UInt64) -> Int {
    let mask = slots.count - 1
    // Fibonacci hashing (Knuth, volume 3, 6.4).
    let hash = (pair ^ (pair >> 29)) &* 0x9E37_79B9_7F4A_7C15
    var index = Int(truncatingIfNeeded: hash &>> shift)
    while true {
      let found = slots[index].pair
      if found == pair || found == .max { return index }
      index = (index + 1) & mask
    }
  }
}
