import BallastKernels
import BallastParallel
import Glibc
import Testing

extension Kernels {
  struct AttentionTests {
    /// Sequences, queries, keys before them, heads, head size.
    @Test(arguments: [
      (1, 1, 0, 1, 1), (1, 1, 40, 3, 64), (2, 1, 17, 2, 70), (1, 5, 9, 2, 3), (2, 7, 0, 3, 5),
      (1, 64, 0, 2, 16), (1, 65, 3, 1, 9), (2, 131, 0, 2, 8), (1, 1, 700, 12, 64),
    ])
    func forwardIsCausalAttention(batch: Int, queries: Int, past: Int, heads: Int, headSize: Int) {
      let problem = Problem(
        batch: batch,
        queries: queries,
        past: past,
        heads: heads,
        headSize: headSize
      )
      for dropout in [nil, Dropout(probability: 0.3, seed: 5, stream: 9)] {
        let expected = problem.expected(dropout: dropout)
        onEveryMachine { machine in
          let actual = problem.forward(dropout: dropout)
          // 1.2e-6 at worst in a plain build; one with -fsanitize=undefined rounds otherwise and
          // comes to 2.5e-6.
          expectClose(actual.output, expected.output, tolerance: 5e-6, machine)
          expectClose(actual.logSumExp, expected.logSumExp, machine)
        }
      }
    }

    @Test(arguments: [(1, 3, 1, 2), (2, 7, 3, 5), (1, 67, 2, 3)])
    func backwardIsTheDerivative(batch: Int, length: Int, heads: Int, headSize: Int) {
      var problem = Problem(
        batch: batch,
        queries: length,
        past: 0,
        heads: heads,
        headSize: headSize
      )
      var random = SeededGenerator(77)
      let outputGradient = random.floats(batch * length * heads * headSize)
      for dropout in [nil, Dropout(probability: 0.3, seed: 5, stream: 9)] {
        // Finite differences of the slow twin; all of them where they are few.
        let start = problem.tokens
        let numeric = numericGradient(at: start.doubles) { tokens in
          dot(outputGradient.doubles, problem.expected(tokens: tokens, dropout: dropout).output)
        }
        onEveryMachine { machine in
          let forward = problem.forward(dropout: dropout)
          let actual = problem.backward(outputGradient, forward, dropout: dropout)
          expectClose(actual, numeric, tolerance: 5e-6, machine)
        }
        problem.tokens = start
      }
    }

    @Test func resultsDoNotDependOnTheThreads() {
      let problem = Problem(batch: 2, queries: 90, past: 0, heads: 3, headSize: 20)
      let mask = Dropout(probability: 0.1, seed: 1, stream: 2)
      defer { Parallel.setThreadCount(0) }
      let results = [1, 2, 3].map { threads in
        Parallel.setThreadCount(threads)
        let forward = problem.forward(dropout: mask)
        return problem.backward(forward.output, forward, dropout: mask) + forward.output
      }
      #expect(results[0] == results[1] && results[1] == results[2])
    }

    /// Decoding, a token at a time, sees what the whole pass sees.
    @Test func decodingAgreesWithTheWholePass() {
      let problem = Problem(batch: 1, queries: 20, past: 0, heads: 2, headSize: 64)
      let whole = problem.forward(dropout: nil).output
      let width = 128
      for position in 0..<20 {
        var output = [Float](repeating: 0, count: width)
        var logSumExp = [Float](repeating: 0, count: 2)
        problem.tokens.withUnsafeBufferPointer { tokens in
          guard let start = tokens.baseAddress else { return }
          Attention.forward(
            output: &output,
            logSumExp: &logSumExp,
            inputs: AttentionInputs(
              queries: start + position * 3 * width,
              keys: start + width,
              values: start + 2 * width,
              queryStride: 3 * width,
              keyStride: 3 * width,
              keyHeadStride: 64,
              queryBatchStride: 0,
              keyBatchStride: 0
            ),
            shape: AttentionShape(
              batch: 1,
              queries: 1,
              keys: position + 1,
              offset: position,
              heads: 2,
              headSize: 64,
              scale: problem.scale
            ),
            dropout: nil
          )
        }
        expectClose(output, whole[position * width..<(position + 1) * width].map { Double($0) })
      }
    }
  }
}

/// An attention whose tokens [B, past + T, 3C] carry queries, keys and values side by side.
private struct Problem {
  let batch: Int
  let queries: Int
  let past: Int
  let heads: Int
  let headSize: Int
  let scale: Float = 0.31
  var tokens: [Float]

  init(batch: Int, queries: Int, past: Int, heads: Int, headSize: Int) {
    self.batch = batch
    self.queries = queries
    self.past = past
    self.heads = heads
    self.headSize = headSize
    var random = SeededGenerator(UInt64(queries * 100 + past))
    tokens = random.floats(batch * (past + queries) * 3 * heads * headSize, in: -2...2)
  }

  private var width: Int { heads * headSize }
  private var keys: Int { past + queries }
  private var shape: AttentionShape {
    AttentionShape(
      batch: batch,
      queries: queries,
      keys: keys,
      offset: past,
      heads: heads,
      headSize: headSize,
      scale: scale
    )
  }

  private func withInputs(_ body: (AttentionInputs) -> Void) {
    tokens.withUnsafeBufferPointer { tokens in
      guard let start = tokens.baseAddress else { return }
      body(
        AttentionInputs(
          queries: start + past * 3 * width,
          keys: start + width,
          values: start + 2 * width,
          queryStride: 3 * width,
          keyStride: 3 * width,
          keyHeadStride: headSize,
          queryBatchStride: keys * 3 * width,
          keyBatchStride: keys * 3 * width
        )
      )
    }
  }

  func forward(dropout: Dropout?) -> (output: [Float], logSumExp: [Float]) {
    var output = [Float](repeating: .nan, count: batch * queries * width)
    var logSumExp = [Float](repeating: .nan, count: batch * heads * queries)
    withInputs { inputs in
      Attention.forward(
        output: &output,
        logSumExp: &logSumExp,
        inputs: inputs,
        shape: shape,
        dropout: dropout
      )
    }
    return (output, logSumExp)
  }

  func backward(
    _ outputGradient: [Float],
    _ forward: (output: [Float], logSumExp: [Float]),
    dropout: Dropout?
  ) -> [Float] {
    var gradient = [Float](repeating: .nan, count: tokens.count)
    gradient.withUnsafeMutableBufferPointer { gradient in
      guard let start = gradient.baseAddress else { return }
      withInputs { inputs in
        Attention.backward(
          inputGradients: AttentionGradients(
            queries: start,
            keys: start + width,
            values: start + 2 * width,
            tokenStride: 3 * width,
            batchStride: keys * 3 * width
          ),
          outputGradient: outputGradient,
          output: forward.output,
          logSumExp: forward.logSumExp,
          inputs: inputs,
          shape: shape,
          dropout: dropout
        )
      }
    }
    return gradient
  }

  /// The slow twin.
  func expected(
    tokens: [Double]? = nil,
    dropout: Dropout?
  ) -> (output: [Double], logSumExp: [Double]) {
    let tokens = tokens ?? self.tokens.doubles
    var output = [Double](repeating: 0, count: batch * queries * width)
    var logSumExp: [Double] = []
    let mask = mask(dropout)
    for sequence in 0..<batch {
      for head in 0..<heads {
        func part(_ which: Int, _ token: Int, _ column: Int) -> Double {
          tokens[
            ((sequence * keys + token) * 3 + which) * width + head * headSize + column
          ]
        }
        for query in 0..<queries {
          let scores = (0...past + query).map { key in
            Double(scale)
              * (0..<headSize).reduce(0) { $0 + part(0, past + query, $1) * part(1, key, $1) }
          }
          let largest = scores.max() ?? 0
          let sum = scores.reduce(0) { $0 + exp($1 - largest) }
          logSumExp.append(largest + log(sum))
          let row = ((sequence * heads + head) * queries + query) * keys
          for column in 0..<headSize {
            output[(sequence * queries + query) * width + head * headSize + column] =
              scores.enumerated().reduce(0) { total, score in
                total + exp(score.element - largest) / sum * mask[row + score.offset]
                  * part(2, score.offset, column)
              }
          }
        }
      }
    }
    return (output, logSumExp)
  }

  /// The factor on every probability [B, H, T, keys].
  private func mask(_ dropout: Dropout?) -> [Double] {
    var mask = [Float](repeating: 1, count: batch * heads * queries * keys)
    dropout?.apply(&mask, count: mask.count)
    return mask.doubles
  }
}
