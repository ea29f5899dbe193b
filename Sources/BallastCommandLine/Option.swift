/// An option with a value: `@Option(short: "o", value: "FILE", help: "…") var output: String`.
///
/// Its long name is that of the property. Without an initial value it is required, unless the
/// property is an optional; an array collects the values of every occurrence.
@propertyWrapper
package struct Option<Value: ArgumentValue>: ArgumentWrapper {
  private let short: Character?
  private let long: String?
  var specification: ValueSpecification<Value>

  /// The value on the command line, or the initial value.
  package var wrappedValue: Value { specification.currentValue }

  /// Declares an option that is required, or whose value is optional.
  package init(
    short: Character? = nil,
    long: String? = nil,
    value valueName: String? = nil,
    help: String,
    completion: CompletionKind? = nil
  ) {
    self.short = short
    self.long = long
    specification = .init(valueName, help, completion)
  }

  /// Declares an option with a default.
  package init(
    wrappedValue: Value,
    short: Character? = nil,
    long: String? = nil,
    value valueName: String? = nil,
    help: String,
    completion: CompletionKind? = nil
  ) {
    self.init(short: short, long: long, value: valueName, help: help, completion: completion)
    specification.value = wrappedValue
  }

  /// Declares an option whose value lies in a range, and that is required or optional.
  package init(
    short: Character? = nil,
    long: String? = nil,
    value valueName: String? = nil,
    in range: some ArgumentRange<Value.Item>,
    help: String
  ) {
    self.init(short: short, long: long, value: valueName, help: help)
    specification.check = range.check
  }

  /// Declares an option whose value lies in a range, with a default.
  package init(
    wrappedValue: Value,
    short: Character? = nil,
    long: String? = nil,
    value valueName: String? = nil,
    in range: some ArgumentRange<Value.Item>,
    help: String
  ) {
    let isAllowed = wrappedValue.items.allSatisfy { range.contains($0) }
    precondition(isAllowed, "the default must be \(range.requirement)")
    self.init(short: short, long: long, value: valueName, in: range, help: help)
    specification.value = wrappedValue
  }

  /// Takes its value from a parsed command line.
  package init(from decoder: any Decoder) throws {
    self = try ArgumentDecoder.parsed(from: decoder)
  }

  func declaration(label: String) -> ArgumentDeclaration {
    let names: [OptionName] = (short.map { [.short($0)] } ?? []) + [.long(long ?? label.kebabCased)]
    return specification.declaration(.option, label: label, names: names)
  }
}

/// A value by its position: `@Argument(value: "PATH", help: "…") var paths: [String]`.
///
/// Without an initial value it is required, unless the property is an optional; an array takes all
/// the words that are left, and needs at least one unless it has an initial value.
@propertyWrapper
package struct Argument<Value: ArgumentValue>: ArgumentWrapper {
  var specification: ValueSpecification<Value>

  /// The value on the command line, or the initial value.
  package var wrappedValue: Value { specification.currentValue }

  /// Declares an argument that is required, or whose value is optional.
  package init(value valueName: String? = nil, help: String, completion: CompletionKind? = nil) {
    specification = .init(valueName, help, completion)
  }

  /// Declares an argument with a default.
  package init(
    wrappedValue: Value,
    value valueName: String? = nil,
    help: String,
    completion: CompletionKind? = nil
  ) {
    self.init(value: valueName, help: help, completion: completion)
    specification.value = wrappedValue
  }

  /// Takes its value from a parsed command line.
  package init(from decoder: any Decoder) throws {
    self = try ArgumentDecoder.parsed(from: decoder)
  }

  func declaration(label: String) -> ArgumentDeclaration {
    specification.declaration(.positional, label: label)
  }
}
