package import BallastBytes
package import BallastCheckpoint
import BallastJSON

/// A debug state of llm.c: one batch, and what PyTorch computed for it.
///
///     x, y: i32 [B, T]    logits: f32 [B, T, V]    loss: f32
///     gradients: f32, in the order of the model's tensors
///
/// The header says B and T; the model's sizes are not in the file.
package enum LLMCState {
  /// The sizes of the models that llm.c's script writes states of, by layers, heads and width.
  private static let published = [(12, 12, 768), (24, 16, 1024), (36, 20, 1280), (48, 25, 1600)]
  private static let publishedVocabulary = 50_257
  private static let publishedPositions = 1024

  /// Opens a state; `model` is the header of the model that it belongs to.
  ///
  /// Without it the sizes of OpenAI's models are tried; where none fits, everything after y is one
  /// tensor named `logits_loss_gradients`, and a warning says so. Gradients are named
  /// `gradient.wte` and so on.
  package static func open(
    _ source: SharedBytes,
    model: LLMCHeader? = nil,
    name: String? = nil
  ) throws(FormatError) -> Checkpoint {
    let numbers = try LLMC.header(of: source)
    guard numbers[0] == LLMC.Kind.state.rawValue else {
      throw FormatError(LLMCFault.notLLMC, at: 0)
    }
    let version = numbers[1]
    guard version == 1 || version == 2 else {
      throw FormatError(LLMCFault.unsupportedVersion(version, of: "a debug state"), at: 4)
    }
    let (batch, length) = (numbers[2], numbers[3])
    guard batch > 0 else { throw FormatError(LLMCFault.badSize("B", batch), at: 8) }
    guard length > 0 else { throw FormatError(LLMCFault.badSize("T", length), at: 12) }
    var layout = LLMCLayout(source, file: name)
    try layout.append("x", .i32, [batch, length])
    try layout.append("y", .i32, [batch, length])
    let bytes = source.count - layout.end
    guard bytes % 4 == 0 else {
      throw FormatError(LLMCFault.partialElement(bytes: bytes), at: layout.end)
    }
    let positions = batch * length  // `append` has seen that it fits
    var warnings: [FormatError] = []
    if let model {
      let expected = try floatCount(of: model, positions)
      guard expected == bytes / 4 else {
        let end = try sum(layout.end, try product(expected, 4))
        throw FormatError(LLMCFault.wrongSize(expected: end, found: source.count), at: layout.end)
      }
    }
    var sizes = model
    if sizes == nil { sizes = try candidate(version, floats: bytes / 4, positions) }
    if let model = sizes {
      try layout.append("logits", .f32, [batch, length, model.vocabulary])
      try layout.append("loss", .f32, [])
      for (name, sizes) in model.tensors { try layout.append("gradients." + name, .f32, sizes) }
    } else {
      warnings.append(FormatError(LLMCFault.unknownSizes, at: layout.end, in: name))
      try layout.append("logits_loss_gradients", .f32, [bytes / 4])
    }
    return try Checkpoint(
      format: LLMC.Kind.state.format,
      files: [.init(name: name ?? "", byteCount: source.count)],
      metadata: ["version": .integer(version)],
      warnings: warnings,
      tensors: layout.tensors
    )
  }

  /// The number of floats that follow y.
  private static func floatCount(
    of model: LLMCHeader,
    _ positions: Int
  ) throws(FormatError) -> Int {
    let logits = try product(positions, model.vocabulary)
    return try sum(try sum(logits, 1), try model.elementCount())
  }

  /// The published model whose state has that many floats.
  private static func candidate(
    _ version: Int,
    floats: Int,
    _ positions: Int
  ) throws(FormatError) -> LLMCHeader? {
    for (layers, heads, width) in published {
      let model = LLMCHeader(
        version: version == 1 ? 1 : 3,  // whether the vocabulary is padded
        positions: publishedPositions,
        vocabulary: publishedVocabulary,
        layers: layers,
        heads: heads,
        width: width
      )
      if try floatCount(of: model, positions) == floats { return model }
    }
    return nil
  }
}
