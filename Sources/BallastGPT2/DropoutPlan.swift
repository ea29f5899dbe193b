import BallastKernels

/// The dropout of one training pass: its masks are a function of seed, pass, layer and place.
///
/// Nothing of them is stored, and they do not depend on threads, so a resumed run has the same.
package struct DropoutPlan: Sendable {
  /// The places in which GPT-2 drops.
  enum Place: UInt64 {
    case embedding
    case attention
    case attentionOutput
    case mlpOutput
  }

  private let configuration: GPT2Configuration
  private let seed: UInt64
  private let pass: UInt64

  /// The dropout of pass number `pass` of a run: one number for each micro-batch.
  package init(_ configuration: GPT2Configuration, seed: UInt64, pass: Int) {
    self.configuration = configuration
    self.seed = seed
    self.pass = UInt64(pass)
  }

  /// The mask for a place, or nil where nothing is dropped.
  func mask(_ place: Place, layer: Int = 0) -> Dropout? {
    let probability =
      switch place {
      case .embedding: configuration.embeddingDropout
      case .attention: configuration.attentionDropout
      case .attentionOutput, .mlpOutput: configuration.residualDropout
      }
    guard probability > 0 else { return nil }
    let streams = UInt64(configuration.layers) * 4
    return Dropout(
      probability: Float(probability),
      seed: seed,
      stream: pass &* streams &+ UInt64(layer) * 4 &+ place.rawValue
    )
  }

  /// The mask of what an adapter reads; its seed is another, so that the model's own masks are what they are without.
  func mask(_ adapter: LoRAAdapter) -> Dropout? {
    guard adapter.options.dropout > 0 else { return nil }
    let places = UInt64(configuration.layers * LoRAOptions.Target.allCases.count)
    return Dropout(
      probability: Float(adapter.options.dropout),
      seed: ~seed,
      stream: pass &* places &+ UInt64(adapter.place)
    )
  }
}
