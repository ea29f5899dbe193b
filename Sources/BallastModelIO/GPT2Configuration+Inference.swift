import BallastBytes
import BallastCheckpoint
import BallastGPT2

extension GPT2Configuration {
  /// The head size of every GPT-2 that OpenAI published, assumed where no file tells.
  static let customaryHeadSize = 64

  /// The configuration that the shapes of weights show; the number of heads is an assumption.
  ///
  /// Throws `ModelFault.noConfiguration` where the embeddings are missing or the width is no
  /// multiple of the customary head size.
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
    configuration.positions = try sizes("wpe.weight").0
    let inner = try sizes("h.0.mlp.c_fc.weight").0
    configuration.explicitInnerWidth = inner == 4 * configuration.width ? nil : inner
    let layers = checkpoint.weights.compactMap { WeightMap.entry(named: $0.name[...])?.layer }
    configuration.layers = (layers.max() ?? 0) + 1
    guard configuration.width % customaryHeadSize == 0, configuration.width > 0 else {
      throw FormatError(ModelFault.noConfiguration)
    }
    configuration.heads = configuration.width / customaryHeadSize
    if let head = checkpoint["lm_head.weight"], let embedding = checkpoint["wte.weight"] {
      configuration.tiesHead = try head.holdsSame(as: embedding)
    }
    if configuration.endToken.map({ $0 >= configuration.vocabularySize }) ?? false {
      configuration.endToken = nil
      configuration.beginningToken = nil
    }
    try configuration.validate()
    return configuration
  }
}
