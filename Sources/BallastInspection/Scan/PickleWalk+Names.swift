import BallastBytes
import BallastFormats

/// What a pickle imports and calls, and how its arguments are shown.
extension PickleWalk {
  /// So many bytes of names are decoded for each that was read.
  private static let decodedPerByte = 16
  /// Arguments are shown to this many characters.
  private static let shownArguments = 1000
  /// Texts in arguments are shown to this many characters.
  private static let shownCharacters = 60

  /// What a call is given, as its opcode takes it from the stack.
  enum Arguments {
    /// One value, a tuple if the pickle is sound.
    case tuple(PickleSymbol)
    case values([PickleSymbol])
    /// A tuple and a dictionary.
    case keywords(PickleSymbol, PickleSymbol)
  }

  /// A text that may be part of a name; nil where a run alone would tell it, or it is too long.
  mutating func text(of symbol: PickleSymbol) -> String? {
    guard case .text(let text) = symbol else { return nil }
    guard text.range.count <= Self.maximumNameBytes else {
      note(.longName)
      return nil
    }
    return text.decoded(from: source)
  }

  /// Imports a name that two texts make, which are decoded once.
  mutating func global(module: PickleSymbol, name: PickleSymbol) -> PickleSymbol {
    guard case .text(let first) = module, case .text(let second) = name else {
      return global(module: text(of: module), name: text(of: name))
    }
    let place = PlacedName(module: first.range.lowerBound, name: second.range.lowerBound)
    if let index = placedNames[place] {
      names[index].count += 1
      return .global(index)
    }
    // Texts can be paired in more ways than there are texts.
    decodedBytes += min(first.range.count, Self.maximumNameBytes)
    decodedBytes += min(second.range.count, Self.maximumNameBytes)
    guard decodedBytes <= Self.decodedPerByte * (opcodeOffset - range.lowerBound) + 1 << 16 else {
      note(.tooManyNames)
      return .opaque
    }
    let symbol = global(module: text(of: module), name: text(of: name))
    if case .global(let index) = symbol { placedNames[place] = index }
    return symbol
  }

  /// Imports a name; one that cannot be known is a finding.
  mutating func global(module: String?, name: String?) -> PickleSymbol {
    guard let module, let name else {
      note(.computedName)
      return .opaque
    }
    let key = ExactString("\(module)\n\(name)")
    if let index = nameIndex[key] {
      names[index].count += 1
      return .global(index)
    }
    guard names.count < Self.maximumNames else {
      note(.tooManyNames)
      return .opaque
    }
    names.append(
      PickleName(
        path: "\(module).\(name)",
        verdict: PickleVerdict(module: module, name: name),
        opcode: opcode.name,
        offset: opcodeOffset
      )
    )
    nameIndex[key] = names.count - 1
    return .global(names.count - 1)
  }

  /// Python looks these codes up in a table of the running program.
  mutating func pushExtension(_ code: Int) {
    note(.extensionCode)
    push(.opaque)
  }

  /// What a persistent id stands for: torch's ("module", class, …) for the class itself.
  func persistent(_ id: PickleSymbol) -> PickleSymbol {
    guard case .collection(let index) = id, collections[index].elements.count >= 2,
      case .text(let kind) = collections[index].elements[0],
      kind.range.count == 6, kind.decoded(from: source) == "module",
      case .global = collections[index].elements[1]
    else { return .opaque }
    return collections[index].elements[1]
  }

  /// Notes a call, and pushes what it returns.
  mutating func call(_ callee: PickleSymbol, _ arguments: Arguments) {
    if isClean { hasCalls = true }
    guard case .global(let index) = callee else {
      note(.computedCall)
      return push(.result(of: nil))
    }
    if names[index].verdict == .loadsBytes, case .tuple(let tuple) = arguments,
      let range = literalBytes(tuple)
    {
      loadersAtLarge -= 1
      addNested(PickleText(range: range, encoding: .bytes), isLoaded: true)
    }
    if names[index].call == nil, names[index].verdict != .data {
      names[index].call = PickleName.Call(
        opcode: opcode.name,
        offset: opcodeOffset,
        arguments: Self.cut(shown(arguments).unicodeScalars, to: Self.shownArguments)
      )
    }
    push(.result(of: index))
  }

  /// The bytes of a tuple of nothing but bytes that stand in this file.
  private func literalBytes(_ arguments: PickleSymbol) -> Range<Int>? {
    guard case .collection(let index) = arguments, !collections[index].isCut,
      collections[index].elements.count == 1,
      case .bytes(let range) = collections[index].elements[0]
    else { return nil }
    return range
  }

  // MARK: - Credibility

  /// Whether this is what a pickler, or somebody who imitates one, writes: bytes of tensors can look
  /// like the start of a pickle.
  var isCredible: Bool {
    isClean && end == .stop || hasPlausibleName || crossesFrame
  }

  /// Whether one of the names could be a module and a name in it.
  var hasPlausibleName: Bool {
    names.contains(where: \.isPlausible)
  }

  // MARK: - Showing

  /// The arguments of a call, in parentheses; collections in them are shown one level deep.
  private func shown(_ arguments: Arguments) -> String {
    switch arguments {
    case .values(let values): return shown(PickleCollection("(", ")", values))
    case .keywords(let positional, .collection(let named)):
      return shown(.tuple(positional)) + " with " + shown(collections[named])
    case .tuple(.collection(let index)), .keywords(.collection(let index), _):
      return collections[index].opening == "(" ? shown(collections[index]) : "(…)"
    case .tuple, .keywords: return "(…)"
    }
  }

  private func shown(_ collection: PickleCollection) -> String {
    var parts = collection.elements.map { element in
      guard case .collection(let index) = element else { return atom(element) }
      let inner = collections[index]
      let dots = inner.isCut ? ", …" : ""
      return inner.opening + inner.elements.map(atom).joined(separator: ", ") + dots + inner.closing
    }
    if collection.isCut { parts.append("…") }
    return collection.opening + parts.joined(separator: ", ") + collection.closing
  }

  private func atom(_ symbol: PickleSymbol) -> String {
    switch symbol {
    case .none: "None"
    case .truth(let value): value ? "True" : "False"
    case .integer(let value): String(value)
    case .text(let text): quoted(text)
    case .bytes(let range): "\(range.count) bytes"
    case .global(let index): names[index].shownPath
    case .result(.some(let index)): names[index].shownPath + "(…)"
    case .opaque, .result(.none), .collection: "…"
    }
  }

  /// A character can have any number of accents: what is counted is code points.
  private static func cut(_ scalars: String.UnicodeScalarView, to count: Int) -> String {
    let shown = scalars.prefix(count)
    return String(shown) + (shown.endIndex < scalars.endIndex ? "…" : "")
  }

  private func quoted(_ text: PickleText) -> String {
    // No escape is longer than ten bytes.
    let start = PickleText(
      range: text.range.prefix(10 * Self.shownCharacters),
      encoding: text.encoding
    )
    let scalars = start.decoded(from: source).unicodeScalars
    return "\"" + Self.cut(scalars, to: Self.shownCharacters) + "\""
  }
}
