import BallastBytes
import BallastFormats

/// Recognises by their first bytes what may hold a pickle.
enum PickleSniffing {
  /// What the start of some bytes says about them.
  enum Kind {
    /// PROTO of a protocol from 2 to 5, and another opcode: a pickle beyond doubt.
    case pickle
    /// The letter of an opcode: a pickle of protocol 0 or 1, or any text.
    case perhapsPickle
    case zip
    case numpy
    case gzip
    case other
  }

  private static let numpyMagic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// A text within a pickle is looked at this far.
  private static let nestedPrefix = 1 << 10

  static func kind(of bytes: RawSpan) -> Kind {
    let span = Span<UInt8>(_bytes: bytes)
    guard span.count >= 2 else { return .other }
    if isPickleHeader(at: 0, in: span) { return .pickle }
    if starts(span, with: [0x50, 0x4B, 0x03, 0x04]) { return .zip }
    if starts(span, with: numpyMagic) { return .numpy }
    if starts(span, with: [0x1F, 0x8B, 0x08]) { return .gzip }
    return PickleOpcode(rawValue: span[0]) == nil ? .other : .perhapsPickle
  }

  /// Whether PROTO and a further opcode stand at `index`.
  ///
  /// Protocol numbers that no Python knows are refused by all of them, but 0 and 1 are accepted.
  static func isPickleHeader(at index: Int, in span: Span<UInt8>) -> Bool {
    guard index + 2 < span.count, span[index] == 0x80, span[index + 1] <= 5 else { return false }
    return PickleOpcode(rawValue: span[index + 2]) != nil
  }

  /// Whether the header of a NumPy array may speak of objects, whose type is written as O.
  static func isObjectArray(_ bytes: RawSpan) -> Bool {
    let span = Span<UInt8>(_bytes: bytes)
    guard span.count >= 12 else { return false }
    let length = Int(span[8]) | Int(span[9]) << 8
    return (10..<min(span.count, 12 + length)).contains { span[$0] == UInt8(ascii: "O") }
      || span[6] > 1 && span.count <= ScannedArchive.probe
  }

  private static func starts(_ span: Span<UInt8>, with prefix: [UInt8]) -> Bool {
    guard span.count >= prefix.count else { return false }
    return prefix.indices.allSatisfy { span[$0] == prefix[$0] }
  }

  /// Whether text or bytes within a pickle may be a pickle, or an archive, themselves.
  static func mayHoldCode(_ text: PickleText, in source: SharedBytes) -> Bool {
    guard text.range.count > 2 else { return false }
    let start = PickleText(range: text.range.prefix(64), encoding: text.encoding)
    let span = Span<UInt8>(_bytes: source.bytes)
    let first = span[text.range.lowerBound]
    switch first {
    // 0x80 as a byte, as U+0080 in UTF-8, and behind an escape; the magic numbers; protocols 0, 1.
    case 0x80, 0xC2, 0x5C, 0x50, 0x93, 0x1F: break
    case UInt8(ascii: "c"), UInt8(ascii: "("), UInt8(ascii: "]"), UInt8(ascii: "}"):
      // A name takes two lines.
      var lines = 0
      for index in text.range.prefix(nestedPrefix) where span[index] == UInt8(ascii: "\n") {
        lines += 1
      }
      return lines >= 2 || text.encoding == .escapedBytes || text.encoding == .rawUnicodeEscape
    default: return false
    }
    guard let head = start.latinPrefix(from: source) else { return false }
    guard let shared = try? SharedBytes.copying(head) else { return true }
    switch kind(of: shared.bytes) {
    case .pickle, .zip, .numpy, .gzip: return true
    case .perhapsPickle, .other: return false
    }
  }
}

extension PickleText {
  /// The bytes of a text up to the first character that is none, for its first bytes.
  fileprivate func latinPrefix(from source: SharedBytes) -> [UInt8]? {
    if encoding == .bytes || encoding == .escapedBytes { return bytes(from: source) }
    return decoded(from: source).unicodeScalars.prefix { $0.value < 256 }.map { UInt8($0.value) }
  }
}
