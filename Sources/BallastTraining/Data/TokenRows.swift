public import BallastBytes

/// Documents of tokens, one after the other, cut into rows of one context each; nothing is dropped.
///
/// Row r holds the tokens r·S ..< r·S+T, where the stride S is T unless rows are to overlap, and its targets are the same
/// tokens shifted by one. The last row may be shorter: the rest of it is filled up and not counted. Nor is a target
/// counted that is a token of a prompt, or that the row before has.
public struct TokenRows: Sendable {
  /// The tokens of all documents.
  package let tokens: TokenStream
  /// The number of tokens in a row, T.
  public let context: Int
  /// How far each row begins behind the one before, S.
  package let stride: Int
  /// The number of targets that count, in all rows: every token but the first and those of prompts.
  public let targetCount: Int

  /// Marks a target that is not counted, as in PyTorch.
  package static let ignored: Int32 = -100

  /// Rows of documents that have at least two tokens together; throws where one is not in the vocabulary.
  public init(
    _ documents: TextDocuments,
    context: Int,
    vocabularySize: Int
  ) throws(FormatError) {
    var ends: [Int] = []
    for document in documents.documents { ends.append((ends.last ?? 0) + document.count) }
    try self.init(
      TokenStream(ScannedTokens(documents.tokens, ends: ends, vocabularySize: vocabularySize)),
      context: context
    )
  }

  /// Rows of tokens, of which `documents` are consecutive parts, all of them one if not given.
  package init(
    _ tokens: [Int32],
    documents: [Range<Int>]? = nil,
    context: Int,
    vocabularySize: Int
  ) throws(FormatError) {
    let ends = documents?.map(\.upperBound) ?? [tokens.count]
    try self.init(
      TokenStream(ScannedTokens(tokens, ends: ends, vocabularySize: vocabularySize)),
      context: context
    )
  }

  /// Rows of a stream, which overlap where the stride is less than the context.
  ///
  /// Throws `TrainingDataFault` where the stream has no target that counts.
  package init(_ tokens: TokenStream, context: Int, stride: Int? = nil) throws(FormatError) {
    guard tokens.count > 0 else { throw FormatError(TrainingDataFault.noText) }
    guard tokens.count > 1 else { throw FormatError(TrainingDataFault.singleToken) }
    self.tokens = tokens
    self.context = context
    self.stride = stride ?? context
    targetCount = tokens.mayBeMarked ? Self.countTargets(tokens) : tokens.count - 1
    guard targetCount > 0 else { throw FormatError(TrainingDataFault.promptsAlone) }
    guard count <= Self.maximumCount else {
      throw FormatError(TrainingDataFault.tooManyRows(limit: Self.maximumCount))
    }
  }

  /// The rows whose order a run keeps in memory, in a gigabyte: 250 billion tokens in a context of 1024.
  private static let maximumCount = 1 << 28

  private static func countTargets(_ tokens: TokenStream) -> Int {
    var piece: [Int32] = []
    var counted = 0
    for start in Swift.stride(from: 1, to: tokens.count, by: TokenStorage.pieceCount) {
      piece.removeAll(keepingCapacity: true)
      tokens.append(start..<min(tokens.count, start + TokenStorage.pieceCount), to: &piece)
      counted += piece.count { $0 >= 0 }
      tokens.giveBack()
    }
    return counted
  }

  /// The number of rows.
  public var count: Int { 1 + (max(0, tokens.count - 1 - context) + stride - 1) / stride }

  /// What tells these tokens from others: their number, and an XXH64 of them and of the documents' places.
  package var fingerprint: String {
    "\(tokens.count) tokens, XXH64 \(String(tokens.hash, radix: 16))"
  }

  /// Rows of tokens: inputs and targets, [B, T], and how many targets count.
  package struct Batch {
    package var inputs: [Int32] = []
    package var targets: [Int32] = []
    package var counted = 0

    /// Throws `TrainingDataFault.changedSinceRead` for a token that is not in the vocabulary, though all were looked at
    /// when the data was read.
    func check(vocabularySize: Int) throws(FormatError) {
      let limit = UInt32(clamping: vocabularySize)
      guard inputs.allSatisfy({ UInt32(bitPattern: $0) < limit }),
        targets.allSatisfy({ UInt32(bitPattern: $0) < limit || $0 == TokenRows.ignored })
      else { throw FormatError(TrainingDataFault.changedSinceRead) }
    }
  }

  /// The batch of these rows, with the documents in the order of an arrangement, or as they are.
  package func batch(_ rows: some Sequence<Int>, in arrangement: Arrangement? = nil) -> Batch {
    var batch = Batch()
    for row in rows { append(row, in: arrangement, to: &batch) }
    tokens.giveBack()
    return batch
  }

  /// Adds a row to a batch; only rows that do not overlap may be arranged.
  package func append(_ row: Int, in arrangement: Arrangement?, to batch: inout Batch) {
    let start = row * stride
    let known = row > 0 ? context - stride : 0
    let length = min(context, tokens.count - 1 - start)
    let filling = context - length
    var row: [Int32] = []
    row.reserveCapacity(length + 1)
    if let arrangement {
      arrangement.forEachSpan(of: start..<start + length + 1) { tokens.append($0, to: &row) }
    } else {
      tokens.append(start..<start + length + 1, to: &row)
    }
    for token in row[..<length] { batch.inputs.append(token < 0 ? ~token : token) }
    batch.targets += repeatElement(Self.ignored, count: known)
    for target in row[(1 + known)...] {
      batch.targets.append(target < 0 ? Self.ignored : target)
      if target >= 0 { batch.counted += 1 }
    }
    // Any token will do: what follows the last target has no part in what counts.
    batch.inputs += repeatElement(row[0] < 0 ? ~row[0] : row[0], count: filling)
    batch.targets += repeatElement(Self.ignored, count: filling)
  }
}
