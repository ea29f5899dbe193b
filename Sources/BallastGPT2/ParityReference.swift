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

  /// What is wrong, in one line.
  public var description: String {
    switch self {
    case .missing(let name): "the reference has no \(name)"
    case .wrongShape(let name, let expected, let found):
      "the reference's \(name) has the shape \(found), not \(expected)"
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

  package init(_ model: GPT2Model, input: TokenBatch) {
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
