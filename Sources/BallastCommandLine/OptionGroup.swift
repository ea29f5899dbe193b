/// Arguments that several commands share: `@OptionGroup(title: "Sampling") var sampling: Sampling`.
///
/// Help shows a group with a title in a section of its own.
@propertyWrapper
package struct OptionGroup<Group: ParsableArguments>: Decodable, Sendable {
  let title: String
  private let group: Group

  /// The arguments of the group.
  package var wrappedValue: Group { group }

  /// Declares the arguments of a group as arguments of this command.
  package init(title: String = "") {
    self.title = title
    group = Group()
  }

  /// Takes its values from a parsed command line, and validates the group.
  package init(from decoder: any Decoder) throws {
    title = ""
    group = try Group(from: decoder)
    try group.validate()
  }
}

/// A group as reflection finds it, whatever its type.
protocol OptionGroupWrapper: Sendable {
  var title: String { get }
  var declared: any ParsableArguments { get }
}

extension OptionGroup: OptionGroupWrapper {
  var declared: any ParsableArguments { group }
}
