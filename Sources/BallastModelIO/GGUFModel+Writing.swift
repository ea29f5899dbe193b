package import BallastBytes
package import BallastCheckpoint
package import BallastFormats
package import BallastGPT2
package import BallastTokenizer

extension GGUFModel {
  /// Writes a GPT-2 as a GGUF file, its matrices as `dtype`; returns the number of bytes.
  ///
  /// As llama.cpp has it, norms, biases and positions stay float32, and a matrix whose rows blocks
  /// do not fill becomes F16. Without a tokenizer llama.cpp does not load the file.
  @discardableResult
  package static func write(
    _ model: OpenedModel,
    as dtype: DType,
    tokenizer: TokenizerLists?,
    to path: String,
    replacing: Bool = true,
    losses: CastLosses? = nil,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let configuration = model.configuration
    var metadata = try metadata(of: configuration, dtype: dtype)
    if let tokenizer {
      metadata += Self.metadata(of: tokenizer, vocabularySize: configuration.vocabularySize)
    }
    return try GGUFWriter.write(
      tensors: try outputs(of: model, as: dtype, losses: losses),
      metadata: metadata,
      to: path,
      replacing: replacing,
      progress: progress
    )
  }

  /// The keys that describe the model; throws where llama.cpp would compute another one.
  package static func metadata(
    of configuration: GPT2Configuration,
    dtype: DType
  ) throws(FormatError) -> [GGUFWriter.Member] {
    guard let fileType = fileTypes[dtype] else {
      throw FormatError(GGUFModelFault.notExpressible("files of type \(dtype.rawValue)"))
    }
    guard ["gelu_new", "gelu_pytorch_tanh"].contains(configuration.activation) else {
      throw FormatError(GGUFModelFault.notExpressible("activation \(configuration.activation)"))
    }
    guard configuration.scalesAttention, !configuration.scalesAttentionByInverseLayer else {
      throw FormatError(GGUFModelFault.notExpressible("another scale of attention"))
    }
    func size(_ value: Int) -> GGUFValue { .u32(UInt32(clamping: value)) }
    var metadata: [GGUFWriter.Member] = [
      (Key.architecture, .string("gpt2")),
      (Key.layers, size(configuration.layers)),
      (Key.context, size(configuration.positions)),
      (Key.width, size(configuration.width)),
      (Key.inner, size(configuration.innerWidth)),
      (Key.heads, size(configuration.heads)),
      (Key.epsilon, .f32(Float(configuration.normEpsilon))),
      ("general.file_type", .u32(fileType)),
      ("general.quantization_version", .u32(2)),
    ]
    let vocabulary = 0..<configuration.vocabularySize
    if let token = configuration.beginningToken, vocabulary.contains(token) {
      metadata.append((Key.beginning, size(token)))
    }
    if let token = configuration.endTokens.first(where: vocabulary.contains) {
      metadata.append((Key.end, size(token)))
    }
    return metadata
  }

  /// What GGUF has no place for: tokens outside of the vocabulary, and more than one end of text.
  package static func unwrittenTokens(of configuration: GPT2Configuration) -> [String] {
    let vocabulary = 0..<configuration.vocabularySize
    var unwritten: [String] = []
    if let token = configuration.beginningToken, !vocabulary.contains(token) {
      unwritten.append("bos_token_id \(token), which is not in the vocabulary")
    }
    var hasEnd = false
    var seen: Set<Int> = []
    for token in configuration.endTokens where seen.insert(token).inserted {
      if !vocabulary.contains(token) {
        unwritten.append("eos_token_id \(token), which is not in the vocabulary")
      } else if hasEnd {
        unwritten.append("eos_token_id \(token), as GGUF has one end of text")
      } else {
        hasEnd = true
      }
    }
    return unwritten
  }

  /// The weights under llama.cpp's names, each once.
  package static func outputs(
    of model: OpenedModel,
    as dtype: DType,
    losses: CastLosses? = nil
  ) throws(FormatError) -> [TensorOutput] {
    var outputs: [TensorOutput] = []
    for slot in WeightMap.slots(model.configuration) {
      guard let view = model.weights[slot.name], let name = name(ofCanonical: slot.name) else {
        throw FormatError(ModelFault.missing([slot.name]))
      }
      let stored = storedType(of: slot, as: dtype)
      outputs.append(view.output(as: stored, name: name, losses: losses))
    }
    return outputs
  }

  private static func storedType(of slot: WeightMap.Slot, as dtype: DType) -> DType {
    guard slot.dimensions.count == 2, slot.name != "wpe.weight", let row = slot.dimensions.last
    else { return .f32 }
    if let block = dtype.block, row % block.elements != 0 { return .f16 }
    return dtype
  }

  /// The type for a file whose matrices are to stay as they are, where all are of one type that GGUF
  /// can say; float32 is what nothing is lost with.
  package static func storedType(of model: OpenedModel) -> DType {
    let matrices = WeightMap.slots(model.configuration).filter {
      storedType(of: $0, as: .bf16) == .bf16
    }
    let types = Set(matrices.compactMap { model.weights[$0.name]?.dtype })
    // Rows that are too short for blocks are float16 in such a file.
    if types.contains(.q80), types.isSubset(of: [.q80, .f16]) { return .q80 }
    guard let type = types.first, types.count == 1, fileTypes[type] != nil else { return .f32 }
    return type
  }

  /// What general.file_type says of the types that are written (llama.cpp's llama_ftype).
  private static let fileTypes: [DType: UInt32] = [.f32: 0, .f16: 1, .q80: 7, .bf16: 32]
}
