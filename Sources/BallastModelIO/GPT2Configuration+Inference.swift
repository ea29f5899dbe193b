import BallastBytes
import BallastCheckpoint
import BallastGPT2

extension GPT2Configuration {
  /// The number of heads of each GPT-2 that OpenAI published, by its width.
  ///
  /// No tensor shows the number of heads, and a wrong one computes nonsense without an error.
  private static let publishedHeads = [768: 12, 1024: 16, 1280: 20, 1600: 25]

  /// The configuration that the shapes of weights show; the number of heads is by the width.
  ///
  /// Throws `ModelFault.noConfiguration` where the embeddings are missing, and
  /// `ModelFault.unknownHeads` where the width is not one of the published models'.
  static func inferred(
    from checkpoint: CanonicalCheckpoint
  ) throws(FormatError) -> GPT2Configuration {
    func sizes(_ name: String) throws(FormatError) -> (Int, Int) {
      guard let sizes = checkpoint[name]?.shape.dimensions, sizes.count == 2 else {
        throw FormatError(ModelFault.noConfiguration)
      }
      return (sizes[0], sizes[1])
    }
    var configuration = GPT2Configuration()
    (configuration.vocabularySize, configuration.width) = try sizes("wte.weight")
    guard let heads = publishedHeads[configuration.width] else {
      throw FormatError(ModelFault.unknownHeads(width: configuration.width))
    }
    configuration.heads = heads
    configuration.positions = try sizes("wpe.weight").0
    let inner = try sizes("h.0.mlp.c_fc.weight").0
    configuration.explicitInnerWidth = inner == 4 * configuration.width ? nil : inner
    let layers = checkpoint.weights.compactMap { WeightMap.entry(named: $0.name[...])?.layer }
    configuration.layers = (layers.max() ?? 0) + 1
    if let head = checkpoint["lm_head.weight"], let embedding = checkpoint["wte.weight"] {
      configuration.tiesHead = try head.holdsSame(as: embedding)
    }
    if configuration.endTokens.contains(where: { $0 >= configuration.vocabularySize }) {
      configuration.endTokens = []
      configuration.beginningToken = nil
    }
    try configuration.validate()
    return configuration
  }
}
