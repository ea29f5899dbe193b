import CBallastKernels
import Synchronization

/// The one thread pool: fixed partitions of an index range, run over threads that stay.
///
/// How the work is cut depends on the thread count alone, never on scheduling, so that results are
/// bit-identical from run to run. Bodies neither throw nor return: each writes its own, disjoint
/// part of the output through pointers that the caller keeps alive. That disjointness is the
/// caller's promise; it is why a body need not be `@Sendable`.
package enum Parallel {
  private static let chosenThreadCount = Atomic<Int>(0)

  /// The number of partitions that work is cut into; the machine's cores unless set.
  package static var threadCount: Int {
    let chosen = chosenThreadCount.load(ordering: .relaxed)
    return chosen > 0 ? chosen : max(1, availableCores)
  }

  /// Sets the thread count; 0 returns to the machine's own.
  package static func setThreadCount(_ count: Int) {
    precondition(count >= 0, "a thread count can't be negative")
    chosenThreadCount.store(count, ordering: .relaxed)
  }

  /// Runs `body` once for each of 0 ..< `parts`, on at most `threadCount` threads, and waits.
  ///
  /// A thread that is done with a part takes the next one that is left: they end together, however late
  /// one began.
  package static func forEachPartition(_ parts: Int, body: (Int) -> Void) {
    let workers = min(parts, threadCount)
    guard workers > 1 else {
      for part in 0..<max(0, parts) { body(part) }
      return
    }
    // The pointer lasts as long as the call, which waits for all parts.
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { body in
        bk_threads_run(
          parts,
          workers,
          { context, part in
            context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(part)
          },
          UnsafeMutableRawPointer(mutating: body)
        )
      }
    }
  }

  /// Cuts 0 ..< `count` into at most `threadCount` ranges of nearly equal length and runs them.
  ///
  /// - `grain`: The work worth a thread: no range is shorter, unless there is only one. Ranges
  ///   start at multiples of it.
  package static func forEachRange(_ count: Int, grain: Int = 1, body: (Range<Int>) -> Void) {
    precondition(count >= 0 && grain > 0, "a range needs a count and a grain")
    guard count > 0 else { return }
    let grains = count / grain
    let parts = max(1, min(threadCount, grains))
    guard parts > 1 else { return body(0..<count) }
    forEachPartition(parts) { part in
      let start = grains * part / parts * grain
      let end = part == parts - 1 ? count : grains * (part + 1) / parts * grain
      body(start..<end)
    }
  }
}
