/// A declared property as reflection finds it, whatever its type.
protocol ArgumentWrapper: Decodable, Sendable {
  /// What the property declares; its label gives the name.
  func declaration(label: String) -> ArgumentDeclaration

  /// Takes the value from what was written on the command line.
  mutating func parse(
    _ occurrences: [Occurrence],
    as declaration: ArgumentDeclaration
  ) throws(UsageError)
}

extension Option {
  mutating func parse(
    _ occurrences: [Occurrence],
    as declaration: ArgumentDeclaration
  ) throws(UsageError) {
    try specification.parse(occurrences, as: declaration)
  }
}

extension Argument {
  mutating func parse(
    _ occurrences: [Occurrence],
    as declaration: ArgumentDeclaration
  ) throws(UsageError) {
    try specification.parse(occurrences, as: declaration)
  }
}

/// The declared arguments of a command, in the order and nesting of its properties.
struct ArgumentTable: Sendable {
  /// Where an argument is declared: the labels of its properties, outermost first.
  typealias Path = [String]

  enum Node: Sendable {
    case argument(any ArgumentWrapper, ArgumentDeclaration)
    indirect case group(title: String, ArgumentTable)
  }

  private(set) var nodes: [(label: String, node: Node)] = []
  /// The stored properties that declare nothing.
  private(set) var undeclared: [String] = []

  /// Reflects on an instance that has declarations and no values yet.
  init(reflecting arguments: any ParsableArguments) {
    for child in Mirror(reflecting: arguments).children {
      // A wrapped property is stored under its label with an underscore before it.
      guard let label = child.label?.drop(while: { $0 == "_" }) else { continue }
      switch child.value {
      case let wrapper as any ArgumentWrapper:
        let declaration = wrapper.declaration(label: String(label))
        nodes.append((String(label), .argument(wrapper, declaration)))
      case let group as any OptionGroupWrapper:
        let table = ArgumentTable(reflecting: group.declared)
        nodes.append((String(label), .group(title: group.title, table)))
        undeclared += table.undeclared
      default: undeclared.append(String(label))
      }
    }
  }

  subscript(label: String) -> Node? {
    nodes.first { $0.label == label }?.node
  }

  /// Every argument with the title of the innermost group that has one.
  func flattened(
    path: Path = [],
    title: String = ""
  ) -> [(path: Path, title: String, declaration: ArgumentDeclaration)] {
    nodes.flatMap { label, node in
      switch node {
      case .argument(_, let declaration):
        [(path: path + [label], title: title, declaration: declaration)]
      case .group(let inner, let table):
        table.flattened(path: path + [label], title: inner.isEmpty ? title : inner)
      }
    }
  }
}
