/// GPT-2's pre-tokenizer: the pieces of a text within which byte pairs are merged.
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// The first alternative that matches wins, so this is a scan without backtracking: only `\s+(?!\S)`
/// gives its last character back, to a word that follows.
enum PreTokenizer {
  /// The end of the piece that starts at `start`; the text ends at `limit`, which is past `start`.
  static func end(ofPieceAt start: Int, in bytes: Span<UInt8>, limit: Int) -> Int {
    let first = bytes[start]
    if first == UInt8(ascii: "'"), let end = contraction(at: start, in: bytes, limit: limit) {
      return end
    }
    let hasSpace = first == 0x20 && start + 1 < limit
    let head = hasSpace ? start + 1 : start
    let (scalarClass, length) = ScalarClass.read(bytes, at: head, limit: limit)
    guard scalarClass == .space else {
      return run(of: scalarClass, from: head + length, in: bytes, limit: limit)
    }
    return whiteSpace(from: start, in: bytes, limit: limit)
  }

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` at an apostrophe.
  private static func contraction(at start: Int, in bytes: Span<UInt8>, limit: Int) -> Int? {
    guard start + 1 < limit else { return nil }
    switch bytes[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < limit && bytes[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return start + 2 < limit && bytes[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
    default:
      return nil
    }
  }

  private static func run(
    of scalarClass: ScalarClass,
    from start: Int,
    in bytes: Span<UInt8>,
    limit: Int
  ) -> Int {
    var position = start
    while position < limit {
      let (next, length) = ScalarClass.read(bytes, at: position, limit: limit)
      guard next == scalarClass else { break }
      position += length
    }
    return position
  }

  /// The end of white space: all of it at the end of the text, else all but the last character,
  /// unless that is the only one.
  private static func whiteSpace(from start: Int, in bytes: Span<UInt8>, limit: Int) -> Int {
    var position = start
    var last = start
    while position < limit {
      let (next, length) = ScalarClass.read(bytes, at: position, limit: limit)
      guard next == .space else { return last > start ? last : position }
      last = position
      position += length
    }
    return limit
  }
}
