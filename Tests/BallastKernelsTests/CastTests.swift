import CBallastKernels
import Testing

extension Kernels {
  struct CastTests {
    /// All 65536 halves, against the processor's own.
    @Test func everyHalfWidens() {
      let halves = (0...UInt16.max).map { $0 }
      onEveryMachine { machine in
        let values = widened(halves, by: bk_f16_to_f32)
        for (half, value) in zip(halves, values) {
          let expected = Float(Float16(bitPattern: half))
          guard isSame(value, expected) else {
            Issue.record("\(machine): \(half)")
            return
          }
        }
      }
    }

    @Test func everyBfloatWidens() {
      let bfloats = (0...UInt16.max).map { $0 }
      onEveryMachine { machine in
        let values = widened(bfloats, by: bk_bf16_to_f32)
        for (bits, value) in zip(bfloats, values) {
          guard isSame(value, Float(bitPattern: UInt32(bits) << 16)) else {
            Issue.record("\(machine): \(bits)")
            return
          }
        }
      }
    }

    /// Each of the 256 codes, from its sign, exponent and mantissa.
    @Test(arguments: [(mantissa: 3, bias: 7), (mantissa: 2, bias: 15)])
    func everyEightBitFloatWidens(mantissa: Int, bias: Int) {
      let codes = (0...UInt8.max).map { $0 }
      let isE4M3 = mantissa == 3
      onEveryMachine { machine in
        let values = widened(codes, by: isE4M3 ? bk_f8e4m3_to_f32 : bk_f8e5m2_to_f32)
        for (code, value) in zip(codes, values) {
          let exponent = Int(code & 0x7f) >> mantissa
          let fraction = Float(Int(code) & (1 << mantissa - 1)) / Float(1 << mantissa)
          var expected =
            exponent == 0
            ? fraction * power(1 - bias) : (1 + fraction) * power(exponent - bias)
          if isE4M3, code & 0x7f == 0x7f { expected = .nan }
          if !isE4M3, exponent == 31 { expected = fraction == 0 ? .infinity : .nan }
          if code & 0x80 != 0 { expected = -expected }
          guard isSame(value, expected) else {
            Issue.record("\(machine): \(code)")
            return
          }
        }
      }
    }

    /// Every half, every midpoint between two, and their neighbours; then random bits.
    @Test func halvesAreRoundedToNearestEven() {
      var floats: [Float] = []
      for bits in 0...UInt16.max {
        let value = Float(Float16(bitPattern: bits))
        floats += [value, value.nextUp, value.nextDown]
        let next = Float(Float16(bitPattern: bits).nextUp)
        let middle = value + (next - value) / 2
        floats += [middle, middle.nextUp, middle.nextDown]
      }
      floats += [65519.996, 65520, 65536, 1e30, -1e30, .leastNonzeroMagnitude]
      floats += randomBits(100_000)
      onEveryMachine { machine in
        let halves = narrowed(floats, by: bk_f32_to_f16)
        for (value, half) in zip(floats, halves) {
          let actual = Float16(bitPattern: half)
          let expected = Float16(value)
          guard isSame(Float(actual), Float(expected)) else {
            Issue.record("\(machine): \(value) became \(actual)")
            return
          }
        }
      }
    }

    /// Against a choice in double between the two neighbours.
    @Test func bfloatsAreRoundedToNearestEven() {
      let random = randomBits(100_000)
      let middles = (0...UInt16.max).map { Float(bitPattern: UInt32($0) << 16 | 0x8000) }
      let floats =
        random + middles + middles.map { $0.nextUp } + middles.map { $0.nextDown } + [
          .infinity, -.infinity, .greatestFiniteMagnitude, 0, -0.0, .leastNonzeroMagnitude,
          .signalingNaN, Float(bitPattern: 0x7f80_0001), Float(bitPattern: 0xffff_ffff),
        ]
      onEveryMachine { machine in
        let results = narrowed(floats, by: bk_f32_to_bf16)
        for (value, bits) in zip(floats, results) {
          let actual = Float(bitPattern: UInt32(bits) << 16)
          guard isSame(actual, nearestBfloat(value)) else {
            Issue.record("\(machine): \(value) became \(actual)")
            return
          }
        }
      }
    }

    @Test func doublesAreRoundedAndBack() {
      let doubles =
        [
          0, -0.0, 1.0 / 3, 1e300, -1e300, 1e-300, 3.4028235677973366e38, .infinity, .nan, 1e-40,
        ] + (0..<50).map { 1 / Double($0 + 7) }
      onEveryMachine { machine in
        for (value, float) in zip(doubles, widened(doubles, by: bk_f64_to_f32)) {
          guard isSame(float, Float(value)) else {
            Issue.record("\(machine): \(value)")
            return
          }
        }
        let floats = doubles.map { Float($0) }
        var back = [Double](repeating: 0, count: floats.count)
        bk_f32_to_f64(&back, floats, floats.count)
        for (float, double) in zip(floats, back) {
          guard isSame(Float(double), float), float.isNaN || double == Double(float) else {
            Issue.record("\(machine): \(float)")
            return
          }
        }
      }
    }
  }
}

/// Casts `values` from an odd address, as a checkpoint may hold them.
private func widened<Element: BitwiseCopyable>(
  _ values: [Element],
  by cast: (UnsafeMutablePointer<Float>?, UnsafeRawPointer?, Int) -> Void
) -> [Float] {
  let size = values.count * MemoryLayout<Element>.stride
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size + 1, alignment: 64)
  defer { bytes.deallocate() }
  let odd = UnsafeMutableRawBufferPointer(rebasing: bytes[1...])
  values.withUnsafeBytes { odd.copyMemory(from: $0) }
  var output = [Float](repeating: .nan, count: values.count)
  cast(&output, odd.baseAddress, values.count)
  return output
}

/// Casts `values` to an odd address.
private func narrowed(
  _ values: [Float],
  by cast: (UnsafeMutableRawPointer?, UnsafePointer<Float>?, Int) -> Void
) -> [UInt16] {
  let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * values.count + 1, alignment: 64)
  defer { bytes.deallocate() }
  cast(bytes.baseAddress.map { $0 + 1 }, values, values.count)
  return values.indices.map { bytes.loadUnaligned(fromByteOffset: 1 + 2 * $0, as: UInt16.self) }
}

private func isSame(_ left: Float, _ right: Float) -> Bool {
  left.isNaN ? right.isNaN : left.bitPattern == right.bitPattern
}

private func power(_ exponent: Int) -> Float {
  Float(sign: .plus, exponent: exponent, significand: 1)
}

private func randomBits(_ count: Int) -> [Float] {
  var random = SeededGenerator(6)
  return (0..<count).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
}

/// The bfloat16 next to `value`: the nearer of the two around it, or the even one.
private func nearestBfloat(_ value: Float) -> Float {
  guard value.isFinite else { return value }
  let lowBits = value.bitPattern & 0xffff_0000
  let low = Float(bitPattern: lowBits)
  let highBits = lowBits + 0x10000
  let high = Float(bitPattern: highBits)
  // One step beyond the largest bfloat lies infinity, which stands for 2^128.
  let above = high.isFinite ? Double(high) : value < 0 ? -0x1p128 : 0x1p128
  let toLow = (Double(value) - Double(low)).magnitude
  let toHigh = (above - Double(value)).magnitude
  if toLow == toHigh { return lowBits & 0x10000 == 0 ? low : high }
  return toLow < toHigh ? low : high
}
