import BallastKernels
import Testing

extension Kernels {
  struct EmbeddingTests {
    @Test(arguments: [(1, 1, 1), (2, 5, 7), (3, 40, 129)])
    func forwardAddsTokenAndPosition(batch: Int, length: Int, width: Int) {
      var random = SeededGenerator(UInt64(width))
      let tokens = random.floats(11 * width)
      let positions = random.floats((length + 3) * width)
      let ids = (0..<batch * length).map { _ in Int32.random(in: 0..<11, using: &random) }
      let expected = (0..<batch * length * width).map { index in
        let (row, column) = index.quotientAndRemainder(dividingBy: width)
        return tokens[Int(ids[row]) * width + column]
          + positions[(3 + row % length) * width + column]
      }
      onEveryMachine { machine in
        var output = [Float](repeating: .nan, count: batch * length * width)
        Embedding.forward(
          output: &output,
          ids: ids,
          tokenTable: tokens,
          positionTable: positions,
          batch: batch,
          length: length,
          width: width,
          positionOffset: 3
        )
        #expect(output == expected, "\(machine)")
      }
    }

    /// Repeated tokens gather every gradient, in the same order whatever the threads.
    @Test(arguments: [(1, 1, 1), (2, 5, 7), (3, 70, 129)])
    func backwardScattersAndAdds(batch: Int, length: Int, width: Int) {
      var random = SeededGenerator(UInt64(width))
      let gradient = random.floats(batch * length * width)
      let ids = (0..<batch * length).map { _ in Int32.random(in: 0..<4, using: &random) }
      var tokens = [Float](repeating: 0.5, count: 5 * width)
      var positions = [Float](repeating: 0.25, count: length * width)
      for row in 0..<batch * length {
        for column in 0..<width {
          tokens[Int(ids[row]) * width + column] += gradient[row * width + column]
          positions[row % length * width + column] += gradient[row * width + column]
        }
      }
      onEveryMachine { machine in
        var tokenGradient = [Float](repeating: 0.5, count: 5 * width)
        var positionGradient = [Float](repeating: 0.25, count: length * width)
        Embedding.backward(
          tokenGradient: &tokenGradient,
          positionGradient: &positionGradient,
          outputGradient: gradient,
          ids: ids,
          batch: batch,
          length: length,
          width: width,
          vocabularySize: 5
        )
        #expect(tokenGradient == tokens, "\(machine)")
        #expect(positionGradient == positions, "\(machine)")
      }
    }
  }
}
