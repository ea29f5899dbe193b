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

  /// The tokens of so many steps.
  public func tokens(inSteps steps: Int) -> Int {
    guard ramp != nil else { return steps * accumulate * microBatchTokens }
    return (0..<steps).reduce(0) { tokens, _ in
      tokens + microBatches(after: tokens) * microBatchTokens
    }
  }

  /// The fewest steps that take so many micro-batches.
  public func steps(forMicroBatches count: Int) -> Int {
    guard ramp != nil else { return (count + accumulate - 1) / accumulate }
    var (steps, taken) = (0, 0)
    while taken < count {
      taken += microBatches(after: taken * microBatchTokens)
      steps += 1
    }
    return steps
  }
}
