import BallastBytes
import BallastFormats

/// How a program may turn a text of a pickle into bytes that it then loads.
enum NestedReading {
  /// As they stand in the file.
  case plain
  /// With escapes undone; what is not ASCII in UTF-8, if it is Unicode.
  case unescaped
  /// The same in Latin-1, as protocol 2 writes bytes.
  case latin1
}

extension PickleText {
  /// The readings that differ.
  func readings(in source: SharedBytes) -> [NestedReading] {
    switch encoding {
    case .bytes: return [.plain]
    case .utf8: return contains(in: source) { $0 >= 0x80 } ? [.plain, .latin1] : [.plain]
    case .escapedBytes:
      return contains(in: source) { $0 == UInt8(ascii: "\\") } ? [.unescaped] : [.plain]
    case .rawUnicodeEscape:
      let isPlain = !contains(in: source) { $0 == UInt8(ascii: "\\") || $0 >= 0x80 }
      return isPlain ? [.plain] : [.unescaped, .latin1]
    }
  }

  /// Pages of a long text are given back in pieces.
  private static let readPiece = 16 << 20

  /// Whether one of the bytes, as they stand in the file, is of a kind.
  private func contains(in source: SharedBytes, where isSuch: (UInt8) -> Bool) -> Bool {
    let span = Span<UInt8>(_bytes: source.bytes)
    var given = range.lowerBound
    for index in range {
      if isSuch(span[index]) { return true }
      guard index - given >= Self.readPiece else { continue }
      source.giveBack(given..<index)
      given = index
    }
    return false
  }

  /// What the first `count` bytes of the text are in a reading; nil where a character has no place in it.
  func bytes(
    as reading: NestedReading,
    first count: Int = .max,
    from source: SharedBytes
  ) -> [UInt8]? {
    let head = PickleText(range: range.prefix(count), encoding: encoding)
    switch reading {
    case .plain: return source.array(head.range)
    case .unescaped where encoding == .escapedBytes: return head.bytes(from: source)
    case .unescaped: return head.exactBytes(from: source)
    case .latin1: return Self.latin1(head.exactBytes(from: source))
    }
  }

  /// Latin-1 of UTF-8, whose last character may be cut off; nil where there are other characters.
  private static func latin1(_ utf8: [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(utf8.count)
    var rest = utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case ..<0x80: result.append(byte)
      case 0xC2, 0xC3:
        guard let last = rest.popFirst() else { return result }
        result.append(byte << 6 | last & 0x3F)
      default: return nil
      }
    }
    return result
  }
}
