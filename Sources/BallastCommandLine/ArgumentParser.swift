/// An option, flag or word as it was written.
struct Occurrence: Hashable, Sendable {
  /// The name it was written with; nil for a word by its position.
  var name: OptionName?
  /// The value; nil for a flag.
  var value: String?
}

/// What was written for each argument, in order.
typealias ArgumentOccurrences = [ArgumentTable.Path: [Occurrence]]

/// Sorts the words of a command line by the arguments that are declared.
///
/// Options and positional words mix in any order. A single `-` is a word, `--` ends the options,
/// and what looks like a negative number is a word too.
struct ArgumentParser {
  typealias Target = (path: ArgumentTable.Path, declaration: ArgumentDeclaration)

  private let targets: [OptionName: Target]
  private let positionals: [Target]
  private var words: ArraySlice<String>
  private(set) var occurrences: ArgumentOccurrences = [:]

  init(_ targets: [Target], words: ArraySlice<String>) {
    var named: [OptionName: Target] = [:]
    for target in targets {
      for name in target.declaration.allNames { named[name] = target }
    }
    self.targets = named
    self.words = words
    positionals = targets.filter { $0.declaration.kind == .positional }
  }

  /// The words that were not read yet.
  var remaining: ArraySlice<String> { words }

  /// Reads options up to the first word that is none, which stays unread.
  mutating func parseOptions() throws(UsageError) {
    while let word = words.first, word.isOption, word != "--" {
      words.removeFirst()
      try parseOption(word)
    }
  }

  /// Reads everything.
  mutating func parseAll() throws(UsageError) {
    var operands: [String] = []
    while let word = words.popFirst() {
      if word == "--" {
        operands += words
        words = []
      } else if word.isOption {
        try parseOption(word)
      } else {
        operands.append(word)
      }
    }
    try assign(operands)
  }

  private mutating func assign(_ operands: [String]) throws(UsageError) {
    var operands = operands[...]
    for (path, declaration) in positionals {
      let count = declaration.isRepeatable ? operands.count : min(1, operands.count)
      occurrences[path] = operands.prefix(count).map { Occurrence(value: $0) }
      operands.removeFirst(count)
    }
    guard let first = operands.first else { return }
    let list = operands.map { "'\($0)'" }.joined(separator: ", ")
    throw UsageError(
      operands.count == 1
        ? "unexpected argument '\(first)'" : "\(operands.count) unexpected arguments: \(list)"
    )
  }

  private mutating func parseOption(_ word: String) throws(UsageError) {
    guard word.hasPrefix("--") else { return try parseShortOptions(word) }
    let parts = word.dropFirst(2).split(
      separator: "=",
      maxSplits: 1,
      omittingEmptySubsequences: false
    )
    let name = OptionName.long(String(parts.first ?? ""))
    try record(name, attached: parts.count > 1 ? String(parts[1]) : nil)
  }

  /// Reads `-o FILE`, `-o=FILE`, `-oFILE`, and flags joined as in `-abc`.
  ///
  /// After other letters an option takes the next word only, so that a typo such as `-format`
  /// for `--format` is no `-f -o rmat`.
  private mutating func parseShortOptions(_ word: String) throws(UsageError) {
    var letters = word.dropFirst()
    let long = OptionName.long(String(letters.prefix { $0 != "=" }))
    if letters.count > 1, targets[long] != nil {
      throw UsageError(
        "unknown option '-\(long.description.dropFirst(2))'; did you mean '\(long)'?"
      )
    }
    if let first = letters.first, targets[.short(first)]?.declaration.kind == .option {
      let value = letters.dropFirst(letters.dropFirst().first == "=" ? 2 : 1)
      return try record(.short(first), attached: letters.count > 1 ? String(value) : nil)
    }
    while let letter = letters.popFirst() {
      if letters.first == "=" {
        return try record(.short(letter), attached: String(letters.dropFirst()))
      }
      if targets[.short(letter)]?.declaration.kind == .option, !letters.isEmpty {
        throw UsageError("'-\(letter)' takes a value and must stand last in '\(word)'")
      }
      try record(.short(letter), attached: nil)
    }
  }

  private mutating func record(_ name: OptionName, attached: String?) throws(UsageError) {
    guard let (path, declaration) = targets[name] else { throw unknown(name) }
    var occurrence = Occurrence(name: name, value: attached)
    switch declaration.kind {
    case .flag, .positional:
      guard attached == nil else { throw UsageError("'\(name)' takes no value") }
    case .option where attached == nil:
      guard let word = words.first, word.mayBeValue else {
        throw missingValue(name, of: declaration)
      }
      occurrence.value = word
      words.removeFirst()
    case .option: break
    }
    occurrences[path, default: []].append(occurrence)
  }

  private func missingValue(
    _ name: OptionName,
    of declaration: ArgumentDeclaration
  ) -> UsageError {
    let message = "missing value for '\(name) \(declaration.valueName)'"
    guard let word = words.first, word != "--", case .long = name else {
      return UsageError(message)
    }
    return UsageError("\(message); '\(name)=\(word)' gives a value that begins with a dash")
  }

  private func unknown(_ name: OptionName) -> UsageError {
    let message = "unknown option '\(name)'"
    guard case .long(let word) = name else { return UsageError(message) }
    let known = targets.keys.compactMap { if case .long(let word) = $0 { word } else { nil } }
    guard let suggestion = word.closest(in: known.sorted()) else { return UsageError(message) }
    return UsageError("\(message); did you mean '--\(suggestion)'?")
  }
}

extension String {
  /// Whether a word is an option, or several, or the end of options.
  var isOption: Bool { hasPrefix("-") && count > 1 && !isNegativeNumber }

  /// Whether a word may follow an option as its value.
  ///
  /// Texts such as "- item" or "-1, 2" have a dash before something that no name starts with.
  var mayBeValue: Bool {
    guard isOption else { return true }
    let name = drop { $0 == "-" }
    return self != "--" && (name.first?.isLetter != true || name.contains { $0.isWhitespace })
  }

  private var isNegativeNumber: Bool {
    let digits = dropFirst().first == "." ? dropFirst(2) : dropFirst()
    return digits.first.map { $0.isASCII && $0.isNumber } ?? false
  }
}
