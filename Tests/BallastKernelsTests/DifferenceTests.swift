import CBallastKernels
import Testing

extension Kernels {
  struct DifferenceTests {
    private static let specials: [Double] = [
      0, -0.0, .nan, .infinity, -.infinity, 1e-40, -1e-44, 1, -1, .leastNonzeroMagnitude,
    ]

    /// Any mixture of values, equal, near, far and special, in pieces, from odd addresses.
    @Test(arguments: [0, 1, 3, 1023, 1024, 1025, 10_007])
    func everyFigureIsThatOfTheSlowTwin(count: Int) {
      var random = SeededGenerator(UInt64(count) + 5)
      func value() -> Double {
        Int.random(in: 0..<6, using: &random) == 0
          ? Self.specials.randomElement(using: &random) ?? 0
          : Double(Float.random(in: -3...5, using: &random))
      }
      let a = (0..<count).map { _ in value() }
      let b = a.map { Bool.random(using: &random) ? $0 : value() }
      let (floatsA, floatsB) = (a.map { Float($0) }, b.map { Float($0) })
      onEveryMachine { machine in
        for (atol, rtol) in [(0.0, 0.0), (0.5, 0), (0, 0.3), (0.1, 0.1)] {
          let found = gathered(floatsA, floatsB, atol, rtol, by: bk_difference_f32)
          expect(found, floatsA.doubles, floatsB.doubles, atol, rtol, machine)
          let doubles = gathered(a, b, atol, rtol, by: bk_difference_f64)
          expect(doubles, a, b, atol, rtol, machine)
        }
      }
    }

    @Test func extremesOfTheType() {
      let largest = Float.greatestFiniteMagnitude
      onEveryMachine { machine in
        let found = gathered([largest, 0], [-largest, 0], 0, 0, by: bk_difference_f32)
        #expect(found.max_absolute == 2 * Double(largest) && found.max_relative == 2, "\(machine)")
        let tiny = gathered(
          [Float.leastNonzeroMagnitude],
          [0],
          0,
          0,
          by: bk_difference_f32
        )
        #expect(tiny.changed == 1 && tiny.max_relative == 1, "\(machine)")
        let least = Double.leastNonzeroMagnitude
        let subnormal = gathered([2 * least], [least], 0, 0, by: bk_difference_f64)
        #expect(subnormal.changed == 1 && subnormal.max_absolute == least, "\(machine)")
      }
    }
  }
}

private typealias Kernel = (
  UnsafeMutablePointer<bk_difference>?, UnsafeRawPointer?, UnsafeRawPointer?, Int, Double, Double
) -> Void

/// Gathers pairs from odd addresses, in two pieces.
private func gathered<Element: BitwiseCopyable>(
  _ a: [Element],
  _ b: [Element],
  _ atol: Double,
  _ rtol: Double,
  by gather: Kernel
) -> bk_difference {
  let stride = MemoryLayout<Element>.stride
  var found = bk_difference()
  func copied(_ values: [Element], offset: Int) -> UnsafeMutableRawBufferPointer {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: values.count * stride + offset,
      alignment: 64
    )
    values.withUnsafeBytes {
      UnsafeMutableRawBufferPointer(rebasing: bytes[offset...]).copyMemory(from: $0)
    }
    return bytes
  }
  let (left, right) = (copied(a, offset: 1), copied(b, offset: 3))
  defer {
    left.deallocate()
    right.deallocate()
  }
  guard let from = left.baseAddress, let to = right.baseAddress else { return found }
  let first = a.count / 3
  gather(&found, from + 1, to + 3, first, atol, rtol)
  gather(
    &found,
    from + 1 + first * stride,
    to + 3 + first * stride,
    a.count - first,
    atol,
    rtol
  )
  return found
}

private func expect(
  _ found: bk_difference,
  _ a: [Double],
  _ b: [Double],
  _ atol: Double,
  _ rtol: Double,
  _ machine: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let pairs = Array(zip(a, b))
  let finite = pairs.filter { $0.0.isFinite && $0.1.isFinite }
  let gaps = finite.map { ($0.0 - $0.1).magnitude }
  let relative = finite.map { x, y in
    x == y ? 0 : (x - y).magnitude / max(x.magnitude, y.magnitude)
  }
  let infinite = pairs.count { x, y in
    !x.isNaN && !y.isNaN && (x.isInfinite || y.isInfinite) && x != y
  }
  let counts = [
    finite.count { $0.0 != $0.1 },
    finite.count { ($0.0 - $0.1).magnitude > atol + rtol * $0.1.magnitude },
    pairs.count { $0.0.isNaN != $0.1.isNaN }, infinite,
  ]
  #expect(
    counts.map { UInt64($0) } == [found.changed, found.beyond, found.nan, found.infinite],
    "\(machine)",
    sourceLocation: sourceLocation
  )
  #expect(found.max_absolute == gaps.max() ?? 0, "\(machine)", sourceLocation: sourceLocation)
  #expect(found.max_relative == relative.max() ?? 0, "\(machine)", sourceLocation: sourceLocation)
  let sums = [
    (found.dot, finite.map { $0.0 * $0.1 }), (found.squares_a, finite.map { $0.0 * $0.0 }),
    (found.squares_b, finite.map { $0.1 * $0.1 }), (found.squares, gaps.map { $0 * $0 }),
  ]
  for (actual, terms) in sums {
    let scale = terms.reduce(0) { $0 + $1.magnitude }
    #expect(
      (actual - terms.reduce(0, +)).magnitude <= 1e-13 * scale,
      "\(machine)",
      sourceLocation: sourceLocation
    )
  }
}
