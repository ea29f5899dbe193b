/// A key of a terminal.
package enum Key: Hashable, Sendable {
  case up, down, left, right
  case pageUp, pageDown, home, end
  case enter, escape, backspace, tab
  /// A letter that was pressed together with Ctrl.
  case control(Character)
  /// A character that was typed.
  case text(Character)
}

extension Key {
  /// The character that was typed.
  var character: Character? { if case .text(let character) = self { character } else { nil } }
}

/// Keys out of the bytes that a terminal sends for them (ECMA-48, and what xterm makes of it).
package struct KeyDecoder: Sendable {
  /// The longest sequence that is waited for; what is longer is none of a key.
  private static let longestSequence = 32

  private var pending: [UInt8] = []

  package init() {}

  /// Whether a sequence has begun that is not complete: an escape may also be a key of its own.
  package var isPending: Bool { !pending.isEmpty }

  /// The keys that are complete with these bytes.
  ///
  /// Sequences that stand for no key are passed over.
  package mutating func keys(of bytes: [UInt8]) -> [Key] {
    pending += bytes
    var keys: [Key] = []
    var rest = pending[...]
    while let first = rest.first {
      guard let (key, length) = Self.key(at: rest, first) else { break }
      if let key { keys.append(key) }
      rest = rest.dropFirst(length)
    }
    pending = Array(rest)
    return keys
  }

  /// The keys that are left when nothing follows for a while.
  package mutating func flush() -> [Key] {
    guard let first = pending.first else { return [] }
    // What began is no sequence: an escape stands for itself, any other byte for nothing.
    let rest = Array(pending.dropFirst())
    pending = []
    return (first == 0x1B ? [.escape] : []) + (first == 0x1B ? [] : keys(of: rest))
  }

  /// A key and its bytes; nil where more bytes belong to it.
  private static func key(at bytes: ArraySlice<UInt8>, _ first: UInt8) -> (Key?, Int)? {
    switch first {
    case 0x1B: sequence(bytes)
    case 0x0A, 0x0D: (.enter, 1)
    case 0x08, 0x7F: (.backspace, 1)
    case 0x09: (.tab, 1)
    case 0x01...0x1A: (.control(Character(UnicodeScalar(first + 0x60))), 1)
    case 0..<0x20: (nil, 1)
    default: character(bytes, first)
    }
  }

  private static func character(_ bytes: ArraySlice<UInt8>, _ first: UInt8) -> (Key?, Int)? {
    let length =
      switch first {
      case 0..<0x80: 1
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 0
      }
    guard length > 0 else { return (nil, 1) }
    guard bytes.count >= length else { return nil }
    guard let text = String(validating: bytes.prefix(length), as: UTF8.self) else {
      return (nil, 1)
    }
    return (text.first.map { .text($0) }, length)
  }

  /// What starts with an escape: a control sequence, a shifted character, or the key itself.
  private static func sequence(_ bytes: ArraySlice<UInt8>) -> (Key?, Int)? {
    let rest = bytes.dropFirst()
    switch rest.first {
    case nil: return nil
    case UInt8(ascii: "O"):
      guard let final = rest.dropFirst().first else { return nil }
      return (named(final), 3)
    case UInt8(ascii: "["):
      let parameters = rest.dropFirst().prefix { (0x20..<0x40).contains($0) }
      guard parameters.count < longestSequence else { return (nil, 2 + parameters.count) }
      guard let final = rest.dropFirst(1 + parameters.count).first else { return nil }
      // What breaks off is no key, and what breaks it may be one.
      guard (0x40...0x7E).contains(final) else { return (nil, 2 + parameters.count) }
      let length = 3 + parameters.count
      guard final == UInt8(ascii: "~") else { return (named(final), length) }
      return (numbered(parameters), length)
    default: return (.escape, 1)
    }
  }

  private static func named(_ final: UInt8) -> Key? {
    switch Character(UnicodeScalar(final)) {
    case "A": .up
    case "B": .down
    case "C": .right
    case "D": .left
    case "F": .end
    case "H": .home
    case "M": .enter
    default: nil
    }
  }

  private static func numbered(_ parameters: ArraySlice<UInt8>) -> Key? {
    // Behind a semicolon stand the modifiers.
    let number = parameters.prefix { $0 != UInt8(ascii: ";") }
    return switch String(decoding: number, as: UTF8.self) {
    case "1", "7": .home
    case "4", "8": .end
    case "5": .pageUp
    case "6": .pageDown
    default: nil
    }
  }
}
