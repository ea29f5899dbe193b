/// Hands out pieces of a memory of float32, one after the other, each at a cache line.
package struct Arena {
  /// Where the memory begins.
  package let start: UnsafeMutablePointer<Float>
  private let count: Int
  private var used = 0

  /// An arena over `count` floats.
  package init(_ start: UnsafeMutablePointer<Float>, count: Int) {
    self.start = start
    self.count = count
  }

  /// An arena over a whole storage, which must be kept alive besides.
  package init(_ storage: Storage) {
    self.init(storage.base, count: storage.count)
  }

  /// A count rounded up to whole cache lines.
  package static func padded(_ count: Int) -> Int {
    (count + Storage.alignment - 1) / Storage.alignment * Storage.alignment
  }

  /// The next piece.
  package mutating func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    defer { used += Self.padded(count) }
    precondition(used + Self.padded(count) <= self.count, "the arena was planned too small")
    return start + used
  }
}
