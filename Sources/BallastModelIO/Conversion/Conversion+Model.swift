package import BallastBytes
import BallastCheckpoint
import BallastFormats
import BallastGPT2
import BallastJSON
import FoundationEssentials

extension Conversion {
  /// Writes a GPT-2 through the weight map.
  package func run(
    _ model: OpenedModel,
    to output: String,
    progress: Progress
  ) throws(FormatError) -> ConversionSummary {
    precondition(layout != .keep || target.isModel)
    var summary = ConversionSummary()
    summary.leftOut = model.leftOut
    var carried: [(key: String, value: String)] = []
    for (key, value) in model.otherMetadata {
      if model.checkpoint.format.hasPrefix("torch") {
        summary.leftOut.append((key, "a setting, no tensor"))
      } else if target == .safetensors, let text = value.string {
        carried.append((key, text))
      } else {
        summary.leftOut.append((key, "metadata, which is not carried along"))
      }
    }
    carried.removeAll { entry in metadata.contains { $0.key == entry.key } }
    if NanoGPT.lacksBiases(model.checkpoint) {
      summary.notices.append("the model has no biases; zeros are written for them")
    }
    // Looked at before there are files of ours among them.
    let others = otherFiles(of: model, whenWriting: output)
    switch target {
    case .hf: try writeFolder(model, to: output, &summary, progress)
    case .gguf: try writeGGUF(model, to: output, &summary, progress)
    case .llmc: try writeLLMC(model, to: output, &summary, progress)
    case .nanogpt: try writeNanoGPT(model, to: output, &summary, progress)
    case .openai: try writeOpenAI(model, to: output, &summary, progress)
    case .safetensors, .torch, .torchLegacy, .npz:
      let outputs = try model.outputs(
        layout: layout == .native ? .native : .hf,
        dtype: dtype,
        losses: summary.losses
      )
      summary.count(outputs)
      let metadata = layout == .native ? model.nativeMetadata : [("format", "pt")]
      summary.bytes = try write(
        outputs,
        metadata: metadata + carried + self.metadata,
        to: output,
        progress
      )
    }
    if !others.isEmpty { summary.notices.append("not copied: \(Self.list(others))") }
    if [.llmc, .nanogpt, .openai].contains(target) {
      let configuration = model.configuration
      // What readers of these formats take for granted.
      let implied = 50256 < configuration.vocabularySize ? [50256] : []
      let beginning = configuration.beginningToken.map { [$0] } ?? []
      if beginning != implied || configuration.endTokens != implied {
        summary.notices.append(
          "not written: bos_token_id \(beginning) and eos_token_id \(configuration.endTokens), for "
            + "which the format has no place"
        )
      }
    }
    if [.llmc, .nanogpt].contains(target) || !target.isModel, model.hasTokenizer {
      summary.notices.append("the tokenizer is no part of the file; it stays in \(model.folder)")
    }
    return summary
  }

  /// The files that stay behind: none where the output goes into the folder that they are in, or is it.
  private func otherFiles(of model: OpenedModel, whenWriting output: String) -> [String] {
    FileIdentity.isSame(OpenedModel.folder(of: output), model.folder) ? [] : model.otherFiles
  }

  /// The first of several names.
  private static func list(_ names: [String]) -> String {
    let more = names.count > 8 ? " and \(names.count - 8) more" : ""
    return names.prefix(8).joined(separator: ", ") + more
  }

  private func writeFolder(
    _ model: OpenedModel,
    to output: String,
    _ summary: inout ConversionSummary,
    _ progress: Progress
  ) throws(FormatError) {
    let outputs = try model.outputs(
      layout: .hf,
      dtype: dtype,
      losses: summary.losses,
      name: HuggingFaceFolder.weightName
    )
    summary.count(outputs)
    var folder = HuggingFaceFolder(
      weights: outputs,
      configuration: model.configurationJSON(dtype: dtype),
      companions: model.companions
    )
    folder.shardSize = shardSize
    if !model.hasTokenizer, let tokenizer = try model.tokenizerLists() {
      folder.addTokenizer(tokenizer, maximumLength: model.configuration.positions)
    }
    summary.remaining = replacing ? folder.remainders(in: output) : []
    let before = Self.weightFiles(in: output)
    let total = outputs.reduce(0) { $0 &+ $1.byteCount }
    summary.bytes = try folder.write(to: output, replacing: replacing) {
      (done) throws(FormatError) in try progress(done, total)
    }
    let after = Self.weightFiles(in: output)
    summary.removed = before.filter { !after.contains($0) }
  }

  private func writeGGUF(
    _ model: OpenedModel,
    to output: String,
    _ summary: inout ConversionSummary,
    _ progress: Progress
  ) throws(FormatError) {
    try checkReplaces(output)
    let dtype = dtype ?? GGUFModel.storedType(of: model)
    let outputs = try GGUFModel.outputs(of: model, as: dtype)
    summary.count(outputs)
    let tokenizer = try model.tokenizerLists()
    if tokenizer == nil {
      summary.notices.append("no tokenizer was found, and llama.cpp loads no file without one")
    }
    let unwritten = GGUFModel.unwrittenTokens(of: model.configuration)
    summary.notices += unwritten.map { "not written: \($0)" }
    let total = outputs.reduce(0) { $0 &+ $1.byteCount }
    summary.bytes = try GGUFModel.write(
      model,
      as: dtype,
      tokenizer: tokenizer,
      to: output,
      replacing: replacing,
      losses: summary.losses
    ) { (done) throws(FormatError) in try progress(done, total)
    }
  }

  private func writeLLMC(
    _ model: OpenedModel,
    to output: String,
    _ summary: inout ConversionSummary,
    _ progress: Progress
  ) throws(FormatError) {
    try checkReplaces(output)
    let isNarrow = model.weights.weights.allSatisfy { $0.dtype == .bf16 }
    let dtype = dtype ?? (isNarrow ? .bf16 : .f32)
    let outputs = try model.outputs(layout: .native, dtype: dtype)
    summary.count(outputs)
    let total = outputs.reduce(0) { $0 &+ $1.byteCount }
    summary.bytes = try LLMCModel.write(
      model,
      as: dtype,
      to: output,
      replacing: replacing,
      losses: summary.losses
    ) {
      (done) throws(FormatError) in try progress(done, total)
    }
  }

  private func writeNanoGPT(
    _ model: OpenedModel,
    to output: String,
    _ summary: inout ConversionSummary,
    _ progress: Progress
  ) throws(FormatError) {
    try checkReplaces(output)
    try model.configuration.requirePublishedForm(for: "nanoGPT", orActivation: "gelu")
    let outputs = try model.outputs(
      layout: .native,
      dtype: dtype,
      losses: summary.losses,
      name: HuggingFaceFolder.weightName
    )
    let ties = [(name: "lm_head.weight", original: "transformer.wte.weight")]
    summary.count(outputs)
    summary.ties = ties
    summary.tensors += ties.count
    summary.leftOut.removeAll { $0.name == model.weights.sourceNames["lm_head.weight"] }
    if model.configuration.activation != "gelu" {
      summary.notices.append(
        "nanoGPT computes the exact GELU where this model has \(model.configuration.activation): "
          + "its logits will differ a little"
      )
    }
    let total = outputs.reduce(0) { $0 &+ $1.byteCount }
    summary.bytes = try TorchZipWriter.write(
      outputs,
      ties: ties,
      within: NanoGPT.value(of: model.configuration, ranks: outputs.map(\.shape.rank)),
      to: output,
      replacing: replacing
    ) { (done) throws(FormatError) in try progress(done, total) }
  }

  private func writeOpenAI(
    _ model: OpenedModel,
    to output: String,
    _ summary: inout ConversionSummary,
    _ progress: Progress
  ) throws(FormatError) {
    try model.configuration.requirePublishedForm(for: "OpenAI's release")
    func isThere(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(output)/\(name)")
    }
    if replacing, let name = CheckpointPath.candidates.first(where: isThere) {
      throw FormatError(ModelFault.shadowed(name))
    }
    let outputs = try OpenAIRelease.outputs(of: model)
    summary.count(outputs)
    let tokenizer = try model.tokenizerLists()
    if tokenizer == nil {
      summary.notices.append(
        "no tokenizer was found, so encoder.json and vocab.bpe are not written"
      )
      summary.remaining = ["encoder.json", "vocab.bpe"].filter(isThere)
    }
    summary.remaining += ["config.json", "tokenizer.json", "vocab.json", "merges.txt"].filter(
      isThere
    )
    let total = outputs.reduce(0) { $0 &+ $1.byteCount }
    summary.bytes = try OpenAIRelease.write(
      model,
      tokenizer: tokenizer,
      to: output,
      replacing: replacing,
      losses: summary.losses
    ) { (done) throws(FormatError) in try progress(done, total) }
  }
}
