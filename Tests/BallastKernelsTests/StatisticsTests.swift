import CBallastKernels
import Testing

extension Kernels {
  struct StatisticsTests {
    /// Any mixture of special values, in pieces, from an odd address.
    @Test(arguments: [0, 1, 3, 2047, 2048, 2049, 10_007])
    func everyCountAndMomentIsThatOfTheSlowTwin(count: Int) {
      var random = SeededGenerator(UInt64(count))
      let specials: [Double] = [
        0, -0.0, .nan, .infinity, -.infinity, 1e-40, -1e-44, .leastNonzeroMagnitude,
      ]
      let values = (0..<count).map { _ in
        Int.random(in: 0..<4, using: &random) == 0
          ? specials.randomElement(using: &random) ?? 0
          : Double(Float.random(in: -3...5, using: &random))
      }
      let floats = values.map { Float($0) }
      onEveryMachine { machine in
        expect(
          gathered(floats, by: bk_statistics_f32),
          of: floats.doubles,
          subnormal: 0x1p-126,
          machine
        )
        expect(gathered(values, by: bk_statistics_f64), of: values, subnormal: 0x1p-1022, machine)
      }
    }

    @Test func momentsSurviveALargeMean() {
      var random = SeededGenerator(12)
      let floats = random.floats(20_000).map { $0 + 10_000 }
      onEveryMachine { machine in
        expect(
          gathered(floats, by: bk_statistics_f32),
          of: floats.doubles,
          subnormal: 0x1p-126,
          machine
        )
      }
    }

    @Test(arguments: [[Float.nan, .infinity, -.infinity], [.nan], []])
    func nothingFiniteLeavesNoExtremes(values: [Float]) {
      onEveryMachine { machine in
        let found = gathered(values, by: bk_statistics_f32)
        #expect(found.minimum == .infinity && found.maximum == -.infinity, "\(machine)")
        #expect(found.absolute_maximum == 0 && found.finite == 0, "\(machine)")
        #expect(found.mean == 0 && found.m2 == 0 && found.sum_of_squares == 0, "\(machine)")
      }
    }

    @Test func extremesOfTheTypeAreFinite() {
      let values = [
        Float.greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNormalMagnitude,
      ]
      let found = gathered(values, by: bk_statistics_f32)
      #expect(found.finite == 3 && found.subnormal == 0)
      #expect(found.minimum == -Double(Float.greatestFiniteMagnitude))
      #expect(found.absolute_maximum == Double(Float.greatestFiniteMagnitude))
    }
  }
}

/// Gathers `values` from an odd address, in two pieces.
private func gathered<Element: BitwiseCopyable>(
  _ values: [Element],
  by gather: (UnsafeMutablePointer<bk_statistics>?, UnsafeRawPointer?, Int) -> Void
) -> bk_statistics {
  let stride = MemoryLayout<Element>.stride
  let bytes = UnsafeMutableRawBufferPointer.allocate(
    byteCount: values.count * stride + 1,
    alignment: 64
  )
  defer { bytes.deallocate() }
  values.withUnsafeBytes {
    UnsafeMutableRawBufferPointer(rebasing: bytes[1...]).copyMemory(from: $0)
  }
  var found = bk_statistics()
  bk_statistics_init(&found)
  let first = values.count / 3
  gather(&found, bytes.baseAddress.map { $0 + 1 }, first)
  gather(&found, bytes.baseAddress.map { $0 + 1 + first * stride }, values.count - first)
  return found
}

private func expect(
  _ found: bk_statistics,
  of values: [Double],
  subnormal: Double,
  _ machine: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let finite = values.filter { $0.isFinite }
  let mean = finite.isEmpty ? 0 : finite.reduce(0, +) / Double(finite.count)
  let m2 = finite.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  let squares = finite.reduce(0) { $0 + $1 * $1 }
  let counts = [
    values.count { $0 == 0 }, values.count { $0.isNaN }, values.count { $0 == .infinity },
    values.count { $0 == -.infinity }, values.count { $0 != 0 && $0.magnitude < subnormal },
    finite.count,
  ]
  #expect(
    counts.map { UInt64($0) } == [
      found.zeros, found.nan, found.positive_infinite, found.negative_infinite, found.subnormal,
      found.finite,
    ],
    "\(machine)",
    sourceLocation: sourceLocation
  )
  #expect(found.minimum == finite.min() ?? .infinity, "\(machine)", sourceLocation: sourceLocation)
  #expect(found.maximum == finite.max() ?? -.infinity, "\(machine)", sourceLocation: sourceLocation)
  #expect(
    found.absolute_maximum == finite.map { $0.magnitude }.max() ?? 0,
    "\(machine)",
    sourceLocation: sourceLocation
  )
  let pairs = [(found.mean, mean), (found.m2, m2), (found.sum_of_squares, squares)]
  for (actual, expected) in pairs {
    #expect(
      (actual - expected).magnitude <= 1e-11 * max(expected.magnitude, 1e-3),
      "\(machine)",
      sourceLocation: sourceLocation
    )
  }
}
