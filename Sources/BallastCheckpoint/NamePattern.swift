/// A pattern on tensor names: `*` stands for any text, `?` for one character.
package struct NamePattern: Hashable, Sendable {
  /// The pattern as it is written.
  package let text: String
  private let scalars: [Unicode.Scalar]

  package init(_ text: String) {
    self.text = text
    scalars = Array(text.unicodeScalars)
  }

  /// How many stars it has.
  package var starCount: Int { scalars.count { $0 == "*" } }

  /// Whether the whole name fits.
  package func matches(_ name: String) -> Bool { stars(in: name) != nil }

  /// What each star stands for, or nil where the name does not fit.
  ///
  /// All stars but the last take as little as they can. Only the last one that was met is widened,
  /// so that time is bounded by the product of the lengths.
  package func stars(in name: String) -> [String]? {
    let name = Array(name.unicodeScalars)
    var found: [(position: Int, range: Range<Int>)] = []
    var p = 0
    var n = 0
    while n < name.count {
      if p < scalars.count, scalars[p] == "*" {
        found.append((p, n..<n))
        p += 1
      } else if p < scalars.count, scalars[p] == "?" || scalars[p] == name[n] {
        p += 1
        n += 1
      } else if let last = found.last {
        n = last.range.upperBound + 1
        found[found.count - 1].range = last.range.lowerBound..<n
        p = last.position + 1
      } else {
        return nil
      }
    }
    guard scalars[p...].allSatisfy({ $0 == "*" }) else { return nil }
    var texts = found.map { star -> String in
      var text = String.UnicodeScalarView()
      text.append(contentsOf: name[star.range])
      return String(text)
    }
    texts += scalars[p...].map { _ in "" }
    return texts
  }
}

/// Another name for every tensor whose name fits a pattern.
///
/// The stars of the new name stand for what those of the pattern stood for, in order:
/// `model.*.weight` to `*.w` makes `h.0.w` of `model.h.0.weight`.
package struct Renaming: Hashable, Sendable {
  package let pattern: NamePattern
  package let replacement: String

  /// Nil where the new name has more stars than the pattern.
  package init?(_ pattern: NamePattern, to replacement: String) {
    guard replacement.unicodeScalars.count(where: { $0 == "*" }) <= pattern.starCount else {
      return nil
    }
    self.pattern = pattern
    self.replacement = replacement
  }

  /// The new name, or nil where the pattern does not fit the old one.
  package func newName(for name: String) -> String? {
    guard let stars = pattern.stars(in: name) else { return nil }
    let parts = replacement.split(separator: "*", omittingEmptySubsequences: false)
    var newName = ""
    for (position, part) in parts.enumerated() {
      if position > 0 { newName += stars[position - 1] }
      newName += part
    }
    return newName
  }
}

extension Collection<NamePattern> {
  /// Whether one of the patterns fits, or there is none.
  package func select(_ name: String) -> Bool {
    isEmpty || contains { $0.matches(name) }
  }
}
