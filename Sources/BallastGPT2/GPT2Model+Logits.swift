public import BallastBytes

extension GPT2Model {
  /// The logits [B, T, V] of a batch, row by row; hidden states on request.
  ///
  /// `hiddenState` gets each as transformers counts them, one sequence at a time: 0 is the
  /// embedding sum, N the residual stream after block N, and the last is taken after ln_f. The
  /// buffers, [T, C] and [rows, V], are lent for the call. `logits` gets chunks of rows of a
  /// sequence and may overwrite them.
  package func run(
    _ input: TokenBatch,
    hiddenState: (_ sequence: Int, _ index: Int, UnsafePointer<Float>) -> Void = { _, _, _ in },
    logits: (_ sequence: Int, _ rows: Range<Int>, UnsafeMutablePointer<Float>) throws(FormatError)
      -> Void
  ) throws(FormatError) {
    let activations = try Activations(
      configuration,
      batch: 1,
      length: input.length,
      keeping: .nothing
    )
    for sequence in 0..<input.batch {
      input.ids.withUnsafeBufferPointer { ids in
        guard let base = ids.baseAddress else { return }
        forward(base + sequence * input.length, into: activations) { index, stream in
          if index < configuration.layers { hiddenState(sequence, index, stream) }
        }
      }
      hiddenState(sequence, configuration.layers, activations.finalNorm.output)
      var failure: FormatError?
      forEachHeadChunk(activations) { rows, chunk in
        guard failure == nil else { return }
        do throws(FormatError) {
          try logits(sequence, rows, chunk)
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    }
  }

  /// The logits of a batch, [B, T, V], all in memory.
  public func logits(_ input: TokenBatch) throws(FormatError) -> [Float] {
    let activations = try Activations(
      configuration,
      batch: input.batch,
      length: input.length,
      keeping: .nothing
    )
    let count = activations.rows * configuration.vocabularySize
    return [Float](unsafeUninitializedCapacity: count) { logits, initialized in
      guard let start = logits.baseAddress else { return }
      Storage.preferHugePages(start, bytes: count * MemoryLayout<Float>.stride)
      self.logits(input, activations, into: start)
      initialized = count
    }
  }

  /// Writes the logits of a batch, [B, T, V], with the buffers of a pass over batches of its size.
  package func logits(
    _ input: TokenBatch,
    _ activations: Activations,
    into logits: UnsafeMutablePointer<Float>
  ) {
    precondition(activations.batch == input.batch && activations.length == input.length)
    forward(input.ids, into: activations)
    head(activations.finalNorm.output, rows: activations.rows, logits: logits)
  }
}
