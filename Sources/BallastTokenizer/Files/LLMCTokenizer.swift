package import BallastBytes

/// The tokenizer's file of llm.c: the bytes of every token, and no merges.
///
///     ┌──────────────────────────────────────────────────┬──────────────────────────┐
///     │ 256 × i32: 20240328, version, tokens, end of text │ u8 length, bytes; …      │
///     └──────────────────────────────────────────────────┴──────────────────────────┘
///
/// The reference is `write_tokenizer` in llm.c's train_gpt2.py. Version 1 had no end of text.
package enum LLMCTokenizer {
  static let magic: UInt32 = 20_240_328
  static let headerBytes = 256 * MemoryLayout<UInt32>.size
  /// The name under which llm.c's programs look for it.
  package static let customaryName = "gpt2_tokenizer.bin"
  /// What version 1 means by the end of text.
  private static let publishedEnd = 50_256

  static func matches(_ contents: SharedBytes) -> Bool {
    var reader = ByteReader(contents.bytes)
    return (try? reader.read(UInt32.self)) == magic
  }

  /// Reads a file; throws `TokenizerFault.badValue` for a number that makes no sense.
  static func lists(_ contents: SharedBytes) throws(FormatError) -> TokenizerLists {
    var reader = ByteReader(contents.bytes)
    try reader.skip(4)
    let version = try reader.read(UInt32.self)
    guard version == 1 || version == 2 else {
      throw FormatError(TokenizerFault.badValue("the version"), at: 4)
    }
    let count = try reader.read(UInt32.self)
    guard count <= TokenizerDescription.maximumID else {
      throw FormatError(TokenizerFault.badValue("the number of tokens"), at: 8)
    }
    let end = Int(try reader.read(UInt32.self))
    let endOfText = version == 1 ? publishedEnd : end
    guard version == 1 || endOfText < count else {
      throw FormatError(TokenizerFault.badValue("the token that ends a text"), at: 12)
    }
    try reader.seek(to: headerBytes)
    var tokens: [[UInt8]] = []
    for _ in 0..<count {
      let length = Int(try reader.read(UInt8.self))
      let bytes = try reader.readBytes(length)
      tokens.append(bytes.withUnsafeBytes { Array($0) })
    }
    guard reader.remaining == 0 else {
      throw FormatError(TokenizerFault.badValue("the end of the file"), at: reader.offset)
    }
    return try TokenizerLists(rankedTokens: tokens, endOfText: endOfText)
  }

  /// Writes a tokenizer for llm.c, version 2, atomically; an id that no token has is empty.
  ///
  /// Throws `TokenizerFault` where a token is too long, or no token ends a text.
  package static func write(_ tokenizer: Tokenizer, to path: String) throws(FormatError) {
    guard let endOfText = tokenizer.endOfText else {
      throw FormatError(TokenizerFault.badValue("the token that ends a text"))
    }
    let header = [magic, 2, UInt32(tokenizer.vocabularySize), UInt32(endOfText)]
    var bytes = header.flatMap { littleEndianBytes(of: $0) }
    bytes += [UInt8](repeating: 0, count: headerBytes - bytes.count)
    for id in 0..<tokenizer.vocabularySize {
      let token = tokenizer.tokens[Int32(id)] ?? []
      guard let length = UInt8(exactly: token.count) else {
        throw FormatError(TokenizerFault.tokenTooLong(id))
      }
      bytes.append(length)
      bytes += token
    }
    let file = try AtomicFile(path: path, replacing: true)
    try file.write(bytes)
    try file.commit()
  }
}
