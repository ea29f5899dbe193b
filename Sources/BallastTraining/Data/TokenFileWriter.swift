import BallastBytes

/// Writes tokens to a file as they come, whole or not at all.
///
///     ┌─────────────────────────────────────┬──────────────────┐
///     │ tokens: u16, or i32 with marks (~id)│ footer, 92 bytes │
///     └─────────────────────────────────────┴──────────────────┘
struct TokenFileWriter {
  private let file: AtomicFile
  private let encoding: TokenStorage.Encoding
  private var hash = XXHash64()
  private var count = 0

  /// A file that will be at `path`, in place of one that is there.
  init(path: String, _ encoding: TokenStorage.Encoding) throws(FormatError) {
    file = try AtomicFile(path: path, replacing: true)
    self.encoding = encoding
  }

  /// Where the file will be.
  var path: String { file.path }

  /// Appends tokens, which must be such that the encoding holds them.
  mutating func write(_ tokens: [Int32]) throws(FormatError) {
    hash.update(tokens.span.bytes)
    count += tokens.count
    if encoding == .uint16 {
      let narrow = tokens.map { UInt16(truncatingIfNeeded: $0).littleEndian }
      try file.write(narrow.span.bytes)
    } else {
      try file.write(tokens.span.bytes)
    }
  }

  /// Writes the footer and makes the file appear.
  func finish(_ key: TokenCacheKey, _ text: TextFacts) throws(FormatError) {
    let footer = TokenFileFooter(
      key: key,
      encoding: encoding,
      count: count,
      hash: hash.value,
      text: text
    )
    try file.write(footer.bytes)
    try file.commit()
  }
}
