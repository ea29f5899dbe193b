/// A tensor's name, apart from the number of its layer: `transformer.h.11.attn.c_attn.weight`.
package struct LayeredName: Hashable, Sendable {
  /// The name with a star for the number: `transformer.h.*.attn.c_attn.weight`.
  package let pattern: String
  /// The number; nil where the name has none.
  package let layer: Int?

  /// Finds the number: the first part between dots, or slashes, that has only digits, or the digits
  /// behind an h, as OpenAI's release has it.
  package init(_ name: String) {
    let parts = name.split(omittingEmptySubsequences: false) { $0 == "." || $0 == "/" }
    for part in parts {
      let digits = part.first == "h" ? part.dropFirst() : part
      guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let number = Int(digits)
      else { continue }
      layer = number
      pattern = name[..<digits.startIndex] + "*" + name[digits.endIndex...]
      return
    }
    pattern = name
    layer = nil
  }
}
