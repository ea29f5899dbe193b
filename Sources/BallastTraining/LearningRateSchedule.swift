import Glibc

/// The learning rate of each step: a linear warm-up, then a decay to a floor.
public struct LearningRateSchedule: Hashable, Sendable {
  /// The shape of the decay.
  public enum Decay: String, CaseIterable, Hashable, Sendable {
    case constant
    case linear
    case cosine
  }

  /// The shape of the decay.
  public var decay: Decay
  /// The rate after the warm-up.
  public var peak: Double
  /// The rate at the end of the decay.
  public var floor: Double
  /// The number of steps of the warm-up.
  public var warmup: Int
  /// The number of steps in all.
  public var steps: Int

  /// A schedule over a number of steps.
  public init(decay: Decay, peak: Double, floor: Double, warmup: Int, steps: Int) {
    self.decay = decay
    self.peak = peak
    self.floor = floor
    self.warmup = warmup
    self.steps = steps
  }

  /// The rate of a step, counted from 0.
  ///
  /// The warm-up rises as (step + 1) / warmup, as in llm.c: its first step is not lost.
  public func rate(step: Int) -> Double {
    if step < warmup { return peak * Double(step + 1) / Double(warmup) }
    let progress = min(1, Double(step - warmup) / Double(max(1, steps - warmup)))
    switch decay {
    case .constant: return peak
    case .linear: return floor + (peak - floor) * (1 - progress)
    case .cosine: return floor + (peak - floor) * 0.5 * (1 + cos(.pi * progress))
    }
  }
}
