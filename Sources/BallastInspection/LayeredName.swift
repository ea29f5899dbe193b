package import BallastBytes

/// A tensor's name, apart from the number of its layer: `transformer.h.11.attn.c_attn.weight`.
package struct LayeredName: Sendable {
  /// What the names of one weight in all layers have in common: they are equal but for the number.
  ///
  /// A star is no key for that, for names may have stars of their own.
  package struct Family: Hashable, Sendable {
    /// What stands before the number; the whole of a name without one.
    package let before: ExactString
    /// What stands behind it; nil where there is no number.
    package let after: ExactString?
  }

  /// The name itself.
  package let name: String
  /// The number; nil where the name has none.
  package let layer: Int?
  package let family: Family

  /// The name with a star for the number: `transformer.h.*.attn.c_attn.weight`.
  package var pattern: String {
    family.after.map { family.before.string + "*" + $0.string } ?? name
  }

  /// Finds the number: the first part between dots, or slashes, that has only digits, or the digits
  /// behind an h, as OpenAI's release has it.
  package init(_ name: String) {
    let parts = name.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" }
    for part in parts {
      let digits = part.first == "h" ? part.dropFirst() : part
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(digits)
      else { continue }
      let family = Family(
        before: ExactString(String(name[..<digits.startIndex])),
        after: ExactString(String(name[digits.endIndex...]))
      )
      self.init(name, number, family)
      return
    }
    self.init(withoutLayer: name)
  }

  private init(withoutLayer name: String) {
    self.init(name, nil, Family(before: ExactString(name), after: nil))
  }

  private init(_ name: String, _ layer: Int?, _ family: Family) {
    self.name = name
    self.layer = layer
    self.family = family
  }

  /// The names of a checkpoint's tensors; where one number is written in two ways, as 1 and 01, the
  /// names of the family are taken to have none.
  package static func names(of tensors: some Sequence<String>) -> [LayeredName] {
    let names = tensors.map { LayeredName($0) }
    var layers: [Family: Set<Int>] = [:]
    var ambiguous: Set<Family> = []
    for name in names {
      guard let layer = name.layer else { continue }
      let isNew = layers[name.family, default: []].insert(layer).inserted
      if !isNew { ambiguous.insert(name.family) }
    }
    guard !ambiguous.isEmpty else { return names }
    return names.map { ambiguous.contains($0.family) ? LayeredName(withoutLayer: $0.name) : $0 }
  }
}
