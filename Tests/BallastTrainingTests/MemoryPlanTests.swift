import BallastBytes
import BallastGPT2
import BallastKernels
import BallastModelIO
import BallastTestSupport
import BallastTraining
import Foundation
import Testing

/// What a training is said to take, and what is refused.
@Suite struct MemoryPlanTests {
  private let options = TrainingOptions(
    steps: 1,
    batchPlan: BatchPlan(microBatchTokens: 1024, accumulate: 1),
    schedule: LearningRateSchedule(decay: .constant, peak: 1, floor: 1, warmup: 0, total: 1),
    evaluateEvery: 1
  )

  private func plan(_ options: TrainingOptions, precision: Precision = .float32) -> MemoryPlan {
    MemoryPlan(
      GPT2Configuration(),
      precision: precision,
      options: options,
      length: 256,
      evaluates: false
    )
  }

  /// GPT-2 has 124,439,808 parameters; its matrices and its head are all of them but 0.9 million.
  @Test func partsAreCounted() {
    let plan = plan(options)
    #expect((4 * 124_439_808..<4 * 124_500_000).contains(plan.weights))
    #expect(plan.gradients == plan.weights && plan.moments == 2 * plan.weights)
    #expect(plan.roundedWeights == 0 && plan.evaluation == 0)
    // Nine widths for each of 1024 tokens and 12 layers are kept, and some rows of logits.
    let kept = 4 * (12 * 9 * 768 * 1024 + 156 * 50_257)
    #expect((kept..<kept * 6 / 5).contains(plan.activations))
    #expect(plan.total == 4 * plan.weights + plan.activations + plan.program)
    let rounded = self.plan(options, precision: .bfloat16).roundedWeights
    #expect((2 * 123_500_000..<2 * 124_439_808).contains(rounded))
  }

  /// Of a low-rank adapter there are the factors, their gradients and averages, and what passes work in.
  @Test func adaptersTakeLittle() {
    var adapted = options
    adapted.adapters = LoRAOptions(rank: 8, alpha: 16, dropout: 0.1, targets: [.attentionInput])
    let plan = plan(adapted)
    #expect(plan.gradients == 4 * 12 * 8 * (768 + 3 * 768))
    #expect(plan.moments == 2 * plan.gradients)
    #expect(plan.adapters == plan.gradients + 4 * 1024 * (2 * 8 + 768))
    #expect(plan.weights == self.plan(options).weights)
    adapted.adapters = LoRAOptions(rank: 8, alpha: 16, dropout: 0, targets: [.mlpOutput])
    #expect(self.plan(adapted).adapters == 4 * (12 * 8 * (4 * 768 + 768) + 1024 * 2 * 8))
    #expect(self.plan(options).adapters == 0)
  }

  @Test func checkpointsTakeLess() {
    var checkpointed = options
    checkpointed.checkpointsActivations = true
    #expect(plan(checkpointed).activations < plan(options).activations / 2)
  }

  /// What a control group has read of files does not count as used.
  @Test func availableMemoryIsThatOfTheGroup() throws {
    let folder = try TemporaryFolder()
    func write(_ name: String, _ text: String) throws {
      try text.write(toFile: folder.path + "/" + name, atomically: false, encoding: .utf8)
    }
    func available() -> Int? {
      Machine.availableMemory(system: folder.path, group: folder.path)
    }
    #expect(available() == nil)
    try write("meminfo", "MemTotal:  9000 kB\nMemAvailable:    4000 kB\n")
    #expect(available() == 4_096_000)
    try write("memory.current", "2500\n")
    try write("memory.max", "max\n")
    #expect(available() == 4_096_000)
    try write("memory.max", "3000\n")
    #expect(available() == 500)
    try write("memory.stat", "anon 1\ninactive_file 1000\nactive_file 200\n")
    #expect(available() == 1700)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let plan = plan(options)
    try plan.check(weightsAreLoaded: false, available: plan.total)
    try plan.check(weightsAreLoaded: false, available: nil)
    try plan.check(weightsAreLoaded: true, available: plan.total - plan.weights)
    let error = #expect(throws: FormatError.self) {
      try plan.check(weightsAreLoaded: false, available: plan.total - 1)
    }
    #expect(error?.fault is TrainingMemoryFault)
    #expect(error?.fault.hint?.contains("--checkpoint-activations") == true)
    #expect((MemoryPlan.available ?? 1) > 0)
  }
}
