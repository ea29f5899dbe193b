import BallastBytes
import BallastFormats

/// What a pickle imports.
extension PickleWalk {
  /// So many bytes of names are decoded for each that was read.
  private static let decodedPerByte = 16
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
      guard mayBeText(module), mayBeText(name) else {
        noteImpossible(.computedName)
        stumble()
        return .opaque
      }
      if isOpaque(module) || isOpaque(name) {
        reachUnknown()
        // What is not known only because Python has failed before was not imported.
        guard isClean else { return .opaque }
      }
      return global(module: text(of: module), name: text(of: name))
    }
    let place = PlacedName(module: first.range.lowerBound, name: second.range.lowerBound)
    if let index = placedNames[place] { return .global(index) }
    // Texts can be paired in more ways than there are texts.
    decodedBytes += min(first.range.count, Self.maximumNameBytes)
    decodedBytes += min(second.range.count, Self.maximumNameBytes)
    guard decodedBytes <= Self.decodedPerByte * (opcodeOffset - range.lowerBound) + 1 << 16 else {
      note(.tooManyNames)
      return .opaque
    }
    let symbol = global(module: text(of: module), name: text(of: name))
    if max(first.range.count, second.range.count) <= Self.maximumNameBytes,
      !isPlainText(first) || !isPlainText(second)
    {
      // Whoever tells Python to ignore errors gets the name without the bytes that are not ASCII.
      _ = global(module: plain(first), name: plain(second))
    }
    if case .global(let index) = symbol { placedNames[place] = index }
    return symbol
  }

  /// Imports a name; one that cannot be known is a finding.
  mutating func global(module: String?, name: String?) -> PickleSymbol {
    guard let module, let name else {
      note(.computedName)
      return .opaque
    }
    var text = module
    text += "\n"
    text += name
    let key = ExactString(text)
    if let index = nameIndex[key] { return .global(index) }
    guard names.count < Self.maximumNames else {
      note(.tooManyNames)
      return .opaque
    }
    let judgement = judgements.judgement(of: key, module: module, name: name)
    names.append(
      PickleName(
        path: judgement.path,
        verdict: judgement.verdict,
        form: judgement.form,
        opcode: opcode,
        offset: opcodeOffset
      )
    )
    nameIndex[key] = names.count - 1
    return .global(names.count - 1)
  }

  /// Whether all readers of Python 2's texts take it for the same.
  private func isPlainText(_ text: PickleText) -> Bool {
    guard text.encoding == .bytes || text.encoding == .escapedBytes else { return true }
    return (text.bytes(from: source) ?? []).allSatisfy { $0 < 0x80 }
  }

  /// A text as Python reads it that was told to ignore what is not ASCII in those of Python 2.
  func plain(_ text: PickleText) -> String {
    switch text.encoding {
    case .bytes, .escapedBytes:
      judgements.check(text.range.count)
      return String(decoding: (text.bytes(from: source) ?? []).filter { $0 < 0x80 }, as: UTF8.self)
    case .rawUnicodeEscape:
      judgements.check(text.range.count)
      return text.decoded(from: source)
    case .utf8:
      judgements.check(text.range.count / 16)
      return text.decoded(from: source)
    }
  }

  /// Whether a value may be a text, which some call may have made: Python imports by nothing else.
  private func mayBeText(_ symbol: PickleSymbol) -> Bool {
    switch symbol {
    case .text, .opaque, .persistent, .result: return true
    // A name may stand for a constant.
    case .global(let index): return namesMayBeTexts || names[index].form == nil
    default: return false
    }
  }

  private func isOpaque(_ symbol: PickleSymbol) -> Bool {
    if case .opaque = symbol { true } else { false }
  }

  /// Python looks these codes up in a table of the running program.
  mutating func pushExtension(_ code: Int) {
    // Where none is registered Python fails; in bytes that may be anything that is all there is to it.
    if isGuess, isNested || isProbe { stumble() }
    note(.extensionCode)
    push(.opaque)
  }

  // MARK: - Credibility

  /// Whether this is what a pickler, or somebody who imitates one, writes: bytes of tensors can look
  /// like the start of a pickle.
  var isCredible: Bool {
    isClean && end == .stop || hasPlausibleName || crossesFrame || reachesUnknown
  }

  /// Whether one of the names could be a module and a name in it.
  var hasPlausibleName: Bool {
    ownNames.contains(where: \.isPlausible)
  }
}
