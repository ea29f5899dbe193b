/// How far values are from their reference.
public struct Deviation: Hashable, Sendable {
  /// What was compared: "logits", "hidden_states.3", "gradients.wte.weight".
  public let name: String
  /// The largest |Δ|.
  public let maxAbsolute: Double
  /// The mean |Δ|.
  public let meanAbsolute: Double
  /// The root of the mean of Δ².
  public let rms: Double
  /// The figure that a tolerance bounds: max |Δ| / max(1, max |reference|), or for gradients the
  /// relative L2 norm ‖Δ‖ / ‖reference‖.
  public let relative: Double

  /// Whether the figure is within a tolerance; NaN never is.
  public func isWithin(_ tolerance: Double) -> Bool { relative <= tolerance }
}

/// Gathers a deviation, piece by piece, in double.
package struct DeviationMeter {
  private var maxAbsolute = 0.0
  private var sum = 0.0
  private var squares = 0.0
  private var referenceSquares = 0.0
  private var referenceMax = 0.0
  private var count = 0

  package init() {}

  /// Adds values and what they should be.
  package mutating func add(
    _ values: UnsafePointer<Float>,
    reference: UnsafePointer<Float>,
    count: Int
  ) {
    for index in 0..<count {
      let expected = Double(reference[index])
      let difference = abs(Double(values[index]) - expected)
      // A NaN on either side stays visible: it is taken, and nothing is larger than it.
      if difference.isNaN || difference > maxAbsolute { maxAbsolute = difference }
      sum += difference
      squares += difference * difference
      referenceSquares += expected * expected
      referenceMax = max(referenceMax, abs(expected))
    }
    self.count += count
  }

  /// The deviation as it is bounded for logits and hidden states.
  package func deviation(_ name: String) -> Deviation {
    deviation(name, relative: maxAbsolute / max(1, referenceMax))
  }

  /// The deviation as it is bounded for gradients; absolute where the reference is zero.
  package func gradientDeviation(_ name: String) -> Deviation {
    let norm = squares.squareRoot()
    return deviation(
      name,
      relative: referenceSquares > 0 ? norm / referenceSquares.squareRoot() : norm
    )
  }

  private func deviation(_ name: String, relative: Double) -> Deviation {
    let count = Double(max(1, count))
    return Deviation(
      name: name,
      maxAbsolute: maxAbsolute,
      meanAbsolute: sum / count,
      rms: (squares / count).squareRoot(),
      relative: relative
    )
  }
}
