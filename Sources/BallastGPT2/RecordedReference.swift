package import BallastBytes
package import BallastCheckpoint

/// A reference out of a file, as `tools/record-reference` writes it.
///
/// Tensors: `input_ids` [B, T], `logits` [B, T, V], and optionally `loss`, `hidden_states.N`
/// [B, T, C] and `gradients.<name>` in Hugging Face's orientation.
package final class RecordedReference: ParityReference {
  package let input: TokenBatch
  package let hiddenStates: [Int]
  package let loss: Double?
  package let gradients: [(name: String, view: TensorView)]
  private let logits: TensorView
  private let states: [Int: TensorView]

  /// Reads and checks a reference for a model; throws `ParityFault`.
  package init(_ checkpoint: Checkpoint, for model: GPT2Model) throws(FormatError) {
    let configuration = model.configuration
    input = try TokenBatch(try Self.tokens(checkpoint), for: configuration)
    guard let logits = checkpoint["logits"] else {
      throw FormatError(ParityFault.missing("logits"))
    }
    let place = [input.batch, input.length]
    try Self.check(logits, place + [configuration.vocabularySize])
    self.logits = logits
    if let loss = checkpoint["loss"] {
      let count = loss.shape.elementCount
      if count != 1 { try Self.check(loss, []) }
      self.loss = try loss.floats().first.map(Double.init)
    } else {
      loss = nil
    }
    var states: [Int: TensorView] = [:]
    var gradients: [(name: String, view: TensorView)] = []
    for tensor in checkpoint.tensors {
      if let number = Self.suffix(of: tensor.name, after: "hidden_states.") {
        guard let index = Int(number), String(index) == number,
          (0...configuration.layers).contains(index)
        else {
          throw FormatError(ParityFault.otherModel(tensor.name))
        }
        try Self.check(tensor, place + [configuration.width])
        states[index] = tensor
      } else if let name = Self.suffix(of: tensor.name, after: "gradients.") {
        let canonical = String(Self.suffix(of: name, after: "transformer.") ?? name)
        guard let parameter = model.parameters[canonical] else {
          throw FormatError(ParityFault.otherModel(tensor.name))
        }
        let view = parameter.isConv1D ? try tensor.transposed : tensor
        try Self.check(view, parameter.shape)
        gradients.append((canonical, view))
      }
    }
    self.states = states
    self.gradients = gradients
    hiddenStates = states.keys.sorted()
  }

  /// The rows of `input_ids`; a single dimension is one sequence.
  package static func tokens(_ checkpoint: Checkpoint) throws(FormatError) -> [[Int32]] {
    guard let view = checkpoint["input_ids"] else {
      throw FormatError(ParityFault.missing("input_ids"))
    }
    let dimensions = view.shape.dimensions
    guard dimensions.count == 1 || dimensions.count == 2, let length = dimensions.last, length > 0
    else {
      throw FormatError(ParityFault.wrongShape("input_ids", expected: [-1, -1], found: dimensions))
    }
    let ids = try view.integers().map { Int32(clamping: $0) }
    return stride(from: 0, to: ids.count, by: length).map { Array(ids[$0..<$0 + length]) }
  }

  package func hiddenState(_ index: Int, sequence: Int) throws(FormatError) -> [Float] {
    guard let view = states[index] else {
      throw FormatError(ParityFault.missing("hidden_states.\(index)"))
    }
    let count = view.shape.elementCount / input.batch
    return try view.floats(in: sequence * count..<(sequence + 1) * count)
  }

  package func logits(sequence: Int, rows: Range<Int>) throws(FormatError) -> [Float] {
    let size = logits.shape.elementCount / (input.batch * input.length)
    let first = sequence * input.length
    return try logits.floats(
      in: (first + rows.lowerBound) * size..<(first + rows.upperBound) * size
    )
  }

  private static func check(_ view: TensorView, _ expected: [Int]) throws(FormatError) {
    guard view.shape.dimensions == expected else {
      throw FormatError(
        ParityFault.wrongShape(view.name, expected: expected, found: view.shape.dimensions)
      )
    }
  }

  private static func suffix(of name: some StringProtocol, after prefix: String) -> Substring? {
    name.hasPrefix(prefix) ? Substring(name).dropFirst(prefix.count) : nil
  }
}
