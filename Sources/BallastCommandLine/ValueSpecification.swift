/// What options and positional arguments have in common: a value, its help and its limits.
struct ValueSpecification<Value: ArgumentValue>: Sendable {
  let valueName: String?
  let help: String
  let completion: CompletionKind?
  var check: @Sendable (Value.Item) throws(InvalidArgument) -> Void = { _ in }
  /// The default at first; after parsing, the value.
  var value: Value?

  init(_ valueName: String?, _ help: String, _ completion: CompletionKind?) {
    self.valueName = valueName
    self.help = help
    self.completion = completion
  }

  var currentValue: Value {
    guard let value = value ?? Value.absent else {
      preconditionFailure("a required argument was read before the command line was parsed")
    }
    return value
  }

  func declaration(
    _ kind: ArgumentDeclaration.Kind,
    label: String,
    names: [OptionName] = []
  ) -> ArgumentDeclaration {
    let allowed = Value.Item.allowedValues
    let words = value?.items.map(\.argument).joined(separator: " ") ?? ""
    return ArgumentDeclaration(
      kind: kind,
      names: names,
      valueName: valueName ?? Value.Item.placeholder ?? label.kebabCased.uppercased(),
      help: help,
      isRequired: value == nil && Value.absent == nil,
      isRepeatable: Value.isRepeatable,
      defaultValue: words.isEmpty ? nil : words,
      allowedValues: allowed,
      completion: completion ?? (allowed.isEmpty ? .none : .values(allowed))
    )
  }

  /// Takes the value from the words; without any, it stays what it is.
  mutating func parse(
    _ occurrences: [Occurrence],
    as declaration: ArgumentDeclaration
  ) throws(UsageError) {
    var items: [Value.Item] = []
    for word in occurrences.compactMap(\.value) {
      do throws(InvalidArgument) {
        let item = try Value.Item(argument: word)
        try check(item)
        items.append(item)
      } catch {
        throw UsageError("invalid value '\(word)' for '\(declaration.label)': \(error.reason)")
      }
    }
    if let first = items.first {
      value = Value.collected(first, Array(items.dropFirst()))
    } else if declaration.isRequired {
      let what = declaration.kind == .option ? "required option" : "argument"
      throw UsageError("missing \(what) '\(declaration.label)'")
    }
  }
}
