import BallastParallel
import CBallastKernels
import Testing

/// The suites of this target: one after another, since each sets the instruction set and the
/// number of threads of the whole process.
@Suite(.serialized) enum Kernels {}

/// Runs `body` at every instruction set of this machine, with 1, 2 and 3 threads.
func onEveryMachine(_ body: (String) throws -> Void) rethrows {
  defer {
    bk_set_level(bk_supported_level())
    Parallel.setThreadCount(0)
  }
  for level in BK_LEVEL_BASELINE...Int(bk_supported_level()) {
    for threads in 1...3 {
      bk_set_level(Int32(level))
      Parallel.setThreadCount(threads)
      try body("\(String(cString: bk_instruction_set())), \(threads) threads")
    }
  }
}

/// Expects every value within `tolerance` of the largest expected magnitude.
func expectClose(
  _ actual: [Float],
  _ expected: [Double],
  tolerance: Double = 2e-6,
  _ context: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(actual.count == expected.count, "\(context)", sourceLocation: sourceLocation)
  let scale = expected.reduce(0) { max($0, $1.magnitude) }
  var worst = (index: 0, error: 0.0)
  for (index, pair) in zip(actual, expected).enumerated() {
    let error = (Double(pair.0) - pair.1).magnitude
    if !(error <= worst.error) { worst = (index, error) }
    // Nothing is worse than NaN, with which no comparison holds.
    if error.isNaN { break }
  }
  guard !(worst.error <= tolerance * scale) else { return }
  let index = worst.index
  Issue.record(
    "\(context): [\(index)] is \(actual[index]), not \(expected[index]); scale \(scale)",
    sourceLocation: sourceLocation
  )
}

/// SplitMix64 (Steele, Lea and Flood 2014): the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var word = state
    word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
    return word ^ (word >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }
}

extension [Float] {
  var doubles: [Double] { map { Double($0) } }
}

/// The gradient of `loss` at `point` by central differences.
func numericGradient(at point: [Double], _ loss: ([Double]) -> Double) -> [Double] {
  var point = point
  return point.indices.map { index in
    let step = 1e-5 * max(1, point[index].magnitude)
    let value = point[index]
    point[index] = value + step
    let above = loss(point)
    point[index] = value - step
    let below = loss(point)
    point[index] = value
    return (above - below) / (2 * step)
  }
}

/// Σ left · right.
func dot(_ left: [Double], _ right: [Double]) -> Double {
  zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
}
