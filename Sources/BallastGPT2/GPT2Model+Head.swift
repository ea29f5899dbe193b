import BallastKernels

extension GPT2Model {
  /// The head: logits [rows, V] = normed [rows, C] · headᵀ.
  package func head(
    _ normed: UnsafePointer<Float>,
    rows: Int,
    logits: UnsafeMutablePointer<Float>
  ) {
    let weight = parameters.head.matrix
    Profile.measure(
      .head,
      operations: 2 * Double(rows) * Double(parameters.head.count),
      bytes: Double(weight.byteCount)
        + Profile.floats(rows * configuration.width, rows * configuration.vocabularySize)
    ) {
      multiply(logits, input: normed, parameters.head, bias: nil, rows: rows)
    }
  }

  /// Runs the head over what the final LayerNorm put out, chunk by chunk; `body` gets the logits of each
  /// range of rows and may overwrite them.
  package func forEachHeadChunk(
    _ activations: Activations,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    for start in stride(from: 0, to: activations.rows, by: activations.logitRows) {
      let range = start..<min(start + activations.logitRows, activations.rows)
      head(
        activations.finalNorm.output + start * configuration.width,
        rows: range.count,
        logits: activations.logits
      )
      body(range, activations.logits)
    }
  }

  /// The summed cross entropy of the targets [rows], those below zero left out.
  package func lossSum(_ activations: Activations, targets: UnsafePointer<Int32>) -> Double {
    var sum = 0.0
    forEachHeadChunk(activations) { range, logits in
      sum += CrossEntropy.lossSum(
        logits: logits,
        targets: targets + range.lowerBound,
        rows: range.count,
        classes: configuration.vocabularySize
      )
    }
    return sum
  }

  /// Head, cross entropy and their gradients, chunk by chunk.
  ///
  /// Overwrites the head's gradient, or with `accumulates` adds to it, puts that of what the final LayerNorm put
  /// out in its place, and returns the summed loss.
  /// `scale` multiplies every gradient: one over the number of counted tokens of a step.
  package func lossAndGradients(
    _ activations: Activations,
    targets: UnsafePointer<Int32>,
    scale: Float,
    gradients: GPT2Parameters,
    accumulates: Bool
  ) -> Double {
    let width = configuration.width
    var sum = 0.0
    forEachHeadChunk(activations) { range, logits in
      sum += CrossEntropy.lossSumAndGradient(
        logits: logits,
        targets: targets + range.lowerBound,
        rows: range.count,
        classes: configuration.vocabularySize,
        scale: scale
      )
      Profile.measure(
        .headGradient,
        operations: 4 * Double(range.count) * Double(parameters.head.count),
        bytes: Profile.floats(
          2 * range.count * configuration.vocabularySize,
          3 * parameters.head.count,
          3 * range.count * width
        )
      ) {
        let normed = activations.finalNorm.output + range.lowerBound * width
        multiplyBackward(
          normed,
          weightGradient: gradients.head,
          biasGradient: nil,
          from: logits,
          input: normed,
          parameters.head,
          rows: range.count,
          accumulates: accumulates || range.lowerBound > 0
        )
      }
    }
    return sum
  }
}
