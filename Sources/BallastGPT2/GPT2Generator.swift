public import BallastBytes
import BallastKernels

/// Continues a sequence, or several that begin alike, token by token, with a cache of keys and values.
public final class GPT2Generator {
  private let model: GPT2Model
  private var cache: KeyValueCache
  /// Buffers for one token of each sequence.
  private var step: Activations
  /// Buffers for several tokens of a sequence, which the next ones of the same number find there.
  private var several: Activations?
  /// What each sequence sees; all are equally long.
  private var windows: [[Int32]] = [[]]

  /// A generator at the start of one sequence.
  public init(_ model: GPT2Model) throws(FormatError) {
    self.model = model
    cache = try KeyValueCache(model.configuration, capacity: model.configuration.positions)
    step = try Activations(model.configuration, batch: 1, length: 1, keeping: .nothing)
  }

  /// Begins anew with one sequence, in the memory that is there.
  public func restart() throws(FormatError) {
    if windows.count > 1 {
      step = try Activations(model.configuration, batch: 1, length: 1, keeping: .nothing)
    }
    windows = [[]]
    cache.length = 0
  }

  /// The number of sequences.
  public var sequenceCount: Int { windows.count }

  /// Takes tokens of the one sequence and returns the logits [V] of the token that follows.
  ///
  /// GPT-2 has a fixed number of positions. When they are used up the older half of the window is
  /// dropped and the newer half is read again from position 0.
  /// Throws `ModelInputFault` for no tokens, or a token outside of the vocabulary, and
  /// `GenerationFault` where the weights yield logits that are not finite.
  public func append(_ tokens: [Int32]) throws(FormatError) -> [Float] {
    precondition(windows.count == 1, "the generator has several sequences")
    if tokens.count == 1 { return try append(each: tokens)[0] }
    _ = try TokenBatch(tokens.map { [$0] }, for: model.configuration)
    windows[0] += tokens
    if windows[0].count > model.configuration.positions { return try slide()[0] }
    return try read(tokens, sequence: 0)
  }

  /// Takes a token for each sequence and returns the logits [V] of those that follow, which do not depend
  /// on what the other sequences are; throws as `append` does.
  public func append(each tokens: [Int32]) throws(FormatError) -> [[Float]] {
    precondition(tokens.count == windows.count, "every sequence needs a token")
    _ = try TokenBatch(tokens.map { [$0] }, for: model.configuration)
    for (index, token) in tokens.enumerated() { windows[index].append(token) }
    if windows[0].count > model.configuration.positions { return try slide() }
    model.forward(tokens, into: step, cache: cache)
    var all: [[Float]] = []
    model.forEachHeadChunk(step) { rows, logits in
      for row in 0..<rows.count { all.append(copy(logits, row: row)) }
    }
    for logits in all { try checkFinite(logits) }
    return all
  }

  /// Goes on with `count` sequences, all of which begin with what the one has taken so far.
  public func fork(into count: Int) throws(FormatError) {
    precondition(windows.count == 1 && count > 0, "only one sequence can be forked")
    let forked = try KeyValueCache(
      model.configuration,
      capacity: cache.capacity,
      sequences: count
    )
    forked.copy(firstOf: cache)
    step = try Activations(model.configuration, batch: count, length: 1, keeping: .nothing)
    cache = forked
    windows = Array(repeating: windows[0], count: count)
  }

  /// Leaves out a sequence; the last one gets its number.
  public func remove(_ sequence: Int) throws(FormatError) {
    precondition(windows.count > 1, "one sequence stays")
    step = try Activations(
      model.configuration,
      batch: windows.count - 1,
      length: 1,
      keeping: .nothing
    )
    cache.move(windows.count - 1, to: sequence)
    windows.swapAt(sequence, windows.count - 1)
    windows.removeLast()
  }

  /// Reads the newer half of each window again from position 0.
  private func slide() throws(FormatError) -> [[Float]] {
    var all: [[Float]] = []
    for sequence in windows.indices {
      let kept = max(1, model.configuration.positions / 2)
      windows[sequence] = Array(windows[sequence].suffix(kept))
      cache.length = 0
      all.append(try read(windows[sequence], sequence: sequence))
    }
    return all
  }

  private func read(_ tokens: [Int32], sequence: Int) throws(FormatError) -> [Float] {
    let activations: Activations
    if let several, several.length == tokens.count {
      activations = several
    } else {
      several = nil  // not two at once
      activations = try Activations(
        model.configuration,
        batch: 1,
        length: tokens.count,
        keeping: .nothing
      )
      several = activations
    }
    cache.first = sequence
    model.forward(tokens, into: activations, cache: cache, onlyLast: true)
    cache.first = 0
    model.head(activations.finalNorm.output, rows: 1, logits: activations.logits)
    let logits = copy(activations.logits, row: 0)
    try checkFinite(logits)
    return logits
  }

  private func copy(_ logits: UnsafePointer<Float>, row: Int) -> [Float] {
    let size = model.configuration.vocabularySize
    return Array(UnsafeBufferPointer(start: logits + row * size, count: size))
  }

  /// The squares are summed in double, where those of any float32 are finite.
  private func checkFinite(_ logits: [Float]) throws(FormatError) {
    let squares = Elementwise.sumOfSquares(logits, count: logits.count, in: .elementwise)
    guard squares.isFinite else {
      throw FormatError(GenerationFault.notFinite)
    }
  }
}

/// The ways in which generation can fail.
public enum GenerationFault: FormatFault {
  case notFinite

  /// What is wrong, in one line.
  public var description: String {
    "the model computes logits that are NaN or infinite, from which no token can be drawn"
  }

  /// What a user might do about it.
  public var hint: String? { "ballast check finds weights that are NaN or infinite" }
}
