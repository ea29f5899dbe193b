public import BallastBytes
import BallastGPT2

/// Documents of tokens, one after the other, cut into rows of one context each; nothing is dropped.
///
/// Row r holds the tokens r·T ..< (r+1)·T, and its targets are the same tokens shifted by one. The
/// last row may be shorter: the rest of it is filled up and not counted.
public struct TokenRows: Sendable {
  /// The tokens of all documents.
  public let tokens: [Int32]
  /// Where each document lies among them.
  package let documents: [Range<Int>]
  /// The number of tokens in a row, T.
  public let context: Int

  /// Marks a target that is not counted, as in PyTorch.
  package static let ignored: Int32 = -100

  /// Rows of documents that have at least two tokens together; throws where one is not in the vocabulary.
  public init(
    _ documents: TextDocuments,
    context: Int,
    vocabularySize: Int
  ) throws(FormatError) {
    var places: [Range<Int>] = []
    var end = 0
    for document in documents.documents {
      places.append(end..<end + document.count)
      end += document.count
    }
    try self.init(
      documents.tokens,
      documents: places,
      context: context,
      vocabularySize: vocabularySize
    )
  }

  /// Rows of tokens, of which `documents` are consecutive parts, all of them one if not given.
  package init(
    _ tokens: [Int32],
    documents: [Range<Int>]? = nil,
    context: Int,
    vocabularySize: Int
  ) throws(FormatError) {
    guard tokens.count >= 2 else { throw FormatError(TrainingDataFault.noText) }
    if let bad = tokens.first(where: { $0 < 0 || $0 >= vocabularySize }) {
      throw FormatError(
        TrainingDataFault.tokenOutOfRange(Int(bad), vocabularySize: vocabularySize)
      )
    }
    self.tokens = tokens
    self.documents = documents ?? [0..<tokens.count]
    self.context = context
  }

  /// The number of rows.
  public var count: Int { (targetCount + context - 1) / context }

  /// The number of targets in all rows: every token but the first.
  public var targetCount: Int { tokens.count - 1 }

  /// What tells these tokens from others: their number, and the CRC-32C of them and of the documents' places.
  package var fingerprint: String {
    let ends = documents.map(\.upperBound)
    let checksum = crc32c(of: ends.span.bytes, continuing: crc32c(of: tokens.span.bytes))
    return "\(tokens.count) tokens, CRC-32C \(String(checksum, radix: 16))"
  }

  /// Rows of tokens: inputs and targets, [B, T], and how many targets count.
  package struct Batch {
    package var inputs: [Int32] = []
    package var targets: [Int32] = []
    package var counted = 0
  }

  /// The batch of these rows, with the documents in the order of an arrangement, or as they are.
  package func batch(_ rows: some Sequence<Int>, in arrangement: Arrangement? = nil) -> Batch {
    var batch = Batch()
    for row in rows { append(row, in: arrangement, to: &batch) }
    return batch
  }

  /// Adds a row to a batch.
  package func append(_ row: Int, in arrangement: Arrangement?, to batch: inout Batch) {
    let start = row * context
    let length = min(context, targetCount - start)
    let filling = context - length
    var row: [Int32] = []
    row.reserveCapacity(length + 1)
    if let arrangement {
      arrangement.forEachSpan(of: start..<start + length + 1) { row += tokens[$0] }
    } else {
      row += tokens[start..<start + length + 1]
    }
    batch.inputs += row[..<length]
    batch.inputs += repeatElement(row[0], count: filling)
    batch.targets += row[1...]
    batch.targets += repeatElement(Self.ignored, count: filling)
    batch.counted += length
  }
}
