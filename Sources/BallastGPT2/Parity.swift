package import BallastBytes
import BallastCheckpoint
import Glibc

/// How a model's outputs compare with a reference.
public struct ParityReport: Sendable {
  /// Hidden states in order, then the logits, then gradients.
  public let deviations: [Deviation]
  /// The model's mean loss over the shifted positions.
  public let loss: Double
  /// The reference's loss, where it was recorded.
  public let referenceLoss: Double?
  /// The share of positions whose likeliest token is the same.
  public let topOneAgreement: Double
  /// The mean Kullback-Leibler divergence of the model's distribution from the reference's, nats.
  public let divergence: Double
  /// The number of positions compared.
  public let positions: Int

  /// |Δ| of the losses.
  public var lossDifference: Double? { referenceLoss.map { abs(loss - $0) } }

  /// The first tensor, in the order of the forward pass, that is out of tolerance.
  public func firstDeparture(tolerance: Double) -> Deviation? {
    deviations.first { !$0.isWithin(tolerance) }
  }

  /// Whether everything is within the tolerance.
  public func passes(tolerance: Double) -> Bool {
    let lossIsClose = lossDifference.map { $0 <= tolerance } ?? true
    return firstDeparture(tolerance: tolerance) == nil && lossIsClose && !loss.isNaN
  }
}

/// Runs a model beside a reference.
package enum Parity {
  /// Compares everything that the reference has.
  package static func compare(
    _ model: GPT2Model,
    with reference: any ParityReference,
    progress: () throws(FormatError) -> Void = {}
  ) throws(FormatError) -> ParityReport {
    let input = reference.input
    var outputs = OutputMeters(model.configuration, reference: reference)
    var failure: FormatError?
    try model.run(input) { sequence, index, stream in
      do throws(FormatError) {
        if failure == nil { try outputs.addHiddenState(index, sequence: sequence, stream) }
      } catch {
        failure = error
      }
    } logits: { (sequence, rows, chunk) throws(FormatError) in
      if let failure { throw failure }
      try progress()
      try outputs.addLogits(sequence: sequence, rows: rows, chunk)
    }
    let gradients = try gradientDeviations(model, reference: reference)
    return outputs.report(gradients: gradients)
  }

  /// The gradients of the mean loss over the shifted positions, against the recorded ones.
  private static func gradientDeviations(
    _ model: GPT2Model,
    reference: any ParityReference
  ) throws(FormatError) -> [Deviation] {
    guard !reference.gradients.isEmpty else { return [] }
    let gradients = try model.gradients(of: reference.input)
    var deviations: [Deviation] = []
    for (name, view) in reference.gradients {
      guard let gradient = gradients[name] else { continue }
      var meter = DeviationMeter()
      meter.add(gradient.pointer, reference: try view.floats(), count: gradient.count)
      deviations.append(meter.gradientDeviation("gradients." + name))
    }
    return deviations
  }
}

extension GPT2Model {
  /// The gradients of the mean loss over the B · (T − 1) shifted positions, without dropout.
  package func gradients(of input: TokenBatch) throws(FormatError) -> GPT2Parameters {
    let gradients = try GPT2Parameters.zeros(configuration)
    let activations = try Activations(
      configuration,
      batch: input.batch,
      length: input.length,
      keeping: .everything
    )
    var targets = [Int32](repeating: -100, count: input.ids.count)
    for sequence in 0..<input.batch {
      for place in sequence * input.length..<(sequence + 1) * input.length - 1 {
        targets[place] = input.ids[place + 1]
      }
    }
    let counted = max(1, input.batch * (input.length - 1))
    _ = lossAndGradients(
      input.ids,
      targets: targets,
      scale: 1 / Float(counted),
      activations: activations,
      gradients: gradients,
      accumulates: false
    )
    return gradients
  }
}

/// What is gathered while the model runs.
private struct OutputMeters {
  let configuration: GPT2Configuration
  let reference: any ParityReference
  var states: [Int: DeviationMeter] = [:]
  var logits = DeviationMeter()
  var agreements = 0
  var divergence = 0.0
  var lossSum = 0.0

  init(_ configuration: GPT2Configuration, reference: any ParityReference) {
    self.configuration = configuration
    self.reference = reference
  }

  mutating func addHiddenState(
    _ index: Int,
    sequence: Int,
    _ stream: UnsafePointer<Float>
  ) throws(FormatError) {
    guard reference.hiddenStates.contains(index) else { return }
    let expected = try reference.hiddenState(index, sequence: sequence)
    states[index, default: DeviationMeter()].add(
      stream,
      reference: expected,
      count: expected.count
    )
  }

  mutating func addLogits(
    sequence: Int,
    rows: Range<Int>,
    _ chunk: UnsafePointer<Float>
  ) throws(FormatError) {
    let expected = try reference.logits(sequence: sequence, rows: rows)
    logits.add(chunk, reference: expected, count: expected.count)
    let size = configuration.vocabularySize
    let tokens = reference.input.sequence(sequence)
    for row in rows {
      let place = (row - rows.lowerBound) * size
      let mine = UnsafeBufferPointer(start: chunk + place, count: size)
      let theirs = expected[place..<place + size]
      if Sampler.argmax(mine) == Sampler.argmax(theirs) { agreements += 1 }
      let mineSum = Self.logSumExp(mine)
      divergence += Self.divergence(of: mine, mineSum, from: theirs, Self.logSumExp(theirs))
      if row + 1 < tokens.count {
        lossSum += mineSum - Double(mine[Int(tokens[tokens.startIndex + row + 1])])
      }
    }
  }

  private static func logSumExp(_ row: some Collection<Float>) -> Double {
    let largest = Double(row.max() ?? 0)
    return largest + log(row.reduce(0.0) { $0 + exp(Double($1) - largest) })
  }

  /// Σ p (log p − log q), p the reference's distribution.
  private static func divergence(
    of mine: some Collection<Float>,
    _ mineSum: Double,
    from theirs: some Collection<Float>,
    _ theirSum: Double
  ) -> Double {
    zip(theirs, mine).reduce(0.0) { sum, pair in
      let logP = Double(pair.0) - theirSum
      return sum + exp(logP) * (logP - (Double(pair.1) - mineSum))
    }
  }

  func report(gradients: [Deviation]) -> ParityReport {
    let positions = reference.input.ids.count
    let shifted = reference.input.batch * (reference.input.length - 1)
    return ParityReport(
      deviations: states.sorted { $0.key < $1.key }.map {
        $0.value.deviation("hidden_states.\($0.key)")
      } + [logits.deviation("logits")] + gradients,
      loss: shifted > 0 ? lossSum / Double(shifted) : 0,
      referenceLoss: reference.loss,
      topOneAgreement: Double(agreements) / Double(max(1, positions)),
      divergence: divergence / Double(max(1, positions)),
      positions: positions
    )
  }
}
