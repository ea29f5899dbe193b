import BallastTraining
import Testing

@Suite struct ScheduleTests {
  private func schedule(_ decay: LearningRateSchedule.Decay) -> LearningRateSchedule {
    LearningRateSchedule(decay: decay, peak: 1, floor: 0.1, warmup: 4, total: 14)
  }

  @Test(arguments: LearningRateSchedule.Decay.allCases)
  func theWarmUpIsLinearAndReachesThePeak(decay: LearningRateSchedule.Decay) {
    #expect((0..<5).map { schedule(decay).rate(from: $0, to: $0 + 1) } == [0.25, 0.5, 0.75, 1, 1])
  }

  @Test func theDecaysEndAtTheFloor() {
    #expect(schedule(.constant).rate(from: 14, to: 14 + 1) == 1)
    #expect(abs(schedule(.linear).rate(from: 14, to: 14 + 1) - 0.1) < 1e-15)
    #expect(abs(schedule(.linear).rate(from: 9, to: 9 + 1) - 0.55) < 1e-15)
    #expect(abs(schedule(.cosine).rate(from: 14, to: 14 + 1) - 0.1) < 1e-15)
    #expect(abs(schedule(.cosine).rate(from: 9, to: 9 + 1) - 0.55) < 1e-15)
    #expect(abs(schedule(.cosine).rate(from: 100, to: 100 + 1) - 0.1) < 1e-15)
  }

  /// Constant up to the last fifth of what follows the warm-up, then 1 − √.
  @Test func wsdFallsAtTheEnd() {
    let schedule = schedule(.wsd)
    #expect(schedule.rate(from: 12, to: 13) == 1)
    let half = 0.1 + 0.9 * (1 - 0.5.squareRoot())
    #expect(abs(schedule.rate(from: 13, to: 14) - half) < 1e-12)
    #expect(abs(schedule.rate(from: 14, to: 15) - 0.1) < 1e-12)
  }

  /// A warm-up of tokens takes the end of a step, and never more than the peak.
  @Test func stepsMayBeOfSeveralSizes() {
    let schedule = LearningRateSchedule(
      decay: .linear,
      peak: 2,
      floor: 0,
      warmup: 100,
      total: 1100
    )
    #expect(schedule.rate(from: 0, to: 25) == 0.5)
    #expect(schedule.rate(from: 75, to: 125) == 2)
    #expect(schedule.rate(from: 600, to: 700) == 1)
  }
}
