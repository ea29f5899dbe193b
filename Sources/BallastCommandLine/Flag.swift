/// A switch: `@Flag(help: "…") var force = false`.
///
/// Its long name is that of the property. With `inverse`, `--no-…` turns it off again; then the
/// property may be true at first, or an optional that is nil as long as neither was given.
@propertyWrapper
package struct Flag<Value: FlagValue>: ArgumentWrapper {
  private let short: Character?
  private let hasInverse: Bool
  private let help: String
  private var value: Value

  /// Whether the flag was given, or the initial value.
  package var wrappedValue: Value { value }

  /// Declares a flag.
  package init(
    wrappedValue: Value,
    short: Character? = nil,
    inverse: Bool = false,
    help: String
  ) {
    precondition(wrappedValue.isOn == false || inverse, "nothing could turn this flag off")
    self.short = short
    self.help = help
    hasInverse = inverse
    value = wrappedValue
  }

  /// Declares a flag that is nil as long as neither it nor its inverse was given.
  package init(short: Character? = nil, help: String) where Value == Bool? {
    self.init(wrappedValue: nil, short: short, inverse: true, help: help)
  }

  /// Takes its value from a parsed command line.
  package init(from decoder: any Decoder) throws {
    self = try ArgumentDecoder.parsed(from: decoder)
  }

  func declaration(label: String) -> ArgumentDeclaration {
    let name = label.kebabCased
    return ArgumentDeclaration(
      kind: .flag,
      names: (short.map { [.short($0)] } ?? []) + [.long(name)],
      inverseName: hasInverse ? .long("no-\(name)") : nil,
      help: help,
      defaultValue: hasInverse ? value.isOn.map { "--\($0 ? "" : "no-")\(name)" } : nil
    )
  }

  mutating func parse(
    _ occurrences: [Occurrence],
    as declaration: ArgumentDeclaration
  ) throws(UsageError) {
    guard let last = occurrences.last else { return }
    value = Value(isOn: last.name != declaration.inverseName)
  }
}

/// What a flag may be: on or off, or not given.
package protocol FlagValue: Sendable {
  /// A flag that was given, or whose inverse was.
  init(isOn: Bool)

  /// Whether the flag is on; nil if it was not given.
  var isOn: Bool? { get }
}

extension Bool: FlagValue {
  /// On or off.
  package init(isOn: Bool) { self = isOn }
  /// The value.
  package var isOn: Bool? { self }
}

extension Bool?: FlagValue {
  /// On or off.
  package init(isOn: Bool) { self = isOn }
  /// The value.
  package var isOn: Bool? { self }
}
