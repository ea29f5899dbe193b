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
    if let place = text.firstIndex(of: 0) {
      throw FormatError(TrainingDataFault.notText, at: place)
    }
    let parts = Self.split(text)
    if parts.isEmpty { throw FormatError(TrainingDataFault.noText) }
    for var tokens in tokenizer.encode(documents: parts) {
      tokens.append(endOfText)
      documents.append(tokens)
    }
    byteCount += parts.reduce(0) { $0 + $1.count }
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
      let held = Int((Double(tokens.count) * fraction).rounded())
      guard held >= 2, tokens.count - held >= 2 else {
        throw FormatError(TrainingDataFault.tooShortToSplit(tokens.count))
      }
      training.documents = [Array(tokens.dropLast(held))]
      validation.documents = [Array(tokens.suffix(held))]
      return (training, validation)
    }
    let held = min(
      documents.count - 1,
      max(1, Int((Double(documents.count) * fraction).rounded()))
    )
    let chosen = Set(Permutation.shuffled(documents.count, seed: seed).prefix(held))
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

  private static func split(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    let mark = Array(separator.utf8)
    var parts: [ArraySlice<UInt8>] = []
    var start = 0
    var position = 0
    while position + mark.count <= bytes.count {
      if bytes[position] == mark[0], bytes[position..<position + mark.count].elementsEqual(mark) {
        parts.append(bytes[start..<position])
        position += mark.count
        start = position
      } else {
        position += 1
      }
    }
    parts.append(bytes[start...])
    let (newline, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    return parts.enumerated().map { index, part in
      var part = part
      if index > 0 {
        if part.starts(with: [carriageReturn, newline]) { part = part.dropFirst() }
        if part.first == newline { part = part.dropFirst() }
      }
      if index < parts.count - 1, part.last == newline {
        part = part.dropLast()
        if part.last == carriageReturn { part = part.dropLast() }
      }
      return part
    }.filter { !$0.isEmpty }
  }
}

/// The ways in which training data can be unfit.
public enum TrainingDataFault: FormatFault {
  case noText
  case notText
  case diverged(step: Int)
  case noEndOfText
  case nothingTrained
  case tooShortToSplit(Int)
  case tokenOutOfRange(Int, vocabularySize: Int)

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .diverged(let step): "the run has diverged: it is no longer finite at step \(step)"
    case .notText: "it has NUL bytes, so it is no text"
    case .noText: "there is no text in it"
    case .nothingTrained: "every parameter is frozen: there is nothing to train"
    case .noEndOfText: "the tokenizer has no <|endoftext|>"
    case .tooShortToSplit(let count):
      "the text has \(count) tokens, too few to set some apart for validation"
    case .tokenOutOfRange(let id, let size):
      "the tokenizer yields token \(id), outside of the model's vocabulary of \(size)"
    }
  }

  /// What a user might do about it.
  public var hint: String? {
    switch self {
    case .tooShortToSplit: "give more text, or a text of its own with --validation FILE"
    case .diverged: "use a smaller --lr, a longer --warmup, or a smaller --clip"
    default: nil
    }
  }
}
