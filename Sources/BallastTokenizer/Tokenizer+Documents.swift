import BallastParallel
import Synchronization

extension Tokenizer {
  /// The length of the pieces into which long documents are cut: worth a thread's attention, and many
  /// enough that threads end together.
  package static let pieceBytes = 1 << 18
  /// What a thread encodes before the ids are handed on: more than one, so that threads end together.
  private static let batchesPerThread = 4

  /// A part of a document that is encoded at once.
  private struct Piece {
    let document: Int
    let segment: TextSegment
    /// Whether a space may have to be put before it.
    let startsSegment: Bool
  }

  /// The token ids of each of many texts in UTF-8, what `encode` gives for each, on several threads.
  ///
  /// Long texts are cut where that changes no token (`TextCutter`), so that one text occupies all
  /// threads too. The result does not depend on their number.
  public func encode(
    documents: [ArraySlice<UInt8>],
    specialTokens: SpecialTokens = .asText
  ) -> [[Int32]] {
    encode(documents: documents, specialTokens: specialTokens, pieceBytes: Self.pieceBytes)
  }

  /// The same with pieces of another length, which makes no difference to the result.
  package func encode(
    documents: [ArraySlice<UInt8>],
    specialTokens: SpecialTokens,
    pieceBytes: Int
  ) -> [[Int32]] {
    guard Parallel.threadCount > 1 else {
      return documents.map { encode($0.span, specialTokens: specialTokens) }
    }
    let pieces = documents.enumerated().flatMap { index, text in
      self.pieces(of: text.span, document: index, length: pieceBytes, specialTokens: specialTokens)
    }
    let batches = Self.batches(of: pieces, length: pieceBytes)
    var result = [[Int32]](repeating: [], count: documents.count)
    for (piece, ids) in zip(pieces, encode(pieces, batches: batches[...], of: documents).joined()) {
      if result[piece.document].isEmpty {
        result[piece.document] = ids
      } else {
        result[piece.document] += ids
      }
    }
    return result
  }

  /// Gives the token ids of a text, in parts that follow one another, so that all of them are never held at once.
  package func encode<Failure: Error>(
    _ text: ArraySlice<UInt8>,
    specialTokens: SpecialTokens,
    pieceBytes: Int = Self.pieceBytes,
    _ body: ([Int32]) throws(Failure) -> Void
  ) throws(Failure) {
    let pieces = pieces(
      of: text.span,
      document: 0,
      length: pieceBytes,
      specialTokens: specialTokens
    )
    let batches = Self.batches(of: pieces, length: pieceBytes)
    let atOnce = Self.batchesPerThread * Parallel.threadCount
    for first in stride(from: 0, to: batches.count, by: atOnce) {
      let some = batches[first..<min(first + atOnce, batches.count)]
      for ids in encode(pieces, batches: some, of: [text]).joined() { try body(ids) }
    }
  }

  /// The ids of each piece of each batch, on several threads.
  private func encode(
    _ pieces: [Piece],
    batches: ArraySlice<Range<Int>>,
    of documents: [ArraySlice<UInt8>]
  ) -> [[[Int32]]] {
    let encoded = Mutex<[[[Int32]]]>(Array(repeating: [], count: batches.count))
    Parallel.forEachPartition(batches.count) { batch in
      let ids = workspaces.withWorkspace { workspace in
        pieces[batches[batches.startIndex + batch]].map { piece in
          var ids: [Int32] = []
          let document = documents[piece.document]
          let text = document.span
          encode(piece.segment, of: text, piece.startsSegment, with: &workspace, into: &ids)
          return ids
        }
      }
      encoded.withLock { $0[batch] = ids }
    }
    return encoded.withLock { $0 }
  }

  private func pieces(
    of text: Span<UInt8>,
    document: Int,
    length: Int,
    specialTokens: SpecialTokens
  ) -> [Piece] {
    var pieces: [Piece] = []
    for segment in segmenter.segments(of: text, parsingSpecial: specialTokens == .parsed) {
      guard case .text(let range) = segment, splitsWords else {
        pieces.append(Piece(document: document, segment: segment, startsSegment: true))
        continue
      }
      for part in TextCutter.pieces(of: range, in: text, length: length) {
        let starts = part.lowerBound == range.lowerBound
        pieces.append(Piece(document: document, segment: .text(part), startsSegment: starts))
      }
    }
    return pieces
  }

  /// Successive pieces that are together about as long as one that was cut.
  private static func batches(of pieces: [Piece], length: Int) -> [Range<Int>] {
    var batches: [Range<Int>] = []
    var start = 0
    var bytes = 0
    for (index, piece) in pieces.enumerated() {
      if case .text(let range) = piece.segment { bytes += range.count }
      guard bytes >= length || index == pieces.count - 1 else { continue }
      batches.append(start..<index + 1)
      start = index + 1
      bytes = 0
    }
    return batches
  }
}
