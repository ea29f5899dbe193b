package import BallastBytes
import BallastCheckpoint
import BallastParallel

/// An error, and the checkpoint of the two that it is about.
package struct DifferenceError: Error {
  /// One of two checkpoints.
  package enum Side: Sendable {
    case a
    case b
  }

  package let side: Side
  package let error: FormatError
}

/// Is told how many elements were read since it was called before; throws to give the work up.
package typealias DifferenceProgress = (_ elements: Int) throws(FormatError) -> Void

/// Work on ranges of a tensor's elements, on all threads.
///
/// Tensors are cut into pieces of a fixed size, and what they give is merged in their order: results
/// do not depend on the number of threads.
struct PieceRunner {
  /// The most pieces between two looks at whether to go on.
  private static let batch = 32

  let progress: DifferenceProgress

  /// Runs `body` on every piece of `count` elements, and `merge` on what it gives, in order, until
  /// `merge` says false.
  ///
  /// A piece has `size` elements. The first pieces run nearly alone, since most comparisons that fail
  /// do so at once.
  func run<Partial>(
    _ count: Int,
    size: Int,
    _ body: (Range<Int>) throws(DifferenceError) -> Partial,
    merge: (Partial) -> Bool
  ) throws(DifferenceError) {
    var batch = 1
    var start = 0
    while start < count {
      let (first, end) = (start, start + min(batch * size, count - start))
      let partials = results((end - first + size - 1) / size) { piece throws(DifferenceError) in
        let lower = first + piece * size
        return try body(lower..<min(lower + size, end))
      }
      for partial in partials {
        guard let partial, merge(try partial.get()) else { return }
      }
      do {
        try progress(end - first)
      } catch {
        throw DifferenceError(side: .a, error: error)
      }
      start = end
      batch = min(2 * batch, Self.batch)
    }
  }

  private func results<Partial>(
    _ count: Int,
    _ body: (Int) throws(DifferenceError) -> Partial
  ) -> [Result<Partial, DifferenceError>?] {
    var results = [Result<Partial, DifferenceError>?](repeating: nil, count: count)
    unsafe results.withUnsafeMutableBufferPointer { buffer in
      Parallel.forEachPartition(count) { piece in
        // Safe: each piece writes its own element, and the buffer outlives the parts.
        do throws(DifferenceError) {
          unsafe buffer[piece] = .success(try body(piece))
        } catch {
          unsafe buffer[piece] = .failure(error)
        }
      }
    }
    return results
  }
}
