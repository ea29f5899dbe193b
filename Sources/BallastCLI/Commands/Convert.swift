import BallastBytes
import BallastCheckpoint
import BallastCommandLine
import BallastFormats
import BallastModelIO
import BallastReport

/// `ballast convert`: carries a checkpoint into another format.
struct Convert: Command {
  static let configuration = CommandConfiguration(
    "convert",
    abstract: "Carry a checkpoint into another format, layout or type.",
    discussion: """
      A GPT-2 goes through the weight map where it gets another layout, or becomes a folder that \
      transformers loads, a file for llama.cpp, llm.c or nanoGPT, or a release like OpenAI's. Any \
      other checkpoint is written name by name; what is tied stays tied in torch's files. The \
      layout hf has Conv1D's [in, out] weights, native has Linear's [out, in]; a native file \
      carries its configuration along. What is not written is named.
      """,
    examples: [
      CommandExample("ballast convert pytorch_model.bin model.safetensors", "Out of the pickle."),
      CommandExample("ballast convert old-gpt2/ new-gpt2/ --to hf", "A whole folder."),
      CommandExample("ballast convert model.safetensors model.pt", "Back, for torch.load."),
      CommandExample("ballast convert gpt2/ gpt2.gguf --dtype q8_0", "For llama.cpp."),
      CommandExample(
        "ballast convert run.pt model.pt --match 'model.*' --rename 'model.*=*'",
        "The weights out of a training run."
      ),
      CommandExample(
        "ballast convert gpt2/ gpt2-native.safetensors --layout native",
        "To be mapped as it is."
      ),
    ]
  )

  @Argument(value: "IN", help: "A checkpoint or a folder with one.", completion: .file)
  var input: String
  @Argument(value: "OUT", help: "The file or folder to write.", completion: .file)
  var output: String
  @Option(help: "What to write; if not given, by OUT's name: a file's ending, or else a folder.")
  var to: Conversion.Target?
  @Option(help: "How GPT-2's linear maps are stored.") var layout = Conversion.Layout.keep
  @Option(help: "The type of floating-point tensors.") var dtype = OutputDType.keep
  @Option(
    value: "FILE",
    help: "The configuration, in place of the model's own.",
    completion: .file(extensions: ["json"])
  )
  var config: String?
  @Option(
    value: "DIR|FILE",
    help: "The tokenizer that goes along, in place of the model's own.",
    completion: .file
  )
  var tokenizer: String?
  @Option(
    value: "DIR",
    help: "A low-rank adapter in PEFT's format, which is added to the weights.",
    completion: .directory
  )
  var adapter: String?
  @Option(value: "GLOB", help: "Only tensors whose names match; may be repeated.")
  var match: [NamePattern] = []
  @Option(
    value: "FROM=TO",
    help: """
      Other names; stars in FROM stand for any text and in TO for that text. May be repeated: the \
      first that fits a name counts.
      """
  )
  var rename: [Renaming] = []
  @Option(
    value: "SIZE",
    help: "The most bytes of a safetensors file, such as 2GB: OUT is a folder."
  )
  var shardSize: ByteSize?
  @Option(value: "KEY=VALUE", help: "Metadata for a safetensors file; may be repeated.")
  var metadata: [MetadataEntry] = []
  @Flag(help: "Keep GPT-2's mask buffers when names are kept.") var keepBuffers = false
  @Flag(help: "Replace what is there.") var force = false
  @OptionGroup var limits: LimitArguments<ReadingLimits>

  func validate() throws {
    if to == nil, let ending = Self.unclear.first(where: output.lowercased().hasSuffix) {
      throw UsageError("'\(ending)' does not say what to write; use '--to'")
    }
    let keys = metadata.map(\.key)
    if let key = keys.first(where: { key in keys.count { $0 == key } > 1 }) {
      throw UsageError("'--metadata' gives '\(key)' twice")
    }
    if shardSize != nil, layout == .native {
      throw UsageError("a native file is a single one; '--shard-size' goes with '--to hf'")
    }
    if output.isEmpty { throw UsageError("the output has no name") }
    if target.isModel {
      try validateModel()
    } else if layout == .keep, config != nil || tokenizer != nil || adapter != nil {
      throw UsageError(
        "'--config', '--tokenizer' and '--adapter' go with '--to hf' or another layout"
      )
    }
    if layout != .keep, !match.isEmpty || !rename.isEmpty || keepBuffers {
      throw UsageError("'--match', '--rename' and '--keep-buffers' go with '--layout keep'")
    }
    if target != .safetensors, !metadata.isEmpty {
      throw UsageError("'--metadata' goes with safetensors alone: other files have no place for it")
    }
    if target != .safetensors, target != .hf, shardSize != nil {
      throw UsageError("'--shard-size' goes with '--to safetensors' and '--to hf'")
    }
    if shardSize?.bytes == 0 {
      throw UsageError("'--shard-size' must be at least a byte")
    }
    if target != .gguf, dtype == .q80 {
      throw UsageError("'--dtype q8_0' goes with '--to gguf'")
    }
    if metadata.contains(where: { $0.key.hasPrefix("ballast.") }) {
      throw UsageError("metadata that begins with 'ballast.' is Ballast's own")
    }
  }

  private func validateModel() throws {
    if layout == .native || layout == .hf && target != .hf {
      throw UsageError("'--to \(target.rawValue)' has a layout of its own")
    }
    if !match.isEmpty || !rename.isEmpty || keepBuffers {
      throw UsageError(
        "'--match', '--rename' and '--keep-buffers' do not go with '--to \(target.rawValue)'"
      )
    }
    if target == .gguf, ![.keep, .f32, .f16, .bf16, .q80].contains(dtype) {
      throw UsageError("'--to gguf' takes '--dtype' keep, f32, f16, bf16 or q8_0")
    }
    if target == .llmc, ![.keep, .f32, .bf16].contains(dtype) {
      throw UsageError("'--to llmc' takes '--dtype' keep, f32 or bf16")
    }
    if target == .openai, ![.keep, .f32].contains(dtype) {
      throw UsageError("'--to openai' takes '--dtype' keep or f32: the release is in float32")
    }
  }

  private static let endings: [(ending: String, target: Conversion.Target)] = [
    (".safetensors", .safetensors), (".pt", .torch), (".pth", .torch), (".bin", .torch),
    (".npz", .npz), (".gguf", .gguf),
  ]

  /// Endings of files that are not written, or of more than one kind: not names of folders.
  private static let unclear = [
    ".npy", ".ckpt", ".pkl", ".pickle", ".h5", ".msgpack", ".onnx", ".zip", ".tar", ".json", ".txt",
    ".index", ".ggml",
  ]

  /// What looks like the ending of a file in OUT, where a folder is written.
  private var unknownEnding: String? {
    let name = output.split(separator: "/").last ?? ""
    guard target == .hf, let dot = name.lastIndex(of: "."), dot > name.startIndex else {
      return nil
    }
    let ending = name[dot...]
    let isEnding = ending.count > 1 && ending.dropFirst().allSatisfy { $0.isASCII && $0.isLetter }
    return isEnding ? String(ending) : nil
  }

  var target: Conversion.Target {
    if let to { return to }
    let name = output.lowercased()
    return Self.endings.first { name.hasSuffix($0.ending) }?.target ?? .hf
  }

  func run(in context: Console) throws -> ExitCode {
    var conversion = Conversion(to: target, layout: layout, dtype: dtype.dtype)
    conversion.replacing = force
    conversion.keepsBuffers = keepBuffers
    conversion.metadata = metadata.map { ($0.key, $0.value) }
    conversion.selection = match
    conversion.renamings = rename
    conversion.shardSize = shardSize?.bytes
    let byMap = target.isModel || layout != .keep
    let summary =
      try byMap
      ? runModel(conversion, context) : runNames(conversion, context)
    tell(summary, on: context)
    let carries = target == .safetensors && layout == .native
    if !target.isModel, !carries, OpenedModel.hasConfiguration(beside: input) {
      context.notice(
        "the configuration is not part of \(output.printable); "
          + "of a GPT-2, --to safetensors --layout native carries it along"
      )
    }
    return .success
  }

  /// A GPT-2, through the weight map.
  private func runModel(_ conversion: Conversion, _ context: Console) throws -> ConversionSummary {
    var opened = try OpenedModel.open(
      input,
      config: config,
      tokenizer: tokenizer,
      limits: limits.values
    )
    context.notice(of: opened, at: input)
    if let adapter {
      let plain = opened
      opened = try at(adapter) { () throws(FormatError) in
        try plain.adapted(by: PEFTAdapter(path: adapter), dtype: conversion.dtype)
      }
    }
    let model = opened
    let hasTokenizer = try at(input) { () throws(FormatError) -> Bool in
      if model.hasTokenizer { return true }
      return try model.tokenizerLists() != nil
    }
    if to == nil, let ending = unknownEnding {
      context.notice("'\(ending.printable)' is no format's ending: a folder is written; see '--to'")
    }
    if target == .hf, !hasTokenizer {
      context.notice(
        "\(model.folder.printable) has no tokenizer, so \(output.printable) gets none"
      )
    }
    let progress = Progress("Converting", total: model.byteCount, unit: .bytes, on: context)
    return try atOutput { () throws(FormatError) in
      try conversion.run(model, to: output) { (done, _) throws(FormatError) in
        try Interruption.check()
        progress.advance(to: done)
      }
    }
  }

  /// Runs a conversion, whose errors are about what is written; but what is wrong with names,
  /// tensors and configurations is wrong with the input's.
  private func atOutput<Result>(
    _ body: () throws(FormatError) -> Result
  ) throws(PathError) -> Result {
    do throws(FormatError) {
      return try body()
    } catch {
      let isInputs =
        switch error.fault {
        case is ConversionFault, is CheckpointFault, is GGUFModelFault: true
        case ModelFault.notExpressible as ModelFault: true
        default: false
        }
      throw PathError(path: isInputs ? input : output, error: error)
    }
  }

  /// Any checkpoint, name by name.
  private func runNames(_ conversion: Conversion, _ context: Console) throws -> ConversionSummary {
    let checkpoint = try at(input) { () throws(FormatError) in
      try Checkpoint.open(path: input, limits: limits.values)
    }
    context.notice(of: checkpoint, at: input)
    let total = checkpoint.tensors.reduce(0) { $0 &+ $1.byteCount }
    let progress = Progress("Converting", total: total, unit: .bytes, on: context)
    return try atOutput { () throws(FormatError) in
      try conversion.run(checkpoint, to: output) { (done, _) throws(FormatError) in
        try Interruption.check()
        progress.advance(to: done)
      }
    }
  }
}
