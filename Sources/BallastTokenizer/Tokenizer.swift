public import BallastBytes
import BallastJSON

/// A byte-level byte-pair encoding, as GPT-2 has it: texts to token ids, and back without loss.
///
/// The ids are those of Hugging Face's `tokenizers` (with `add_special_tokens=False`: nothing is
/// put around a text). Every text has ids, and so has any sequence of bytes; decoding them gives
/// the bytes back. Encoding may go on in several threads at once.
public struct Tokenizer: Sendable {
  /// How tokens such as `<|endoftext|>` in a text are read.
  public enum SpecialTokens: Sendable {
    /// As the characters that they consist of: what a user writes cannot end a document.
    case asText
    /// As the tokens that they name.
    case parsed
  }

  /// The token that ends a document: the configured end-of-sequence token, or `<|endoftext|>`.
  public let endOfText: Int32?
  /// The paths of the files that were read: what goes along when a model is copied.
  public let sourceFiles: [String]

  let tokens: TokenBytes
  let byteIDs: [Int32]
  let merges: MergeTable
  let bytePairs: [MergeTable.PackedMerge]
  let segmenter: TextSegmenter
  let splitsWords: Bool
  let addsPrefixSpace: Bool
  let wholeWords: [ArraySlice<UInt8>: Int32]?
  let workspaces = WorkspacePool()

  /// Reads a tokenizer from its folder, or from one of its files.
  ///
  /// In a folder the first of these counts: `tokenizer.json`; `vocab.json` with `merges.txt`;
  /// `encoder.json` with `vocab.bpe`; `merges.txt` or `vocab.bpe` alone, which give GPT-2's own
  /// numbering. Added tokens come from `tokenizer.json`, `tokenizer_config.json` and
  /// `added_tokens.json`. A vocabulary or a list of merges that is named itself is completed by
  /// the file beside it. Throws `TokenizerFault`, and what reading files and JSON throws.
  public init(path: String) throws(FormatError) {
    try self.init(try TokenizerDescription(path: path))
  }

  /// Reads a `tokenizer.json` that is in memory, and nothing beside it.
  package init(tokenizerJSON source: SharedBytes) throws(FormatError) {
    let json = try JSONValue(parsing: source.bytes)
    try self.init(try TokenizerDescription(tokenizerJSON: json, file: nil))
  }

  init(_ description: TokenizerDescription) throws(FormatError) {
    let contents = try VocabularyIndex(description)
    tokens = contents.tokens
    byteIDs = contents.byteIDs
    merges = contents.merges
    bytePairs = merges.bytePairs(byteIDs)
    segmenter = TextSegmenter(contents.addedTokens)
    endOfText = contents.id(of: description.endOfText)
    wholeWords = description.ignoresMerges ? contents.idsByBytes : nil
    splitsWords = description.splitsWords
    addsPrefixSpace = description.addsPrefixSpace
    sourceFiles = description.sourceFiles
  }

  /// The largest token id plus 1: what a model's vocabulary must hold at least.
  public var vocabularySize: Int { tokens.count }

  /// The token that stands for a whole word whatever the merges, where a file asks for that.
  func wholeWordID(_ word: Range<Int>, of text: Span<UInt8>) -> Int32? {
    guard let wholeWords else { return nil }
    return wholeWords[ArraySlice(word.map { text[$0] })]
  }
}

extension Tokenizer {
  /// The token ids of a text.
  public func encode(_ text: String, specialTokens: SpecialTokens = .asText) -> [Int32] {
    encode(text.utf8.span, specialTokens: specialTokens)
  }

  /// The token ids of a text in UTF-8; bytes that are not UTF-8 are encoded too.
  public func encode(
    bytes: some Sequence<UInt8>,
    specialTokens: SpecialTokens = .asText
  ) -> [Int32] {
    encode(Array(bytes).span, specialTokens: specialTokens)
  }

  /// The token ids of a text in UTF-8; bytes that are not UTF-8 are encoded too.
  public func encode(_ text: Span<UInt8>, specialTokens: SpecialTokens = .asText) -> [Int32] {
    let segments = segmenter.segments(of: text, parsingSpecial: specialTokens == .parsed)
    return workspaces.withWorkspace { workspace in
      var ids: [Int32] = []
      // English has more than four bytes a token.
      ids.reserveCapacity(text.count / 4)
      for segment in segments { encode(segment, of: text, true, with: &workspace, into: &ids) }
      return ids
    }
  }

  /// Appends the tokens of a segment, or of a piece of one that does not start it.
  func encode(
    _ segment: TextSegment,
    of text: Span<UInt8>,
    _ startsSegment: Bool,
    with workspace: inout EncodingWorkspace,
    into ids: inout [Int32]
  ) {
    switch segment {
    case .token(let id): ids.append(id)
    case .text(let range):
      if addsPrefixSpace, startsSegment, !range.isEmpty,
        text[range.lowerBound] != UInt8(ascii: " ")
      {
        let prefixed = [UInt8(ascii: " ")] + range.map { text[$0] }
        workspace.encode(prefixed.indices, of: prefixed.span, with: self, into: &ids)
      } else {
        workspace.encode(range, of: text, with: self, into: &ids)
      }
    }
  }

  /// The bytes that token ids stand for.
  ///
  /// Throws `TokenizerFault.unknownToken` for an id that no token has.
  public func decode(_ ids: some Sequence<Int32>) throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    for id in ids { bytes += try self.bytes(of: id) }
    return bytes
  }

  /// The text that token ids stand for; bytes that are not UTF-8 become U+FFFD.
  ///
  /// Throws `TokenizerFault.unknownToken` for an id that no token has.
  public func text(of ids: some Sequence<Int32>) throws(FormatError) -> String {
    String(decoding: try decode(ids), as: UTF8.self)
  }

  /// The bytes that one token stands for.
  ///
  /// Throws `TokenizerFault.unknownToken` for an id that no token has.
  public func bytes(of id: Int32) throws(FormatError) -> ArraySlice<UInt8> {
    guard let bytes = tokens[id] else { throw FormatError(TokenizerFault.unknownToken(id)) }
    return bytes
  }
}
