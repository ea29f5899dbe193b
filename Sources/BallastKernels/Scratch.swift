import CBallastKernels

/// Memory that a kernel packs its factors in, one block for each thread.
package enum Scratch {
  /// Runs `body` with so many floats, of any value, at the start of a cache line.
  ///
  /// Within `body` another call on the same thread takes its floats from the heap.
  package static func withFloats(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    if let own = bk_scratch_take(count) {
      defer { bk_scratch_give() }
      return body(own)
    }
    withUnsafeTemporaryAllocation(
      byteCount: max(1, count) * MemoryLayout<Float>.stride,
      alignment: cacheLine
    ) { bytes in
      guard let start = bytes.bindMemory(to: Float.self).baseAddress else { return }
      body(start)
    }
  }

  private static let cacheLine = 64
}
