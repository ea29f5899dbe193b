import BallastKernels
import CBallastKernels
import Testing

extension Kernels {
  struct DropoutTests {
    /// The known answers that Random123, the authors' library, publishes for philox4x32-10.
    @Test(
      arguments: [
        (
          seed: 0, stream: 0, block: 0, words: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        ),
        (
          seed: .max, stream: .max, block: .max,
          words: [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        ),
        (
          seed: 0x299f_31d0_a409_3822, stream: 0x0370_7344_1319_8a2e, block: 0x85a3_08d3_243f_6a88,
          words: [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        ),
      ] as [(seed: UInt64, stream: UInt64, block: UInt64, words: [UInt32])]
    )
    func philoxGivesTheKnownAnswers(
      seed: UInt64,
      stream: UInt64,
      block: UInt64,
      words: [UInt32]
    ) {
      onEveryMachine { machine in
        var output = [UInt32](repeating: 0, count: 4)
        bk_philox(&output, 1, seed, stream, block)
        #expect(output == words, "\(machine)")
      }
    }

    /// Each element alone, from the stream's own words.
    @Test(arguments: [(1, 0), (3, 2), (257, 1), (1000, 5), (40_000, 3)])
    func everyElementFollowsItsWord(count: Int, first: Int) {
      var random = SeededGenerator(8)
      let input = random.floats(count)
      let dropout = Dropout(probability: 0.25, seed: 11, stream: 1 << 40)
      var words = [UInt32](repeating: 0, count: count + first + 4)
      bk_philox(&words, words.count / 4, 11, 1 << 40, 0)
      let expected = input.enumerated().map { index, value in
        words[first + index] >= 1 << 30 ? value * Float(1 / 0.75) : 0
      }
      onEveryMachine { machine in
        var output = input
        dropout.apply(&output, count: count, firstIndex: first)
        #expect(output == expected, "\(machine)")
      }
    }

    @Test func theShareOfZerosIsTheProbability() {
      var values = [Float](repeating: 1, count: 1 << 20)
      Dropout(probability: 0.1, seed: 42, stream: 7).apply(&values, count: values.count)
      let share = Double(values.count { $0 == 0 }) / Double(values.count)
      #expect((share - 0.1).magnitude < 0.002)  // six standard deviations
      #expect((values.reduce(0.0) { $0 + Double($1) } / Double(values.count) - 1).magnitude < 0.003)
    }

    @Test func streamsAndSeedsDiffer() {
      func mask(seed: UInt64, stream: UInt64) -> [Float] {
        var values = [Float](repeating: 1, count: 256)
        Dropout(probability: 0.5, seed: seed, stream: stream).apply(&values, count: 256)
        return values
      }
      #expect(mask(seed: 1, stream: 1) == mask(seed: 1, stream: 1))
      #expect(mask(seed: 1, stream: 1) != mask(seed: 1, stream: 2))
      #expect(mask(seed: 1, stream: 1) != mask(seed: 2, stream: 1))
    }

    @Test func probabilityZeroChangesNothing() {
      var random = SeededGenerator(9)
      let input = random.floats(1001)
      var output = input
      Dropout(probability: 0, seed: 1, stream: 1).apply(&output, count: 1001)
      #expect(output == input)
    }
  }
}
