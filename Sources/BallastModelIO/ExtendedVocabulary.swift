package import BallastBytes
import BallastCheckpoint
import BallastFormats
package import BallastGPT2
package import BallastTokenizer

/// A model and its tokenizer with further tokens.
package struct ExtendedVocabulary {
  /// The sizes, with a vocabulary that holds the tokens.
  package let configuration: GPT2Configuration
  /// What encodes and decodes.
  package let tokenizer: Tokenizer
  /// The id of the first of the tokens.
  package let firstID: Int
  /// The files that go with a copy of the model.
  package let companions: [String]
  /// The tokenizer's files, as they are to be saved in place of the ones that they have the names of.
  package let files: [(name: String, text: String)]
  private let model: OpenedModel

  /// Adds tokens to the tokenizer of a model.
  ///
  /// Throws what `ExtendedTokenizer` does, and `VocabularyFault.beyondEmbedding` where the tokenizer is of another model.
  /// Tokens that were added to it before, without rows of the model, get some now.
  package init(_ model: OpenedModel, adding texts: [String]) throws(FormatError) {
    let extended: ExtendedTokenizer
    let positions = model.configuration.positions
    if model.carriesTokenizer || !model.hasTokenizer, let lists = try model.tokenizerLists() {
      extended = try ExtendedTokenizer(lists, adding: texts, maximumLength: positions)
      // Files of a tokenizer beside it do not count, and would contradict those that are made.
      companions = model.companions.filter { !OpenedModel.isOfTokenizer($0) }
    } else {
      companions = model.companions
      extended = try ExtendedTokenizer(
        path: model.tokenizerPath ?? model.folder,
        companions: companions,
        adding: texts,
        maximumLength: positions
      )
    }
    var configuration = model.configuration
    guard extended.unaddedSize <= configuration.vocabularySize else {
      throw FormatError(
        VocabularyFault.beyondEmbedding(
          tokens: extended.unaddedSize,
          rows: configuration.vocabularySize
        )
      )
    }
    configuration.vocabularySize = max(
      configuration.vocabularySize,
      extended.tokenizer.vocabularySize
    )
    self.model = model
    self.configuration = configuration
    tokenizer = extended.tokenizer
    firstID = extended.firstID
    files = extended.files
  }

  /// Reads the weights into a model that owns them; the rows of the tokens, of a head that is not tied too, are the mean
  /// of those of all tokens before them.
  ///
  /// Rows that fill the vocabulary up beyond the tokens stay as they are.
  package func loadModel(precision: Precision = .float32) throws(FormatError) -> GPT2Model {
    // The embeddings in the file may be shorter than their places, whose ends are zero.
    let parameters = try GPT2Parameters.load(configuration, copying: true) { model.weights[$0] }
    let rows = min(firstID, model.configuration.vocabularySize)..<tokenizer.vocabularySize
    parameters.tokenEmbedding.fill(rows)
    if !configuration.tiesHead { parameters.head.fill(rows) }
    return try GPT2Model(configuration, parameters: parameters, precision: precision)
  }
}

extension OpenedModel {
  /// Whether the tokenizer is in the checkpoint itself.
  fileprivate var carriesTokenizer: Bool {
    tokenizerPath == nil && [GGUF.name, GGML.name].contains(checkpoint.format)
  }
}

extension Parameter {
  /// Sets rows of a matrix to the mean of those before them.
  fileprivate func fill(_ rows: Range<Int>) {
    let width = shape[1]
    guard rows.lowerBound > 0 else { return }
    var sums = [Double](repeating: 0, count: width)
    for row in 0..<rows.lowerBound {
      for column in 0..<width { sums[column] += Double(pointer[row * width + column]) }
    }
    for row in rows {
      for column in 0..<width {
        pointer[row * width + column] = Float(sums[column] / Double(rows.lowerBound))
      }
    }
  }
}
