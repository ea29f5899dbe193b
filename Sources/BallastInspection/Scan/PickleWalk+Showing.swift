import BallastBytes
import BallastFormats

/// How the arguments of a call are shown.
extension PickleWalk {
  /// Arguments are shown to this many characters.
  private static let shownCharactersOfAll = 1000
  /// Texts in arguments are shown to this many characters.
  private static let shownCharacters = 60

  // MARK: - Showing

  /// The arguments of a call, in parentheses, cut off where they are long; collections in them are
  /// shown one level deep.
  func shownArguments(_ arguments: Arguments) -> String {
    Self.cut(shown(arguments).unicodeScalars, to: Self.shownCharactersOfAll)
  }

  private func shown(_ arguments: Arguments) -> String {
    switch arguments {
    case .values(let values): return shown(PickleCollection(.tuple, values))
    case .keywords(let positional, .collection(let named)):
      return shown(.tuple(positional)) + " with " + shown(collections[named])
    case .tuple(.collection(let index)), .keywords(.collection(let index), _):
      return collections[index].kind == .tuple ? shown(collections[index]) : "(…)"
    case .tuple, .keywords: return "(…)"
    }
  }

  private func shown(_ collection: PickleCollection) -> String {
    parts(of: collection) { element in
      guard case .collection(let index) = element else { return atom(element) }
      return parts(of: collections[index], atom)
    }
  }

  private func parts(
    of collection: PickleCollection,
    _ show: (PickleSymbol) -> String
  ) -> String {
    var parts = collection.elements.prefix(PickleCollection.shownElements).map(show)
    if collection.isCut || parts.count < collection.elements.count { parts.append("…") }
    let (opening, closing) =
      switch collection.kind {
      case .tuple: ("(", ")")
      case .list: ("[", "]")
      case .dict, .set: ("{", "}")
      }
    return opening + parts.joined(separator: ", ") + closing
  }

  private func atom(_ symbol: PickleSymbol) -> String {
    switch symbol {
    case .none: "None"
    case .truth(let value): value ? "True" : "False"
    case .integer(let value): String(value)
    case .text(let text): quoted(text)
    case .bytes(let range): "\(range.count) bytes"
    case .encoded(let text): "\(text.range.count) bytes"
    case .global(let index): names[index].shownPath
    case .result(.some(let index)): names[index].shownPath + "(…)"
    case .array(let index): names[arrays[index].name].shownPath + "(…)"
    case .opaque, .number, .buffer, .persistent, .arrayType, .result(.none), .collection: "…"
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
