/// A type that one word of the command line can be turned into.
package protocol ExpressibleByArgument: ArgumentValue where Item == Self {
  /// Reads a word; throws what was expected instead.
  init(argument: String) throws(InvalidArgument)

  /// The words that are allowed, where they can be listed.
  static var allowedValues: [String] { get }

  /// What stands for a value in help where the declaration names nothing better, such as "N".
  static var placeholder: String? { get }

  /// The word that gives this value.
  var argument: String { get }
}

/// Why a word is not a value: what was expected, such as "expected a whole number".
package struct InvalidArgument: Error, Hashable, Sendable {
  /// What was expected.
  package let reason: String

  /// An error with its reason.
  package init(_ reason: String) {
    self.reason = reason
  }
}

/// A type that all the words given for one argument can be turned into.
///
/// One word becomes a value, and the last counts when it is given again; an optional may have
/// none; an array collects them.
package protocol ArgumentValue: Sendable {
  /// What one word becomes.
  associatedtype Item: ExpressibleByArgument

  /// Whether every word counts, instead of the last.
  static var isRepeatable: Bool { get }

  /// The value when no word is given; nil if one is required.
  static var absent: Self? { get }

  /// The value of one or more words.
  static func collected(_ first: Item, _ others: [Item]) -> Self

  /// What the value consists of.
  var items: [Item] { get }
}

extension ExpressibleByArgument {
  /// The name of the argument stands for its value.
  package static var placeholder: String? { nil }
  /// Any word may be a value.
  package static var allowedValues: [String] { [] }
  /// The last word counts.
  package static var isRepeatable: Bool { false }
  /// A word is required.
  package static var absent: Self? { nil }
  /// The last of the values.
  package static func collected(_ first: Self, _ others: [Self]) -> Self { others.last ?? first }
  /// This value alone.
  package var items: [Self] { [self] }
}

extension Optional: ArgumentValue where Wrapped: ExpressibleByArgument {
  /// The last word counts.
  package static var isRepeatable: Bool { false }
  /// Nil, as no word is required.
  package static var absent: Wrapped?? { .some(nil) }
  /// The last of the values.
  package static func collected(_ first: Wrapped, _ others: [Wrapped]) -> Wrapped? {
    others.last ?? first
  }
  /// The value, if there is one.
  package var items: [Wrapped] { map { [$0] } ?? [] }
}

extension Array: ArgumentValue where Element: ExpressibleByArgument {
  /// Every word counts.
  package static var isRepeatable: Bool { true }
  /// At least one word is required, unless the declaration has a default.
  package static var absent: [Element]? { nil }
  /// All of the values, in order.
  package static func collected(_ first: Element, _ others: [Element]) -> [Element] {
    [first] + others
  }
  /// The values.
  package var items: [Element] { self }
}

extension ExpressibleByArgument where Self: CaseIterable & RawRepresentable<String> {
  /// Reads one of the raw values.
  package init(argument: String) throws(InvalidArgument) {
    if let value = Self(rawValue: argument) {
      self = value
      return
    }
    let allowed = Self.allowedValues
    let expected = "expected \(allowed.listed(before: "or"))"
    guard let suggestion = argument.closest(in: allowed) else { throw InvalidArgument(expected) }
    throw InvalidArgument("\(expected); did you mean '\(suggestion)'?")
  }

  /// The raw values.
  package static var allowedValues: [String] { allCases.map(\.rawValue) }
  /// The raw value.
  package var argument: String { rawValue }
}

extension String: ExpressibleByArgument {
  /// The word as it is.
  package init(argument: String) { self = argument }
  /// The text itself.
  package var argument: String { self }
}

extension FixedWidthInteger where Self: ExpressibleByArgument {
  /// Reads a whole number in decimal digits.
  package init(argument: String) throws(InvalidArgument) {
    if let value = Self(argument) {
      self = value
      return
    }
    let digits = argument.drop { $0 == "-" || $0 == "+" }
    let isNumber = !digits.isEmpty && digits.allSatisfy { $0.isASCII && $0.isNumber }
    throw InvalidArgument(
      isNumber ? "expected a number from \(Self.min) to \(Self.max)" : "expected a whole number"
    )
  }

  /// Whole numbers are N in help.
  package static var placeholder: String? { "N" }

  /// The decimal digits.
  package var argument: String { description }
}

extension Int: ExpressibleByArgument {}
extension UInt64: ExpressibleByArgument {}

extension Double: ExpressibleByArgument {
  /// Numbers are X in help.
  package static var placeholder: String? { "X" }

  /// Reads a finite number.
  package init(argument: String) throws(InvalidArgument) {
    guard let value = Double(argument), value.isFinite else {
      throw InvalidArgument("expected a number")
    }
    self = value
  }

  /// The shortest digits that give the number; whole numbers without ".0".
  package var argument: String {
    description.hasSuffix(".0") ? String(description.dropLast(2)) : description
  }
}

extension Float: ExpressibleByArgument {
  /// Numbers are X in help.
  package static var placeholder: String? { "X" }

  /// Reads a finite number.
  package init(argument: String) throws(InvalidArgument) {
    guard let value = Float(argument), value.isFinite else {
      throw InvalidArgument("expected a number")
    }
    self = value
  }

  /// The shortest digits that give the number; whole numbers without ".0".
  package var argument: String {
    description.hasSuffix(".0") ? String(description.dropLast(2)) : description
  }
}
