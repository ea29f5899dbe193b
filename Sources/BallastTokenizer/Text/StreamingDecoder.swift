public import BallastBytes

/// Turns token ids into text as they come, in whole characters (Unicode scalars).
///
/// What it returns, put together, is what decoding all ids at once gives: the bytes of a character
/// that is not complete wait for the next token, and bytes that are not UTF-8 become U+FFFD.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  /// At most three bytes: the start of a character.
  private var pending: [UInt8] = []

  /// A decoder at the start of a text.
  public init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
  }

  /// The text that a token completes, which may be empty.
  ///
  /// Throws `TokenizerFault.unknownToken` for an id that no token has, and stays as it was.
  public mutating func append(_ id: Int32) throws(FormatError) -> String {
    pending += try tokenizer.bytes(of: id)
    let complete = pending.count - incompleteCount
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// The rest of the text: empty, or U+FFFD for a character that was never completed.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// The number of bytes at the end that may become a character.
  private var incompleteCount: Int {
    for count in 1...3 where count <= pending.count {
      let start = pending.count - count
      guard let lead = UTF8Lead(pending[start]) else { continue }
      guard count < lead.length else { return 0 }
      let isValid = (1..<count).allSatisfy { lead.allows(pending[start + $0], at: $0) }
      return isValid ? count : 0
    }
    return 0
  }
}
