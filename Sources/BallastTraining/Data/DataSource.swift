import BallastBytes

/// One source of data: the documents of a file, or of several.
package struct DataSource {
  /// The documents that were read.
  package private(set) var stream = TokenStream()
  /// The bytes of text that are learned; nil where there are tokens of which no text is known.
  package private(set) var byteCount: Int? = 0
  /// The tokens of small texts, which are not part of the stream yet.
  private var pending: [Int32] = []

  /// Nothing yet.
  package init() {}

  /// The number of tokens that wait to become part of the stream.
  var pendingCount: Int { pending.count }

  /// Adds the tokens of a small text.
  mutating func append(_ tokens: [Int32], byteCount: Int) {
    pending += tokens
    self.byteCount = self.byteCount.map { $0 + byteCount }
  }

  /// Adds tokens that were looked at; small texts must have become part of the stream before.
  mutating func append(_ tokens: ScannedTokens, byteCount: Int?) {
    stream.append(tokens)
    self.byteCount = self.byteCount.flatMap { sum in byteCount.map { sum + $0 } }
  }

  /// Takes the small texts, in order.
  mutating func takePending() -> [Int32] {
    defer { pending = [] }
    return pending
  }
}
