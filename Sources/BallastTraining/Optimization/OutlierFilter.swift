/// Finds steps whose loss or gradient norm lies far outside of what the last ones were like.
///
/// A value's score is its distance from the mean of the last 128 values in units of their standard deviation, as in
/// llm.c; with fewer values there is none. What is found counts among the last ones too, so that a lasting change is
/// accepted after a while.
public struct OutlierFilter: Hashable, Sendable {
  /// The number of values that a new one is held against.
  public static let window = 128

  /// The last losses and gradient norms, the oldest first.
  package private(set) var losses: [Double]
  package private(set) var norms: [Double]

  /// A filter that has seen these values.
  package init(losses: [Double] = [], norms: [Double] = []) {
    self.losses = losses
    self.norms = norms
  }

  /// Whether a step's loss or norm lies more than `limit` standard deviations above the mean; it is then noted.
  package mutating func isOutlier(loss: Double, norm: Double, limit: Double) -> Bool {
    // A mean with it would be no number.
    guard loss.isFinite, norm.isFinite else { return true }
    let scores = [Self.score(loss, among: losses), Self.score(norm, among: norms)]
    Self.note(loss, in: &losses)
    Self.note(norm, in: &norms)
    return scores.contains { $0.map { $0 > limit } ?? false }
  }

  private static func note(_ value: Double, in values: inout [Double]) {
    if values.count == window { values.removeFirst() }
    values.append(value)
  }

  private static func score(_ value: Double, among values: [Double]) -> Double? {
    guard values.count == window else { return nil }
    let mean = values.reduce(0, +) / Double(window)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(window)
    guard variance > 0 else { return value > mean ? .infinity : 0 }
    return (value - mean) / variance.squareRoot()
  }
}
