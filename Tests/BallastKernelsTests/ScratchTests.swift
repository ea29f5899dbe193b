import BallastKernels
import BallastParallel
import CBallastKernels
import Dispatch
import Foundation
import Synchronization
import Testing

/// The block of a thread: as long as was asked for, and nobody else's.
@Suite struct ScratchTests {
  /// Writes all of it, and tells what stands there after `body`.
  private func fill(_ count: Int, with value: Float, _ body: () -> Void = {}) -> Bool {
    var isWhole = false
    Scratch.withFloats(count) { start in
      start.update(repeating: value, count: count)
      body()
      isWhole =
        Int(bitPattern: start) % 64 == 0
        && UnsafeBufferPointer(start: start, count: count).allSatisfy { $0 == value }
    }
    return isWhole
  }

  @Test(arguments: [[1, 1, 1024, 1025, 700_000, 3, 700_001], [0, 100_000, 0]])
  func theBlockGrows(counts: [Int]) {
    for count in counts { #expect(fill(count, with: Float(count))) }
  }

  /// It is the same block again once it was given back, after nothing was asked for, too.
  @Test func theBlockStays() {
    // The address sanitizer, to which tools/sanitize gives options, gets blocks of the heap to watch.
    let isWatched = ProcessInfo.processInfo.environment["ASAN_OPTIONS"] != nil
    let taken = Mutex<[UInt]>([])
    let done = DispatchSemaphore(value: 0)
    // A thread that has none yet.
    Thread.detachNewThread {
      for count in [0, 100, 100] {
        let block = UInt(bitPattern: bk_scratch_take(count))
        taken.withLock { $0.append(block) }
        bk_scratch_give()
      }
      done.signal()
    }
    done.wait()
    let blocks = taken.withLock { $0 }
    #expect(blocks.count == 3 && blocks.allSatisfy { ($0 == 0) == isWatched })
    #expect(blocks[1] == blocks[2])
  }

  /// What is asked for within its use comes from elsewhere, and afterwards it is there again.
  @Test func usesWithinOneAnotherDoNotMeet() {
    for count in [10, 5000] {
      var inner = false
      #expect(fill(count, with: 1) { inner = fill(2 * count, with: 2) { _ = fill(7, with: 3) } })
      #expect(inner)
    }
  }

  @Test func threadsDoNotShareIt() {
    let whole = Atomic(0)
    Parallel.forEachRange(64, grain: 1) { range in
      for index in range where fill(50_000 + 1000 * index, with: Float(index)) {
        whole.add(1, ordering: .relaxed)
      }
    }
    #expect(whole.load(ordering: .relaxed) == 64)
  }
}
