public import BallastBytes

/// Continues one sequence, token by token, with a cache of keys and values.
public final class GPT2Generator {
  private let model: GPT2Model
  private let cache: KeyValueCache
  private let single: Activations
  private var window: [Int32] = []

  /// A generator at the start of a sequence.
  public init(_ model: GPT2Model) throws(FormatError) {
    self.model = model
    cache = try KeyValueCache(model.configuration, capacity: model.configuration.positions)
    single = try Activations(model.configuration, batch: 1, length: 1, keeping: .nothing)
  }

  /// Takes tokens and returns the logits [V] of the one that follows.
  ///
  /// GPT-2 has a fixed number of positions. When they are used up the older half of the window is
  /// dropped and the newer half is read again from position 0.
  /// Throws `ModelInputFault` for no tokens, or a token outside of the vocabulary, and
  /// `GenerationFault` where the weights yield logits that are not finite.
  public func append(_ tokens: [Int32]) throws(FormatError) -> [Float] {
    let positions = model.configuration.positions
    _ = try TokenBatch(Array(tokens.map { [$0] }), for: model.configuration)
    window += tokens
    if window.count <= positions { return try read(Array(tokens)) }
    cache.length = 0
    window = Array(window.suffix(max(1, positions / 2)))
    return try read(window)
  }

  private func read(_ tokens: [Int32]) throws(FormatError) -> [Float] {
    let activations =
      tokens.count == 1
      ? single
      : try Activations(
        model.configuration,
        batch: 1,
        length: tokens.count,
        keeping: .nothing
      )
    model.forward(tokens, into: activations, cache: cache)
    let last = activations.finalNorm.output + (tokens.count - 1) * model.configuration.width
    let logits = [Float](unsafeUninitializedCapacity: model.configuration.vocabularySize) {
      buffer,
      count in
      guard let logits = buffer.baseAddress else { return }
      model.head(last, rows: 1, logits: logits)
      count = model.configuration.vocabularySize
    }
    guard logits.allSatisfy(\.isFinite) else { throw FormatError(GenerationFault.notFinite) }
    return logits
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
