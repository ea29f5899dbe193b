/// Looks for what is not UTF-8 in bytes that come piece by piece.
package struct UTF8Check: Sendable {
  /// The number of places, each of which a decoder would replace by one U+FFFD.
  package private(set) var invalidCount = 0
  /// Where the first of them is.
  package private(set) var firstInvalid: Int?

  private var offset = 0
  /// The sequence that has begun: what its first byte announced, how much of it is there, and where it began.
  private var lead: UTF8Lead?
  private var length = 0
  private var start = 0

  /// A check of nothing yet.
  package init() {}

  /// Looks at the bytes that come next.
  package mutating func update(_ bytes: Span<UInt8>) {
    for index in bytes.indices {
      let byte = bytes[index]
      if let lead {
        if lead.allows(byte, at: length) {
          length += 1
          if length == lead.length { self.lead = nil }
          continue
        }
        self.lead = nil
        note(start)
      }
      guard byte >= 0x80 else { continue }
      if let next = UTF8Lead(byte) {
        (lead, length, start) = (next, 1, offset + index)
      } else {
        note(offset + index)
      }
    }
    offset += bytes.count
  }

  /// Says that no more bytes come: a sequence that has begun is not UTF-8.
  package mutating func finish() {
    if lead != nil { note(start) }
    lead = nil
  }

  private mutating func note(_ place: Int) {
    invalidCount += 1
    firstInvalid = firstInvalid ?? place
  }
}
