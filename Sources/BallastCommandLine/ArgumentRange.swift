/// The values that a number on the command line may have.
package protocol ArgumentRange<Bound>: Sendable {
  /// The type of the number.
  associatedtype Bound: ExpressibleByArgument

  /// Whether a value is allowed.
  func contains(_ value: Bound) -> Bool

  /// What is allowed, as in "must be 1 or more".
  var requirement: String { get }
}

extension ArgumentRange {
  /// Throws if a value is not allowed.
  func check(_ value: Bound) throws(InvalidArgument) {
    guard contains(value) else { throw InvalidArgument("must be \(requirement)") }
  }
}

extension ClosedRange: ArgumentRange where Bound: ExpressibleByArgument {
  /// Both bounds.
  package var requirement: String {
    "from \(lowerBound.argument) to \(upperBound.argument)"
  }
}

extension Range: ArgumentRange where Bound: ExpressibleByArgument {
  /// Both bounds, the upper excluded.
  package var requirement: String {
    "\(lowerBound.argument) or more, and less than \(upperBound.argument)"
  }
}

extension PartialRangeFrom: ArgumentRange where Bound: ExpressibleByArgument {
  /// The lower bound.
  package var requirement: String { "\(lowerBound.argument) or more" }
}

extension PartialRangeThrough: ArgumentRange where Bound: ExpressibleByArgument {
  /// The upper bound.
  package var requirement: String { "\(upperBound.argument) or less" }
}

/// The values above a bound, which Swift's ranges cannot say.
package struct MoreThan<Bound: ExpressibleByArgument & Comparable>: ArgumentRange {
  let bound: Bound

  /// Whether a value is above the bound.
  package func contains(_ value: Bound) -> Bool { value > bound }
  /// The bound.
  package var requirement: String { "more than \(bound.argument)" }
}

extension ArgumentRange {
  /// The values above a bound, and not the bound itself.
  package static func moreThan<B>(_ bound: B) -> Self where Self == MoreThan<B> {
    MoreThan(bound: bound)
  }
}
