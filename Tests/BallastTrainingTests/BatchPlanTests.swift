import BallastTraining
import Testing

@Suite struct BatchPlanTests {
  @Test func aConstantBatchIsCounted() {
    let plan = BatchPlan(microBatchTokens: 100, accumulate: 3)
    #expect(plan.isConstant)
    #expect(plan.microBatches(after: 0) == 3 && plan.microBatches(after: 12_345) == 3)
    #expect(plan.tokens(inSteps: 7) == 2100)
    #expect(plan.steps(forMicroBatches: 7) == 3 && plan.steps(forMicroBatches: 6) == 2)
  }

  /// From 100 to 1000 tokens while 9000 are trained on: at n tokens, 100 + n / 10.
  @Test func aLinearRampFollowsTheTokens() {
    let plan = BatchPlan(microBatchTokens: 100, ramp: .init(from: 100, to: 1000, over: 9000))
    #expect([0, 500, 1400, 4900, 9000, 90_000].map(plan.microBatches) == [1, 2, 2, 6, 10, 10])
    // 1, 1, 1, 1, 1 (at 400: 1.4), 2 (at 500: 1.5), …
    var (tokens, steps) = (0, 0)
    while tokens < 9000 {
      #expect(plan.tokens(inSteps: steps) == tokens)
      tokens += 100 * Int(((100 + Double(tokens) / 10) / 100).rounded())
      steps += 1
    }
    #expect(plan.steps(forMicroBatches: tokens / 100) == steps)
    #expect(plan.steps(forMicroBatches: tokens / 100 + 1) == steps + 1)
  }

  /// Four stages rise by a quarter of the way each, at a quarter of the tokens each.
  @Test func aRampMayHaveStages() {
    let plan = BatchPlan(
      microBatchTokens: 100,
      ramp: .init(from: 200, to: 1000, over: 4000, stages: 4)
    )
    let places = [0, 999, 1000, 2999, 3000, 3999, 4000]
    #expect(places.map(plan.microBatches) == [2, 2, 4, 6, 8, 8, 10])
  }

  /// Counting by formula where the batch grows no more is counting step by step.
  @Test(arguments: [(64, 64, 640, 3000, nil as Int?), (32, 100, 1000, 5000, 7), (50, 7, 9, 1, nil)])
  func stepsAreCountedAsOneByOne(size: Int, from: Int, to: Int, over: Int, stages: Int?) {
    let plan = BatchPlan(
      microBatchTokens: size,
      ramp: .init(from: from, to: to, over: over, stages: stages)
    )
    var (steps, taken) = (0, 0)
    for _ in 0..<200 {
      #expect(plan.tokens(inSteps: steps) == taken * size)
      #expect(plan.steps(forMicroBatches: taken) == steps)
      #expect(plan.steps(forMicroBatches: taken + 1) == steps + 1)
      taken += plan.microBatches(after: taken * size)
      steps += 1
    }
  }

  @Test func whatNoIntegerCountsIsTheLargest() {
    let constant = BatchPlan(microBatchTokens: 1 << 30, accumulate: 1 << 30)
    #expect(constant.tokens(inSteps: 1_000_000_000) == .max)
    let ramp = BatchPlan(microBatchTokens: 1 << 20, ramp: .init(from: 1, to: 2, over: 10))
    #expect(ramp.tokens(inSteps: .max) == .max)
    #expect(ramp.steps(forMicroBatches: .max) == .max)
  }

  @Test func aStepHasAtLeastOneMicroBatch() {
    let plan = BatchPlan(microBatchTokens: 1000, ramp: .init(from: 1, to: 1500, over: 10))
    #expect(plan.microBatches(after: 0) == 1 && plan.microBatches(after: 10) == 2)
  }
}

@Suite struct OutlierFilterTests {
  private func filled() -> OutlierFilter {
    var filter = OutlierFilter()
    for index in 0..<OutlierFilter.window {
      let found = filter.isOutlier(loss: 3 + Double(index % 2), norm: 1, limit: 2)
      #expect(!found, "too few to tell")
    }
    return filter
  }

  /// Losses of 3 and 4 have mean 3.5 and standard deviation 0.5; norms have been all equal.
  @Test(arguments: [(4.49, 1, false), (4.51, 1, true), (-100, 1, false), (3, 1.001, true)])
  func scoresAreOfTheLastValues(loss: Double, norm: Double, isOutlier: Bool) {
    var filter = filled()
    let found = filter.isOutlier(loss: loss, norm: norm, limit: 2)
    #expect(found == isOutlier)
  }

  @Test func aLastingChangeIsAccepted() {
    var filter = filled()
    var skipped = 0
    for _ in 0..<100 where filter.isOutlier(loss: 9, norm: 1, limit: 2) { skipped += 1 }
    #expect((1..<50).contains(skipped))
  }
}
