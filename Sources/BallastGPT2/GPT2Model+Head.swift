import BallastKernels

extension GPT2Model {
  /// The most bytes of logits that exist at a time: B · T × V of them never do.
  private static let chunkBytes = 16 << 20

  /// The number of rows whose logits fit into a chunk.
  package var headChunkRows: Int {
    max(1, Self.chunkBytes / (configuration.vocabularySize * MemoryLayout<Float>.stride))
  }

  /// The head: logits [rows, V] = normed [rows, C] · headᵀ.
  package func head(
    _ normed: UnsafePointer<Float>,
    rows: Int,
    logits: UnsafeMutablePointer<Float>
  ) {
    Profile.measure(
      .head,
      operations: 2 * Double(rows) * Double(parameters.head.count),
      bytes: Profile.floats(
        rows * configuration.width,
        parameters.head.count,
        rows * configuration.vocabularySize
      )
    ) {
      Linear.forward(
        output: logits,
        input: normed,
        weight: parameters.head.pointer,
        bias: nil,
        rows: rows,
        inFeatures: configuration.width,
        outFeatures: configuration.vocabularySize
      )
    }
  }

  /// Runs the head over chunks of rows; `body` gets the logits of each range of rows and may
  /// overwrite them.
  package func forEachHeadChunk(
    _ normed: UnsafePointer<Float>,
    rows: Int,
    _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let chunkRows = min(rows, headChunkRows)
    withUnsafeTemporaryAllocation(
      of: Float.self,
      capacity: chunkRows * configuration.vocabularySize
    ) { buffer in
      guard let logits = buffer.baseAddress else { return }
      for start in stride(from: 0, to: rows, by: chunkRows) {
        let range = start..<min(start + chunkRows, rows)
        head(normed + start * configuration.width, rows: range.count, logits: logits)
        body(range, logits)
      }
    }
  }

  /// The summed cross entropy of the targets [rows], those below zero left out.
  package func lossSum(
    _ normed: UnsafePointer<Float>,
    targets: UnsafePointer<Int32>,
    rows: Int
  ) -> Double {
    var sum = 0.0
    forEachHeadChunk(normed, rows: rows) { range, logits in
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
  /// Adds to the head's gradient, sets `normedGradient` [rows, C], and returns the summed loss.
  /// `scale` multiplies every gradient: one over the number of counted tokens of a step.
  package func lossAndGradients(
    _ normed: UnsafePointer<Float>,
    targets: UnsafePointer<Int32>,
    rows: Int,
    scale: Float,
    normedGradient: UnsafeMutablePointer<Float>,
    gradients: GPT2Parameters
  ) -> Double {
    let width = configuration.width
    var sum = 0.0
    forEachHeadChunk(normed, rows: rows) { range, logits in
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
        Linear.backward(
          inputGradient: normedGradient + range.lowerBound * width,
          weightGradient: gradients.head.pointer,
          biasGradient: nil,
          outputGradient: logits,
          input: normed + range.lowerBound * width,
          weight: parameters.head.pointer,
          rows: range.count,
          inFeatures: width,
          outFeatures: configuration.vocabularySize
        )
      }
    }
    return sum
  }
}
