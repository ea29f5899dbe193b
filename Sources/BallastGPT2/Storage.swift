package import BallastBytes
import Glibc

/// Memory that parameters view: an owned arena of float32, or the elements of a mapped file, in place.
///
/// The one unchecked `Sendable` of this target. An arena is written by one owner at a time: by
/// loading before it is shared, then by a training step, whose parallel loops get disjoint ranges.
package final class Storage: @unchecked Sendable {
  /// Where the memory begins.
  package let start: UnsafeMutableRawPointer
  package let byteCount: Int
  private let file: SharedBytes?

  /// The memory as float32.
  package var base: UnsafeMutablePointer<Float> { start.assumingMemoryBound(to: Float.self) }

  /// The floats that fit.
  package var count: Int { byteCount / MemoryLayout<Float>.stride }

  /// Whether the memory is a file's.
  package var isMapped: Bool { file != nil }

  /// Every parameter starts at a multiple of this many floats: a cache line.
  package static let alignment = 16

  private static let hugePage = 2 << 20

  /// An arena of zeros; throws `InputOutputFault` where the system has not enough memory.
  ///
  /// Unless it `isSparse`, written at few places far from each other, it comes in huge pages.
  package init(count: Int, isSparse: Bool = false) throws(FormatError) {
    let bytes = max(1, count) * MemoryLayout<Float>.stride
    // Large arenas come from the system zeroed and untouched, at page addresses.
    let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let address, address != MAP_FAILED else {
      throw FormatError(InputOutputFault(.allocate, code: ENOMEM))
    }
    if !isSparse { Self.preferHugePages(address, bytes: bytes) }
    address.bindMemory(to: Float.self, capacity: count)
    start = address
    byteCount = bytes
    file = nil
  }

  /// Elements in a mapped file; they are never written.
  init(mapping file: SharedBytes, at pointer: UnsafeRawPointer, byteCount: Int) {
    start = UnsafeMutableRawPointer(mutating: pointer)
    self.byteCount = byteCount
    self.file = file
  }

  /// Asks for pages of 2 MiB in memory that is untouched yet; the system may refuse, without consequence.
  ///
  /// A product reads rows that are kilobytes apart: with pages of 4 KiB, each of them from another page.
  static func preferHugePages(_ start: UnsafeMutableRawPointer, bytes: Int) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let first = start.alignedUp(toMultipleOf: page)
    let length = bytes - (first - start)
    if length >= hugePage { madvise(first, length, MADV_HUGEPAGE) }
  }

  deinit {
    if file == nil { munmap(start, byteCount) }
  }
}
