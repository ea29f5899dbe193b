public import BallastBytes

/// Turns ids into text one at a time, and never gives half a character.
///
/// All that it gives, put together, is what `Tokenizer.text(of:)` makes of all ids at once.
public struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  /// At most three bytes: the start of a character whose end has not come yet.
  private var pending: [UInt8] = []

  /// A decoder that has seen nothing.
  public init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
  }

  /// Takes an id and gives the text that is complete with it, which may be empty.
  ///
  /// Throws `TokenizerFault.unknownID`.
  public mutating func append(_ id: Int32) throws(FormatError) -> String {
    pending += try tokenizer.bytes(of: id)
    let complete = pending.count - incompleteTail()
    let text = String(decoding: pending[..<complete], as: UTF8.self)
    pending.removeFirst(complete)
    return text
  }

  /// Gives what is left: U+FFFD if the bytes end within a character, otherwise nothing.
  public mutating func finish() -> String {
    defer { pending = [] }
    return String(decoding: pending, as: UTF8.self)
  }

  /// The number of bytes at the end that may still become a character.
  private func incompleteTail() -> Int {
    // Only the last lead byte can be incomplete, and it has at most two bytes after it.
    for length in 1...3 where length <= pending.count {
      if case .incomplete(length) = UTF8Step(
        pending.span,
        at: pending.count - length,
        limit: pending.count
      ) {
        return length
      }
    }
    return 0
  }
}
