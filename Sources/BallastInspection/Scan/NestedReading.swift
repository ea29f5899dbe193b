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
    let span = Span<UInt8>(_bytes: source.bytes)
    switch encoding {
    case .bytes: return [.plain]
    case .utf8: return range.contains { span[$0] >= 0x80 } ? [.plain, .latin1] : [.plain]
    case .escapedBytes:
      return range.contains { span[$0] == UInt8(ascii: "\\") } ? [.unescaped] : [.plain]
    case .rawUnicodeEscape:
      let isPlain = !range.contains { span[$0] == UInt8(ascii: "\\") || span[$0] >= 0x80 }
      return isPlain ? [.plain] : [.unescaped, .latin1]
    }
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
