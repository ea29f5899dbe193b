/// Sources of TorchScript that only say what a model's tensors and modules are called.
///
/// Torch writes such for a model without methods, and libraries in other languages for any:
///
///     class Module(Module):
///       __parameters__ = ["weight", ]
///       __buffers__ = []
///       weight : Tensor
struct TorchScriptDeclarations: ~Escapable {
  private let text: Span<UInt8>
  /// What is left of a line.
  private var start = 0
  private var end = 0
  private var next = 0

  @_lifetime(copy text)
  private init(_ text: Span<UInt8>) { self.text = text }

  /// Whether anything else stands in a source, as far as so many lines show, and how many were read.
  static func look(
    at text: Span<UInt8>,
    maximumLines: Int
  ) -> (hasOthers: Bool, lines: Int) {
    var declarations = TorchScriptDeclarations(text)
    var lines = 0
    while lines < maximumLines, declarations.nextLine() {
      lines += 1
      guard declarations.isDeclaration() else { return (true, lines) }
    }
    return (false, lines)
  }

  /// Moves to the next line; returns whether there is one.
  private mutating func nextLine() -> Bool {
    guard next < text.count else { return false }
    start = next
    end = start
    while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
    next = end + 1
    return true
  }

  private mutating func isDeclaration() -> Bool {
    skip { $0 == UInt8(ascii: " ") }
    if start == end { return true }
    for list in Self.lists where take(list) { return isListOfNames() }
    if take(Self.klass) { return takeName() && take(Self.base) && start == end }
    if take(Self.annotation) {
      return skip(Self.isPlain) > 0 && take(Self.equals) && isType()
    }
    return takeName() && take(Self.colon) && isType()
  }

  private static let lists =
    ["__parameters__ = ", "__buffers__ = ", "__annotations__ = "].map { Array($0.utf8) }
  private static let klass = Array("class ".utf8)
  private static let base = Array("(Module):".utf8)
  private static let annotation = Array("__annotations__[\"".utf8)
  private static let equals = Array("\"] = ".utf8)
  private static let colon = Array(" : ".utf8)
  private static let classes = Array("classes".utf8)

  /// `["a", "b", ]`.
  private mutating func isListOfNames() -> Bool {
    guard end - start >= 2, text[start] == UInt8(ascii: "["), text[end - 1] == UInt8(ascii: "]")
    else { return false }
    start += 1
    end -= 1
    defer { end += 1 }
    while start < end {
      let byte = text[start]
      start += 1
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: ","): continue
      case UInt8(ascii: "\""):
        // Without a name it may be the start of three quotes.
        guard skip(Self.isPlain) > 0, start < end, text[start] == UInt8(ascii: "\"") else {
          return false
        }
        start += 1
      default: return false
      }
    }
    return true
  }

  /// A name of tensors, modules, numbers and texts, and lists of such; classes of libraries read their state
  /// by themselves.
  private mutating func isType() -> Bool {
    guard start < end else { return false }
    while start < end {
      let byte = text[start]
      switch byte {
      case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "."), UInt8(ascii: ","),
        UInt8(ascii: " "):
        break
      default: guard Self.isLetter(byte), !stands(Self.classes) else { return false }
      }
      start += 1
    }
    return true
  }

  // MARK: - Parts of a line

  private func stands(_ word: [UInt8]) -> Bool {
    guard word.count <= end - start else { return false }
    for index in word.indices where text[start + index] != word[index] { return false }
    return true
  }

  private mutating func take(_ word: [UInt8]) -> Bool {
    guard stands(word) else { return false }
    start += word.count
    return true
  }

  private mutating func takeName() -> Bool { skip(Self.isLetter) > 0 }

  /// Passes over bytes; returns how many there are.
  @discardableResult
  private mutating func skip(_ isSkipped: (UInt8) -> Bool) -> Int {
    let first = start
    while start < end, isSkipped(text[start]) { start += 1 }
    return start - first
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
