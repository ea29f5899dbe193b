import Glibc

/// How the next token is drawn from logits.
public struct SamplingOptions: Hashable, Sendable {
  /// Divides the logits; 0 takes the likeliest token always.
  public var temperature = 1.0
  /// Keeps the k likeliest tokens, and those that tie with the last of them.
  public var topK: Int?
  /// Keeps the likeliest tokens that together reach this probability.
  public var topP = 1.0
  /// Drops tokens less likely than this share of the likeliest.
  public var minP = 0.0
  /// Makes tokens that occurred before less likely; 1 changes nothing.
  public var repetitionPenalty = 1.0
  /// The seed of the random numbers.
  public var seed: UInt64 = 0

  /// Plain sampling at temperature 1.
  public init() {}

  /// The likeliest token, always.
  public static var greedy: SamplingOptions {
    var options = SamplingOptions()
    options.temperature = 0
    return options
  }
}

/// Draws tokens from logits, in the order of operations that transformers has.
///
/// Repetition penalty, temperature, top-k, top-p, min-p, then the draw. Equal seeds draw equal
/// tokens.
public struct Sampler: Sendable {
  private let options: SamplingOptions
  private var generator: SplitMix64

  /// A sampler at the start of its random numbers.
  public init(_ options: SamplingOptions) {
    self.options = options
    generator = SplitMix64(state: options.seed)
  }

  /// The next token after `history`, whose logits [V] are given.
  public mutating func next(logits: [Float], history: [Int32]) -> Int32 {
    var scores = logits
    if options.repetitionPenalty != 1 { penalize(&scores, history: history) }
    guard options.temperature > 0 else { return Int32(Self.argmax(scores)) }
    let kept = candidates(scores)
    let total = kept.reduce(0) { $0 + $1.probability }
    var rest = generator.nextUnit() * total
    for candidate in kept {
      rest -= candidate.probability
      if rest < 0 { return Int32(candidate.token) }
    }
    return Int32(kept.last?.token ?? 0)
  }

  private struct Candidate {
    let token: Int
    var probability: Double
  }

  /// A score is divided where positive and multiplied where negative, once for each distinct token.
  private func penalize(_ scores: inout [Float], history: [Int32]) {
    let penalty = Float(options.repetitionPenalty)
    for token in Set(history) where scores.indices.contains(Int(token)) {
      let score = scores[Int(token)]
      scores[Int(token)] = score < 0 ? score * penalty : score / penalty
    }
  }

  /// The tokens that may be drawn, likeliest first, with probabilities that sum to 1 before cuts.
  private func candidates(_ scores: [Float]) -> [Candidate] {
    let largest = Double(scores.max() ?? 0)
    var kept: [Candidate] = []
    kept.reserveCapacity(scores.count)
    for (token, score) in scores.enumerated() where !score.isNaN {
      kept.append(
        Candidate(
          token: token,
          probability: exp((Double(score) - largest) / options.temperature)
        )
      )
    }
    kept.sort { ($0.probability, -$0.token) > ($1.probability, -$1.token) }
    if let k = options.topK, k < kept.count {
      let last = kept[max(0, k - 1)].probability
      kept = Array(kept.prefix { $0.probability >= last })
    }
    let total = kept.reduce(0) { $0 + $1.probability }
    for index in kept.indices { kept[index].probability /= total }
    if options.topP < 1 { kept = Self.nucleus(kept, probability: options.topP) }
    if options.minP > 0, let best = kept.first?.probability {
      kept = Array(kept.prefix { $0.probability >= options.minP * best })
    }
    return kept
  }

  /// Drops the unlikeliest as long as together they stay at or below 1 - p; one token stays.
  private static func nucleus(_ candidates: [Candidate], probability: Double) -> [Candidate] {
    var tail = 0.0
    var count = candidates.count
    while count > 1 {
      tail += candidates[count - 1].probability
      if tail > 1 - probability { break }
      count -= 1
    }
    return Array(candidates.prefix(count))
  }

  /// The position of the largest value, the first of several.
  package static func argmax(_ values: some Collection<Float>) -> Int {
    var best = 0
    var largest = -Float.infinity
    for (position, value) in values.enumerated() where value > largest {
      best = position
      largest = value
    }
    return best
  }
}

/// The generator SplitMix64 (Steele, Lea and Flood 2014): small, and the same on every machine.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  package var state: UInt64

  package init(state: UInt64) {
    self.state = state
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number in 0 ..< 1 with 53 random bits.
  mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
