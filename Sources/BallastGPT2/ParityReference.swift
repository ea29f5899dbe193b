public import BallastBytes
package import BallastCheckpoint

/// Where the values come from that a model is compared with.
package protocol ParityReference: AnyObject {
  /// The tokens that go through the model.
  var input: TokenBatch { get }
  /// Which hidden states there are, by transformers' count.
  var hiddenStates: [Int] { get }
  /// The hidden state [T, C] of a sequence.
  func hiddenState(_ index: Int, sequence: Int) throws(FormatError) -> [Float]
  /// The logits [rows, V] of a range of rows of a sequence.
  func logits(sequence: Int, rows: Range<Int>) throws(FormatError) -> [Float]
  /// The mean loss over the shifted positions, if it was recorded.
  var loss: Double? { get }
  /// Gradients by canonical name, in Linear's orientation.
  var gradients: [(name: String, view: TensorView)] { get }
}

/// The ways in which a recorded reference can be wrong.
public enum ParityFault: FormatFault {
  case missing(String)
  case wrongShape(String, expected: [Int], found: [Int])
  case otherModel(String)
  case differentSizes(key: String, Int, Int)

  /// What a user might do about it.
  public var hint: String? {
    guard case .missing = self else { return nil }
    return "tools/record-reference makes a reference; --against compares with a model"
  }

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .missing(let name): "the reference has no \(name)"
    case .wrongShape(let name, let expected, let found):
      "the reference's \(name) has the shape \(found), not \(expected)"
    case .differentSizes(let key, let mine, let other):
      "the models differ in \(key): \(mine) and \(other)"
    case .otherModel(let name):
      "the reference's \(name) belongs to no parameter of this model"
    }
  }
}

/// Another model as the reference: the same tokens go through both.
package final class ModelReference: ParityReference {
  package let input: TokenBatch
  private let model: GPT2Model
  private var sequence = -1
  private var states: [[Float]] = []
  private var rows: [Float] = []

  /// The reference for another model; throws `ParityFault` where their sizes differ.
  package init(
    _ model: GPT2Model,
    for other: GPT2Model,
    input: TokenBatch
  ) throws(FormatError) {
    let (mine, theirs) = (other.configuration, model.configuration)
    for (key, a, b) in [
      ("vocab_size", mine.vocabularySize, theirs.vocabularySize),
      ("n_embd", mine.width, theirs.width), ("n_layer", mine.layers, theirs.layers),
    ] where a != b {
      throw FormatError(ParityFault.differentSizes(key: key, a, b))
    }
    _ = try TokenBatch((0..<input.batch).map { Array(input.sequence($0)) }, for: theirs)
    self.model = model
    self.input = input
  }

  package var hiddenStates: [Int] { Array(0...model.configuration.layers) }
  package var loss: Double? { nil }
  package var gradients: [(name: String, view: TensorView)] { [] }

  package func hiddenState(_ index: Int, sequence: Int) throws(FormatError) -> [Float] {
    try run(sequence)
    return states[index]
  }

  package func logits(sequence: Int, rows: Range<Int>) throws(FormatError) -> [Float] {
    try run(sequence)
    let size = model.configuration.vocabularySize
    return Array(self.rows[rows.lowerBound * size..<rows.upperBound * size])
  }

  /// Runs one sequence and keeps what it gave until the next.
  private func run(_ sequence: Int) throws(FormatError) {
    guard sequence != self.sequence else { return }
    self.sequence = sequence
    states = []
    rows = []
    let single = try TokenBatch([Array(input.sequence(sequence))], for: model.configuration)
    let width = model.configuration.width
    try model.run(single) { _, _, stream in
      states.append(Array(UnsafeBufferPointer(start: stream, count: single.length * width)))
    } logits: { (_, range, chunk) throws(FormatError) in
      rows += UnsafeBufferPointer(
        start: chunk,
        count: range.count * model.configuration.vocabularySize
      )
    }
  }
}
