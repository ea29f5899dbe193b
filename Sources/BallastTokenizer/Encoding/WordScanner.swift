/// Cuts a text into the words of GPT-2, which are then encoded one by one.
///
/// A hand-written scanner for the pattern of OpenAI's `encoder.py`:
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// Every byte belongs to exactly one word. Bytes that are not UTF-8 count as symbols.
package enum WordScanner {
  /// The end of the word that starts at `start`; `start` is less than `limit`.
  package static func endOfWord(from start: Int, in text: Span<UInt8>, limit: Int) -> Int {
    let first = scan(text, at: start, limit: limit)
    var next = start + first.length
    guard first.kind == .space else {
      return endOfContraction(at: start, in: text, limit: limit)
        ?? endOfRun(of: first.kind, from: next, in: text, limit: limit)
    }
    if text[start] == UInt8(ascii: " "), next < limit {
      let second = scan(text, at: next, limit: limit)
      if second.kind != .space {
        return endOfRun(of: second.kind, from: next + second.length, in: text, limit: limit)
      }
    }
    // A run of white space leaves its last character to the word that follows, if one does.
    var last = start
    while next < limit {
      let scanned = scan(text, at: next, limit: limit)
      if scanned.kind != .space { return last == start ? next : last }
      last = next
      next += scanned.length
    }
    return limit
  }

  @inline(__always)
  private static func scan(
    _ text: Span<UInt8>,
    at position: Int,
    limit: Int
  ) -> (kind: ScalarClass, length: Int) {
    let byte = text[position]
    if byte < 0x80 { return (ScalarClass(ascii: byte), 1) }
    guard let (scalar, length) = text.scalar(at: position, limit: limit) else { return (.other, 1) }
    return (ScalarClass(scalar), length)
  }

  private static func endOfRun(
    of kind: ScalarClass,
    from start: Int,
    in text: Span<UInt8>,
    limit: Int
  ) -> Int {
    var position = start
    while position < limit {
      let scanned = scan(text, at: position, limit: limit)
      if scanned.kind != kind { break }
      position += scanned.length
    }
    return position
  }

  /// The end of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d`, if one starts here.
  private static func endOfContraction(
    at start: Int,
    in text: Span<UInt8>,
    limit: Int
  ) -> Int? {
    guard text[start] == UInt8(ascii: "'"), start + 1 < limit else { return nil }
    switch text[start + 1] {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
      return start + 2
    case UInt8(ascii: "r"), UInt8(ascii: "v"):
      return start + 2 < limit && text[start + 2] == UInt8(ascii: "e") ? start + 3 : nil
    case UInt8(ascii: "l"):
      return start + 2 < limit && text[start + 2] == UInt8(ascii: "l") ? start + 3 : nil
    default: return nil
    }
  }
}
