/// What a command says about one of its arguments; help, completions and manual pages read it.
package struct ArgumentDeclaration: Hashable, Sendable {
  /// How an argument is written.
  package enum Kind: Hashable, Sendable {
    /// A word by its position.
    case positional
    /// A name and a word.
    case option
    /// A name alone.
    case flag
  }

  /// How the argument is written.
  package let kind: Kind
  /// The names of an option or flag, the short one first.
  package let names: [OptionName]
  /// The name that turns a flag off, where it has one.
  package let inverseName: OptionName?
  /// What stands for the value in help, such as FILE; empty for a flag.
  package let valueName: String
  /// What it is for, in a sentence or two.
  package let help: String
  /// Whether the command refuses to run without it.
  package let isRequired: Bool
  /// Whether it may be given several times, and every time counts.
  package let isRepeatable: Bool
  /// The value without it, as a word; nil if there is none.
  package let defaultValue: String?
  /// The words allowed, where they can be listed.
  package let allowedValues: [String]
  /// What a shell offers for the value.
  package let completion: CompletionKind

  init(
    kind: Kind,
    names: [OptionName] = [],
    inverseName: OptionName? = nil,
    valueName: String = "",
    help: String,
    isRequired: Bool = false,
    isRepeatable: Bool = false,
    defaultValue: String? = nil,
    allowedValues: [String] = [],
    completion: CompletionKind = .none
  ) {
    self.kind = kind
    self.names = names
    self.inverseName = inverseName
    self.valueName = valueName
    self.help = help
    self.isRequired = isRequired
    self.isRepeatable = isRepeatable
    self.defaultValue = defaultValue
    self.allowedValues = allowedValues
    self.completion = completion
  }

  /// Every name that selects this argument, the inverse included.
  package var allNames: [OptionName] { names + (inverseName.map { [$0] } ?? []) }

  /// How help and messages call it: "-o, --output FILE", "--tree/--no-tree", "PATH".
  package var label: String {
    var label = names.map(\.description).joined(separator: ", ")
    if let inverseName { label += "/\(inverseName)" }
    if !label.isEmpty, !valueName.isEmpty { label += " " }
    return label + valueName
  }

  /// How it is written in a usage line: "[--match GLOB]...", "PATH...".
  package var synopsis: String {
    let name = (names.last?.description ?? "") + (inverseName.map { "/\($0)" } ?? "")
    var text = [name, valueName].filter { !$0.isEmpty }.joined(separator: " ")
    if isRepeatable, kind == .positional { text += "..." }
    if !isRequired { text = "[\(text)]" }
    if isRepeatable, kind == .option { text += "..." }
    return text
  }
}

/// A name of an option or a flag.
package enum OptionName: Hashable, Sendable, CustomStringConvertible {
  /// One letter after one dash.
  case short(Character)
  /// A word after two dashes.
  case long(String)

  /// The name as it is written.
  package var description: String {
    switch self {
    case .short(let letter): "-\(letter)"
    case .long(let word): "--\(word)"
    }
  }
}

/// What a shell offers when a value is to be completed.
package enum CompletionKind: Hashable, Sendable {
  /// Nothing.
  case none
  /// Files; those with one of the extensions, if any are given.
  case file(extensions: [String])
  /// Directories.
  case directory
  /// These words.
  case values([String])

  /// Every file.
  package static let file = CompletionKind.file(extensions: [])
}
