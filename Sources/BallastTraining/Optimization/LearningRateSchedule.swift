import Glibc

/// The learning rate over a run: a linear warm-up, then a decay to a floor.
///
/// How far the run is is counted in steps, or in tokens where the steps are not of one size.
public struct LearningRateSchedule: Hashable, Sendable {
  /// The shape of the decay.
  public enum Decay: String, CaseIterable, Hashable, Sendable {
    case constant
    case linear
    case cosine
    /// Warm-up, stable, decay: constant up to the last fifth, which falls as 1 − √ (Hägele and others 2024).
    case wsd
  }

  /// The shape of the decay.
  public var decay: Decay
  /// The rate after the warm-up.
  public var peak: Double
  /// The rate at the end of the decay.
  public var floor: Double
  /// Where the warm-up ends.
  public var warmup: Int
  /// Where the run ends.
  public var total: Int

  /// The share of a run, after its warm-up, that `wsd` decays in.
  private static let wsdDecay = 0.2

  /// A schedule over so many steps or tokens.
  public init(decay: Decay, peak: Double, floor: Double, warmup: Int, total: Int) {
    self.decay = decay
    self.peak = peak
    self.floor = floor
    self.warmup = warmup
    self.total = total
  }

  /// The rate of the step that takes the run from one place to another, both counted from 0.
  ///
  /// The warm-up rises with the end of the step, as in llm.c: the first step is not lost.
  public func rate(from start: Int, to end: Int) -> Double {
    if start < warmup { return peak * min(1, Double(end) / Double(warmup)) }
    let progress = min(1, Double(start - warmup) / Double(max(1, total - warmup)))
    switch decay {
    case .constant: return peak
    case .linear: return floor + (peak - floor) * (1 - progress)
    case .cosine: return floor + (peak - floor) * 0.5 * (1 + cos(.pi * progress))
    case .wsd:
      let decayed = (progress - (1 - Self.wsdDecay)) / Self.wsdDecay
      return decayed <= 0 ? peak : floor + (peak - floor) * (1 - decayed.squareRoot())
    }
  }
}
