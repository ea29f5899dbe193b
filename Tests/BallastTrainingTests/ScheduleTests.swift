import BallastTraining
import Testing

@Suite struct ScheduleTests {
  private func schedule(_ decay: LearningRateSchedule.Decay) -> LearningRateSchedule {
    LearningRateSchedule(decay: decay, peak: 1, floor: 0.1, warmup: 4, steps: 14)
  }

  @Test(arguments: LearningRateSchedule.Decay.allCases)
  func theWarmUpIsLinearAndReachesThePeak(decay: LearningRateSchedule.Decay) {
    #expect((0..<5).map { schedule(decay).rate(step: $0) } == [0.25, 0.5, 0.75, 1, 1])
  }

  @Test func theDecaysEndAtTheFloor() {
    #expect(schedule(.constant).rate(step: 14) == 1)
    #expect(abs(schedule(.linear).rate(step: 14) - 0.1) < 1e-15)
    #expect(abs(schedule(.linear).rate(step: 9) - 0.55) < 1e-15)
    #expect(abs(schedule(.cosine).rate(step: 14) - 0.1) < 1e-15)
    #expect(abs(schedule(.cosine).rate(step: 9) - 0.55) < 1e-15)
    #expect(abs(schedule(.cosine).rate(step: 100) - 0.1) < 1e-15)
  }
}
