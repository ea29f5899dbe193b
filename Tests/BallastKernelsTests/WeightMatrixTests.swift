import BallastKernels
import BallastParallel
import CBallastKernels
import Testing

extension Kernels {
  struct WeightMatrixTests {
    /// Rows on both sides of the switch to matrix products, widths that no vector divides, and a weight
    /// that is cut into several slices.
    private static let shapes = [
      (1, 7, 5), (1, 768, 130), (2, 33, 65), (3, 16, 64), (4, 50, 3), (5, 17, 200), (9, 40, 33),
      (16, 30, 70), (17, 30, 70), (70, 19, 41), (18, 3000, 150),
    ]
    private static let quantizedShapes = [
      (1, 32, 5), (1, 768, 130), (2, 96, 65), (3, 64, 64), (5, 4160, 7), (9, 32, 200),
      (16, 160, 33),
      (17, 64, 70), (20, 3072, 90),
    ]

    @Test(arguments: [WeightMatrix.Element.f16, .bf16], shapes)
    func narrowWeightsGiveTheAffineMap(
      element: WeightMatrix.Element,
      shape: (rows: Int, inputs: Int, outputs: Int)
    ) {
      let (rows, inputs, outputs) = shape
      var random = SeededGenerator(UInt64(rows * inputs + outputs))
      let input = random.floats(rows * inputs)
      let bias = random.floats(outputs)
      let weight = StoredWeight(random.floats(outputs * inputs), element)
      for bias in [bias, nil] {
        let expected = affineMap(
          input.doubles,
          weight.values.doubles,
          bias?.doubles,
          rows: rows,
          inputs: inputs,
          outputs: outputs
        )
        onEveryMachine { machine in
          let output = forward(input, weight, bias, rows: rows, outputs: outputs)
          expectClose(output, expected, machine)
        }
      }
    }

    /// Values that only the slow way to widen a half has to look after.
    @Test func everyHalfIsMultiplied() {
      let halves = (0...UInt16.max).filter { Float16(bitPattern: $0).isFinite }
      let weight = StoredWeight(words: halves, .f16)
      onEveryMachine { machine in
        let output = forward([1], weight, nil, rows: 1, outputs: halves.count)
        #expect(output == weight.values, "\(machine)")
        let wide = forward(
          [1] + [Float](repeating: 0, count: 15),
          weight,
          nil,
          rows: 1,
          outputs: halves.count / 16
        )
        #expect(
          wide == stride(from: 0, to: halves.count / 16 * 16, by: 16).map { weight.values[$0] }
        )
      }
    }

    @Test(arguments: quantizedShapes)
    func blocksAreMultipliedByQuantisedRows(rows: Int, inputs: Int, outputs: Int) {
      var random = SeededGenerator(UInt64(rows * inputs + outputs))
      let input = random.floats(rows * inputs)
      let bias = random.floats(outputs)
      let weight = StoredWeight.blocks(outputs * inputs / 32, &random)
      // Few rows are rounded to levels; more are multiplied as they are.
      let seen = rows <= 16 ? rounded(input) : input.doubles
      for bias in [bias, nil] {
        let expected = affineMap(
          seen,
          weight.values.doubles,
          bias?.doubles,
          rows: rows,
          inputs: inputs,
          outputs: outputs
        )
        onEveryMachine { machine in
          let output = forward(input, weight, bias, rows: rows, outputs: outputs)
          expectClose(output, expected, machine)
        }
      }
    }

    /// The largest sums that levels can give are exact.
    @Test func extremeLevels() {
      for level in [Int8.min, .max] {
        let block: [UInt8] = [0, 0x3c] + [UInt8](repeating: UInt8(bitPattern: level), count: 32)
        let weight = StoredWeight(
          bytes: block,
          .q80,
          values: [Float](repeating: Float(level), count: 32)
        )
        onEveryMachine { machine in
          let output = forward(
            [Float](repeating: -127, count: 32),
            weight,
            nil,
            rows: 1,
            outputs: 1
          )
          #expect(output == [Float(level) * -127 * 32], "\(machine)")
        }
      }
    }

    @Test func rowsAreQuantisedTheSameEverywhere() {
      var random = SeededGenerator(9)
      var input = random.floats(32 * 40, in: -3...3)
      input += (0..<32).map { Float($0) - 15.5 }  // halves, as 127 / 15.5 · x
      input += (0..<32).map { Float($0) * 2 - 127 } + [Float](repeating: 0, count: 32)
      input += [Float](repeating: 0x1p-101, count: 32) + [Float](repeating: 0x1p-99, count: 32)
      input += [Float](repeating: .greatestFiniteMagnitude, count: 32)
      let (levels, scales) = quantized(input)
      onEveryMachine { machine in
        var actual = [Int16](repeating: 99, count: input.count)
        var actualScales = [Float](repeating: 99, count: input.count / 32)
        bk_q8_quantize(&actual, &actualScales, input, input.count / 32)
        #expect(actual == levels, "\(machine)")
        #expect(actualScales == scales, "\(machine)")
      }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity], [0, 13, 31])
    func whatIsNotFiniteStaysSo(value: Float, place: Int) {
      var random = SeededGenerator(3)
      var input = random.floats(64)
      input[32 + place] = value
      let weight = StoredWeight.blocks(2 * 5, &random)
      onEveryMachine { machine in
        let output = forward(input, weight, nil, rows: 1, outputs: 5)
        #expect(output.allSatisfy { !$0.isFinite }, "\(machine)")
      }
    }

    @Test(arguments: WeightMatrix.Element.allCases)
    func aRowDoesNotDependOnItsFewCompanions(element: WeightMatrix.Element) {
      var random = SeededGenerator(1)
      let input = random.floats(16 * 96)
      let weight =
        element == .q80 ? .blocks(30, &random) : StoredWeight(random.floats(960), element)
      let all = forward(input, weight, nil, rows: 16, outputs: 10)
      for rows in 1..<16 {
        let some = forward(Array(input.prefix(rows * 96)), weight, nil, rows: rows, outputs: 10)
        #expect(some[...] == all.prefix(rows * 10))
      }
    }

    @Test(arguments: WeightMatrix.Element.allCases)
    func rowsAreWidened(element: WeightMatrix.Element) {
      var random = SeededGenerator(5)
      let weight =
        element == .q80 ? .blocks(35, &random) : StoredWeight(random.floats(7 * 160), element)
      onEveryMachine { machine in
        weight.withMatrix(outFeatures: 7) { matrix in
          var rows = [Float](repeating: .nan, count: 3 * 160)
          matrix.widen(2..<5, into: &rows)
          #expect(rows[...] == weight.values[(2 * 160)..<(5 * 160)], "\(machine)")
        }
      }
    }

    @Test(arguments: WeightMatrix.Element.allCases)
    func embeddingAddsTokenAndPosition(element: WeightMatrix.Element) {
      var random = SeededGenerator(8)
      let width = 96
      let table =
        element == .q80
        ? .blocks(11 * 3, &random) : StoredWeight(random.floats(11 * width), element)
      let positions = random.floats(8 * width)
      let ids = (0..<2 * 5).map { _ in Int32.random(in: 0..<11, using: &random) }
      let expected = (0..<2 * 5 * width).map { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: width)
        return table.values[Int(ids[row]) * width + column]
          + positions[(3 + row % 5) * width + column]
      }
      onEveryMachine { machine in
        var output = [Float](repeating: .nan, count: expected.count)
        table.withMatrix(outFeatures: 11) { matrix in
          Embedding.forward(
            output: &output,
            ids: ids,
            tokenTable: matrix,
            positionTable: positions,
            batch: 2,
            length: 5,
            positionOffset: 3
          )
        }
        #expect(output == expected, "\(machine)")
      }
    }

    private func forward(
      _ input: [Float],
      _ weight: StoredWeight,
      _ bias: [Float]?,
      rows: Int,
      outputs: Int
    ) -> [Float] {
      var output = [Float](repeating: .nan, count: rows * outputs)
      weight.withMatrix(outFeatures: outputs, inFeatures: input.count / rows) { matrix in
        Linear.forward(output: &output, input: input, weight: matrix, bias: bias, rows: rows)
      }
      return output
    }
  }
}

/// A weight as a file stores it, and what its elements stand for.
private struct StoredWeight {
  let bytes: [UInt8]
  let element: WeightMatrix.Element
  let values: [Float]

  init(bytes: [UInt8], _ element: WeightMatrix.Element, values: [Float]) {
    self.bytes = bytes
    self.element = element
    self.values = values
  }

  init(words: [UInt16], _ element: WeightMatrix.Element) {
    bytes = words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    self.element = element
    values = words.map {
      element == .f16
        ? Float(Float16(bitPattern: $0)) : Float(bitPattern: UInt32($0) << 16)
    }
  }

  /// Floats, narrowed: bfloat16 by cutting off, which any value stands for.
  init(_ floats: [Float], _ element: WeightMatrix.Element) {
    switch element {
    case .f16: self.init(words: floats.map { Float16($0).bitPattern }, .f16)
    case .bf16: self.init(words: floats.map { UInt16($0.bitPattern >> 16) }, .bf16)
    default:
      self.init(bytes: floats.withUnsafeBytes { Array($0) }, .f32, values: floats)
    }
  }

  /// Blocks of Q8_0 with any level; every fifth scale is subnormal, every seventh negative.
  static func blocks(_ count: Int, _ random: inout SeededGenerator) -> StoredWeight {
    var bytes: [UInt8] = []
    var values: [Float] = []
    for block in 0..<count {
      var scale = Float16(Float.random(in: 0.001...0.02, using: &random))
      if block % 5 == 4 { scale = Float16(bitPattern: UInt16.random(in: 1...1023, using: &random)) }
      if block % 7 == 6 { scale = -scale }
      let levels = (0..<32).map { _ in Int8.random(in: .min ... .max, using: &random) }
      bytes += [UInt8(truncatingIfNeeded: scale.bitPattern), UInt8(scale.bitPattern >> 8)]
      bytes += levels.map { UInt8(bitPattern: $0) }
      values += levels.map { Float(scale) * Float($0) }
    }
    return StoredWeight(bytes: bytes, .q80, values: values)
  }

  /// Lends the weight at an address that is a multiple of the element's alignment and of no more.
  func withMatrix(outFeatures: Int, inFeatures: Int? = nil, _ body: (WeightMatrix) -> Void) {
    let shift = element.alignment
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: bytes.count + shift,
      alignment: 64
    )
    defer { memory.deallocate() }
    UnsafeMutableRawBufferPointer(rebasing: memory[shift...]).copyBytes(from: bytes)
    guard let base = memory.baseAddress else { return }
    body(
      WeightMatrix(
        base + shift,
        element,
        outFeatures: outFeatures,
        inFeatures: inFeatures ?? values.count / outFeatures
      )
    )
  }
}

/// Levels and scales of blocks of 32, as ggml rounds activations.
private func quantized(_ input: [Float]) -> (levels: [Int16], scales: [Float]) {
  var levels: [Int16] = []
  var scales: [Float] = []
  for start in stride(from: 0, to: input.count, by: 32) {
    let block = input[start..<start + 32]
    let largest = block.reduce(0) { max($0, $1.magnitude) }
    let isZero = largest < 0x1p-100
    scales.append(isZero ? 0 : largest / 127)
    levels += block.map { isZero ? 0 : Int16(($0 * (127 / largest)).rounded(.toNearestOrEven)) }
  }
  return (levels, scales)
}

/// What quantised rows stand for.
private func rounded(_ input: [Float]) -> [Double] {
  let (levels, scales) = quantized(input)
  return levels.indices.map { Double(levels[$0]) * Double(scales[$0 / 32]) }
}
