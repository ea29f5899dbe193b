/// Sources of TorchScript that only say what a model's tensors and modules are called.
///
/// Torch writes such for a model without methods, and libraries in other languages for any:
///
///     class Module(Module):
///       __parameters__ = ["weight", ]
///       __buffers__ = []
///       weight : Tensor
enum TorchScriptDeclarations {
  /// Whether nothing else stands in a source.
  static func areAll(of text: Span<UInt8>) -> Bool {
    var start = 0
    while start < text.count {
      var end = start
      while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
      guard isDeclaration((start..<end).map { text[$0] }) else { return false }
      start = end + 1
    }
    return true
  }

  private static func isDeclaration(_ bytes: [UInt8]) -> Bool {
    var line = bytes[...]
    while line.first == UInt8(ascii: " ") { line.removeFirst() }
    if line.isEmpty { return true }
    for list in ["__parameters__ = ", "__buffers__ = ", "__annotations__ = "]
    where line.starts(with: list.utf8) {
      return isListOfNames(line.dropFirst(list.utf8.count))
    }
    let (klass, base) = ("class ", "(Module):")
    if line.starts(with: klass.utf8) {
      return line.suffix(base.utf8.count).elementsEqual(base.utf8)
        && isName(line.dropFirst(klass.utf8.count).dropLast(base.utf8.count))
    }
    let (annotation, equals) = ("__annotations__[\"", "\"] = ")
    if line.starts(with: annotation.utf8) {
      let rest = line.dropFirst(annotation.utf8.count)
      let name = rest.prefix { isPlain($0) }
      let value = rest.dropFirst(name.count)
      return !name.isEmpty && value.starts(with: equals.utf8)
        && isType(value.dropFirst(equals.utf8.count))
    }
    let name = line.prefix(while: isLetter)
    let type = line.dropFirst(name.count)
    return isName(name) && type.starts(with: " : ".utf8) && isType(type.dropFirst(3))
  }

  /// `["a", "b", ]`.
  private static func isListOfNames(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.count >= 2, text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]") else {
      return false
    }
    var rest = text.dropFirst().dropLast()
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: ","): continue
      case UInt8(ascii: "\""):
        // Without a name it may be the start of three quotes.
        let name = rest.prefix { isPlain($0) }
        rest = rest.dropFirst(name.count)
        guard !name.isEmpty, rest.popFirst() == UInt8(ascii: "\"") else { return false }
      default: return false
      }
    }
    return true
  }

  /// A name of tensors, modules, numbers and texts, and lists of such; classes of libraries read their state
  /// by themselves.
  private static func isType(_ text: ArraySlice<UInt8>) -> Bool {
    !text.isEmpty && text.allSatisfy { isLetter($0) || "[]., ".utf8.contains($0) }
      && !String(decoding: text, as: UTF8.self).contains("classes")
  }

  private static func isName(_ text: ArraySlice<UInt8>) -> Bool {
    !text.isEmpty && text.allSatisfy(isLetter)
  }

  /// Whether a byte stands for itself within quotes.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
    default: false
    }
  }
}
