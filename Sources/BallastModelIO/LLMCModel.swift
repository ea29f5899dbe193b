package import BallastBytes
package import BallastCheckpoint
import BallastFormats
import BallastGPT2
package import BallastJSON

/// GPT-2 as llm.c stores it: the layers of a parameter stacked, the token embedding padded.
///
/// Weights are Linear's, [out, in], as the canonical ones are.
package enum LLMCModel {
  /// llm.c's names, and the entries of the weight map.
  private static let entries: [(stored: String, canonical: String)] = [
    ("wte", "wte.weight"), ("wpe", "wpe.weight"),
    ("ln1w", "h.*.ln_1.weight"), ("ln1b", "h.*.ln_1.bias"),
    ("qkvw", "h.*.attn.c_attn.weight"), ("qkvb", "h.*.attn.c_attn.bias"),
    ("attprojw", "h.*.attn.c_proj.weight"), ("attprojb", "h.*.attn.c_proj.bias"),
    ("ln2w", "h.*.ln_2.weight"), ("ln2b", "h.*.ln_2.bias"),
    ("fcw", "h.*.mlp.c_fc.weight"), ("fcb", "h.*.mlp.c_fc.bias"),
    ("fcprojw", "h.*.mlp.c_proj.weight"), ("fcprojb", "h.*.mlp.c_proj.bias"),
    ("lnfw", "ln_f.weight"), ("lnfb", "ln_f.bias"),
  ]
  private static let canonical = Dictionary(
    uniqueKeysWithValues: entries.map { ($0.stored, $0.canonical) }
  )

  /// The canonical names of a tensor of the file, one for each layer where it is stacked.
  static func canonicalNames(of stored: String, layers: Int) -> [String]? {
    guard let name = canonical[stored] else { return nil }
    guard name.hasPrefix("h.*") else { return [name] }
    return (0..<layers).map { "h.\($0)" + name.dropFirst(3) }
  }

  /// The weights of a file: layers taken apart, and the padding of the embedding cut off.
  ///
  /// Each keeps llm.c's name, with its layer in brackets; nothing is copied.
  static func weights(of checkpoint: Checkpoint) throws(FormatError) -> [NamedTensor] {
    var weights: [NamedTensor] = []
    let vocabulary = checkpoint.metadata["vocab_size"]?.integer
    for tensor in checkpoint.tensors {
      let rows = tensor.shape.dimensions[0]
      guard let names = canonicalNames(of: tensor.name, layers: rows) else { continue }
      if tensor.name == "wte", let vocabulary {
        weights.append(NamedTensor(.canonical(names[0]), try tensor.prefix(vocabulary)))
      } else if canonical[tensor.name]?.hasPrefix("h.*") == true {
        for (layer, name) in names.enumerated() {
          let view = try tensor.element(layer).renamed("\(tensor.name)[\(layer)]")
          weights.append(NamedTensor(.canonical(name), view))
        }
      } else {
        weights.append(NamedTensor(.canonical(names[0]), tensor))
      }
    }
    return weights
  }

  /// The configuration that the header and llm.c's arithmetic give, as `config.json` says it.
  package static func configuration(of checkpoint: Checkpoint) -> JSONObject {
    var json = GPT2Configuration.publishedJSON
    for (key, name) in [
      ("vocab_size", "vocab_size"), ("max_seq_len", "n_positions"), ("channels", "n_embd"),
      ("num_layers", "n_layer"), ("num_heads", "n_head"),
    ] {
      json[name] = checkpoint.metadata[key]
    }
    json.dropTokensOutsideVocabulary()
    return json
  }

  /// Writes a GPT-2 for llm.c, as float32 (version 3) or bfloat16 (version 5).
  ///
  /// Returns the number of bytes. Throws `ModelFault.notExpressible` where llm.c would compute
  /// another model. `progress` gets the number of data bytes after each piece.
  @discardableResult
  package static func write(
    _ model: OpenedModel,
    as dtype: DType,
    to path: String,
    replacing: Bool = true,
    losses: CastLosses? = nil,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> Int {
    let configuration = model.configuration
    try configuration.requirePublishedForm(for: LLMC.name)
    guard let version = LLMCHeader.writtenVersions[dtype] else {
      throw FormatError(ModelFault.notExpressible(LLMC.name, "files of type \(dtype.rawValue)"))
    }
    let header = LLMCHeader(
      version: version,
      positions: configuration.positions,
      vocabulary: configuration.vocabularySize,
      layers: configuration.layers,
      heads: configuration.heads,
      width: configuration.width
    )
    var parts: [TensorOutput] = []
    for (stored, _) in header.tensors {
      for name in canonicalNames(of: stored, layers: header.layers) ?? [] {
        guard let view = model.weights[name] else { throw FormatError(ModelFault.missing([name])) }
        parts.append(view.output(as: dtype, losses: losses))
      }
      if stored == "wte" { parts.append(try padding(of: header)) }
    }
    return try LLMCModelFile.write(
      header,
      parts: parts,
      to: path,
      replacing: replacing,
      progress: progress
    )
  }

  /// The rows of zeros that llm.c appends to the token embedding.
  private static func padding(of header: LLMCHeader) throws(FormatError) -> TensorOutput {
    let rows = header.paddedVocabulary - header.vocabulary
    let zeros = [UInt8](repeating: 0, count: header.dtype.byteCount(of: header.width))
    return TensorOutput(
      name: "padding",
      dtype: header.dtype,
      shape: try Shape([rows, header.width])
    ) { (sink) throws(FormatError) in
      for _ in 0..<rows { try sink(RawSpan(_elements: zeros.span)) }
    }
  }
}
