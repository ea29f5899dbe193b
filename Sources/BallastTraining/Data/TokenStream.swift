import BallastBytes

/// Documents of tokens, one after the other, that lie in memory or in mapped files.
///
/// A token of a prompt is marked, as in `TokenStorage`.
package struct TokenStream: Sendable {
  private struct Document: Sendable {
    let storage: Int
    let range: Range<Int>
  }

  private var storages: [TokenStorage] = []
  /// The hash of each storage.
  private var hashes: [UInt64] = []
  private var documents: [Document] = []
  /// Where each document starts in the stream.
  private var starts: [Int] = []
  /// The number of tokens.
  package private(set) var count = 0

  /// No tokens.
  package init() {}

  /// The documents of a storage.
  package init(_ tokens: ScannedTokens) {
    append(tokens)
  }

  /// Adds the documents of a storage.
  package mutating func append(_ tokens: ScannedTokens) {
    var start = 0
    for end in tokens.ends {
      append(Document(storage: storages.count, range: start..<end))
      start = end
    }
    storages.append(tokens.storage)
    hashes.append(tokens.hash)
  }

  /// Adds the documents of another stream.
  package mutating func append(_ other: TokenStream) {
    let offset = storages.count
    for document in other.documents {
      append(Document(storage: offset + document.storage, range: document.range))
    }
    storages += other.storages
    hashes += other.hashes
  }

  private mutating func append(_ document: Document) {
    guard !document.range.isEmpty else { return }
    documents.append(document)
    starts.append(count)
    count += document.range.count
  }

  /// The number of documents.
  package var documentCount: Int { documents.count }

  /// Where each document lies in the stream, in order and without gaps.
  package var places: [Range<Int>] {
    starts.indices.map { starts[$0]..<starts[$0] + documents[$0].range.count }
  }

  /// Whether tokens may be marked.
  package var mayBeMarked: Bool { storages.contains(where: \.mayBeMarked) }

  /// Appends the tokens of a range, which must lie within the stream.
  package func append(_ range: Range<Int>, to tokens: inout [Int32]) {
    guard !range.isEmpty else { return }
    // The document that holds the first token: the last one that starts at or before it.
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= range.lowerBound { low = middle } else { high = middle }
    }
    var position = range.lowerBound
    while position < range.upperBound {
      let document = documents[low]
      let first = document.range.lowerBound + position - starts[low]
      let last = min(document.range.upperBound, first + range.upperBound - position)
      storages[document.storage].append(first..<last, to: &tokens)
      position += last - first
      low += 1
    }
  }

  /// Lets go of the pages of files that have been read.
  package func giveBack() {
    for storage in storages { storage.giveBack() }
  }

  /// What tells these documents from others: an XXH64 of what all storages hold and of what was taken from each.
  package var hash: UInt64 {
    var hash = XXHash64()
    hash.update(hashes.span.bytes)
    for document in documents {
      let place = [document.storage, document.range.lowerBound, document.range.upperBound]
      hash.update(place.span.bytes)
    }
    return hash.value
  }
}

extension TokenStream {
  /// Sets a part apart for validation: at least one document, chosen by the seed, up to the fraction of all.
  ///
  /// A single document is split: its tail is set apart. Nil where a part would have fewer than two tokens.
  package func split(
    validation fraction: Double,
    seed: UInt64
  ) -> (training: TokenStream, validation: TokenStream)? {
    let parts: [(isHeld: Bool, document: Document)]
    if documents.count == 1 {
      guard let tail = HeldOut.tail(ofCount: count, fraction: fraction) else { return nil }
      let range = documents[0].range
      let end = range.upperBound - tail
      parts = [
        (false, Document(storage: documents[0].storage, range: range.lowerBound..<end)),
        (true, Document(storage: documents[0].storage, range: end..<range.upperBound)),
      ]
    } else {
      let held = HeldOut.documents(ofCount: documents.count, fraction: fraction, seed: seed)
      parts = documents.enumerated().map { (held.contains($0), $1) }
    }
    var (training, validation) = (self, self)
    training.keep(parts.filter { !$0.isHeld }.map(\.document))
    validation.keep(parts.filter(\.isHeld).map(\.document))
    return training.count >= 2 && validation.count >= 2 ? (training, validation) : nil
  }

  private mutating func keep(_ documents: [Document]) {
    self.documents = []
    starts = []
    count = 0
    for document in documents { append(document) }
  }
}

/// What is held out for validation.
enum HeldOut {
  /// At least one document, and up to the fraction of all but one.
  static func documents(ofCount count: Int, fraction: Double, seed: UInt64) -> Set<Int> {
    let held = min(count - 1, max(1, Int((Double(count) * fraction).rounded())))
    return Set(Permutation.shuffled(max(0, count), seed: seed).prefix(max(0, held)))
  }

  /// How many of the tokens of a single document are its tail; nil where a part would have fewer than two.
  static func tail(ofCount count: Int, fraction: Double) -> Int? {
    let held = Int((Double(count) * fraction).rounded())
    return held >= 2 && count - held >= 2 ? held : nil
  }
}
