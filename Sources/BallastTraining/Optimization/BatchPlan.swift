/// How many micro-batches make a step: always as many, or more and more of them.
public struct BatchPlan: Hashable, Sendable {
  /// A batch that grows while the first tokens of a run are trained on (Brown and others 2020, section B).
  public struct Ramp: Hashable, Sendable {
    /// Tokens in the first step.
    public var from: Int
    /// Tokens in a step once it has grown.
    public var to: Int
    /// The tokens over which it grows.
    public var over: Int
    /// The number of equal rises; nil grows with every token.
    public var stages: Int?

    /// The most tokens that a number of a ramp may be.
    package static let maximumTokens = 1_000_000_000_000
    /// The most steps, of `from` tokens, over which a batch may grow.
    package static let maximumSteps = 10_000_000

    /// A ramp.
    public init(from: Int, to: Int, over: Int, stages: Int? = nil) {
      self.from = from
      self.to = to
      self.over = over
      self.stages = stages
    }

    /// The tokens of a step that begins after so many tokens.
    func tokens(after done: Int) -> Double {
      var share = min(1, Double(done) / Double(max(1, over)))
      if let stages { share = (share * Double(stages)).rounded(.down) / Double(stages) }
      return Double(from) + Double(to - from) * share
    }
  }

  /// The number of tokens in a micro-batch.
  public let microBatchTokens: Int
  private let accumulate: Int
  private let ramp: Ramp?

  /// Steps of so many micro-batches.
  public init(microBatchTokens: Int, accumulate: Int) {
    self.microBatchTokens = microBatchTokens
    self.accumulate = accumulate
    ramp = nil
  }

  /// Steps that grow.
  public init(microBatchTokens: Int, ramp: Ramp) {
    self.microBatchTokens = microBatchTokens
    accumulate = 1
    self.ramp = ramp
  }

  /// Whether all steps are of one size.
  public var isConstant: Bool { ramp == nil }

  /// The micro-batches of a step that begins after so many tokens: one at least, and otherwise as many as come
  /// nearest to the ramp.
  public func microBatches(after tokens: Int) -> Int {
    guard let ramp else { return accumulate }
    return max(1, Int((ramp.tokens(after: tokens) / Double(microBatchTokens)).rounded()))
  }

  /// The tokens of so many steps; `Int.max` where there are more than that.
  public func tokens(inSteps steps: Int) -> Int {
    let grown = growth { done, _ in done >= steps }
    let later = Self.product(
      Self.product(steps - grown.steps, microBatches(after: grown.tokens)),
      microBatchTokens
    )
    let (sum, overflow) = grown.tokens.addingReportingOverflow(later)
    return overflow ? .max : sum
  }

  /// The fewest steps that take so many micro-batches.
  public func steps(forMicroBatches count: Int) -> Int {
    let wanted = Self.product(count, microBatchTokens)
    let grown = growth { _, tokens in tokens >= wanted }
    let left = max(0, count - grown.tokens / microBatchTokens)
    let each = microBatches(after: grown.tokens)
    return grown.steps + left / each + (left % each > 0 ? 1 : 0)
  }

  /// The steps, and their tokens, until the batch grows no more or until it is enough.
  private func growth(
    until isEnough: (_ steps: Int, _ tokens: Int) -> Bool
  ) -> (steps: Int, tokens: Int) {
    var (steps, tokens) = (0, 0)
    guard let ramp else { return (0, 0) }
    while tokens < ramp.over, !isEnough(steps, tokens) {
      tokens += microBatches(after: tokens) * microBatchTokens
      steps += 1
    }
    return (steps, tokens)
  }

  private static func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? .max : product
  }
}
