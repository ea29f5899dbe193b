public import BallastBytes
public import BallastTokenizer

/// Documents of text as tokens: what a model is trained on, and what it is judged by.
public struct TextDocuments: Sendable {
  /// The tokens of each document, the end-of-text token last.
  public private(set) var documents: [[Int32]] = []

  /// The number of bytes of text, without what separates documents.
  public private(set) var byteCount = 0

  /// The text between two documents of one file.
  public static let separator = "<|endoftext|>"

  /// No documents.
  public init() {}

  /// Adds the documents of a text, which may be separated by `<|endoftext|>`.
  ///
  /// Every document ends in the end-of-text token, so that the model learns to end. A line break
  /// next to a separator belongs to the separator. Throws `TrainingDataFault`.
  public mutating func append(_ text: [UInt8], _ tokenizer: Tokenizer) throws(FormatError) {
    guard let endOfText = tokenizer.endOfText else {
      throw FormatError(TrainingDataFault.noEndOfText)
    }
    var reader = TextReader(try SharedBytes.copying(text), tokenizer)
    var added: [[Int32]] = []
    var document: [Int32] = []
    var bytes = 0
    while let pieces = try reader.next() {
      let encoded = tokenizer.encode(documents: pieces.map(\.text))
      for (piece, tokens) in zip(pieces, encoded) {
        document += tokens
        bytes += piece.text.count
        guard piece.endsDocument else { continue }
        added.append(document + [endOfText])
        document = []
      }
    }
    if added.isEmpty { throw FormatError(TrainingDataFault.noText) }
    documents += added
    byteCount += bytes
  }

  /// Sets documents apart for validation.
  ///
  /// At least one document, chosen by the seed, up to the fraction of all. A single document is
  /// split: its tail is set apart.
  public func split(
    validation fraction: Double,
    seed: UInt64
  ) throws(FormatError) -> (training: TextDocuments, validation: TextDocuments) {
    var training = TextDocuments()
    var validation = TextDocuments()
    guard documents.count > 1 else {
      let tokens = documents.first ?? []
      guard let held = HeldOut.tail(ofCount: tokens.count, fraction: fraction) else {
        throw FormatError(TrainingDataFault.tooShortToSplit(tokens.count))
      }
      training.documents = [Array(tokens.dropLast(held))]
      validation.documents = [Array(tokens.suffix(held))]
      return (training, validation)
    }
    let chosen = HeldOut.documents(ofCount: documents.count, fraction: fraction, seed: seed)
    for (index, document) in documents.enumerated() {
      if chosen.contains(index) {
        validation.documents.append(document)
      } else {
        training.documents.append(document)
      }
    }
    return (training, validation)
  }

  /// All documents, one after the other.
  public var tokens: [Int32] { Array(documents.joined()) }
}
