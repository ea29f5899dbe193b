public import BallastBytes

extension Tokenizer {
  /// The bytes that ids stand for, as they are: they need not be UTF-8.
  ///
  /// Throws `TokenizerFault.unknownID`.
  public func decode(_ ids: [Int32]) throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids { bytes += try self.bytes(of: id) }
    return bytes
  }

  /// The text that ids stand for; bytes that are not UTF-8 become U+FFFD.
  ///
  /// Throws `TokenizerFault.unknownID`.
  public func text(of ids: [Int32]) throws(FormatError) -> String {
    String(decoding: try decode(ids), as: UTF8.self)
  }

  /// The bytes of one token.
  func bytes(of id: Int32) throws(FormatError) -> ArraySlice<UInt8> {
    guard let bytes = vocabulary.tokens[id] else {
      throw FormatError(TokenizerFault.unknownID(id))
    }
    return bytes
  }
}
