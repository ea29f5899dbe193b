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
    if target.isModel {
      try validateModel()
    } else if layout == .keep, config != nil || tokenizer != nil {
      throw UsageError("'--config' and '--tokenizer' go with '--to hf' or another layout")
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

  private var target: Conversion.Target {
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
          + "--to safetensors --layout native carries it along"
      )
    }
    return .success
  }

  /// A GPT-2, through the weight map.
  private func runModel(_ conversion: Conversion, _ context: Console) throws -> ConversionSummary {
    let opened = try OpenedModel.open(
      input,
      config: config,
      tokenizer: tokenizer,
      limits: limits.values
    )
    context.notice(of: opened, at: input)
    let hasTokenizer = try at(input) { () throws(FormatError) -> Bool in
      if opened.hasTokenizer { return true }
      return try opened.tokenizerLists() != nil
    }
    if target == .hf, !hasTokenizer {
      context.notice(
        "\(opened.folder.printable) has no tokenizer, so \(output.printable) gets none"
      )
    }
    let progress = Progress("Converting", total: opened.byteCount, unit: .bytes, on: context)
    return try at(output) { () throws(FormatError) in
      try conversion.run(opened, to: output) { (done, _) throws(FormatError) in
        try Interruption.check()
        progress.advance(to: done)
      }
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
    do throws(PathError) {
      return try at(output) { () throws(FormatError) in
        try conversion.run(checkpoint, to: output) { (done, _) throws(FormatError) in
          try Interruption.check()
          progress.advance(to: done)
        }
      }
    } catch {
      // What is wrong with names and tensors is wrong with the input's.
      let isInputs = error.error.fault is ConversionFault || error.error.fault is CheckpointFault
      throw isInputs ? PathError(path: input, error: error.error) : error
    }
  }

  private func tell(_ summary: ConversionSummary, on context: Console) {
    context.message(
      "wrote \(output.printable): \(Readable.count(summary.tensors, of: "tensor")), "
        + Readable.bytes(summary.bytes)
    )
    for cast in summary.casts {
      let count = Readable.count(cast.count, of: "tensor")
      context.message("  cast, \(cast.from.rawValue) to \(cast.to.rawValue): \(count)")
    }
    tell(summary.losses, on: context)
    if summary.renamed > 0 {
      context.message("  renamed: \(Readable.count(summary.renamed, of: "tensor"))")
    }
    if target != .safetensors {
      let how = target == .npz ? "written again, as NumPy knows no ties" : "tied"
      list(how, summary.ties.map { "\($0.name.printable) to \($0.original.printable)" }, context)
    }
    var reasons: [String] = []
    for (_, reason) in summary.leftOut where !reasons.contains(reason) { reasons.append(reason) }
    for reason in reasons {
      let names = summary.leftOut.filter { $0.reason == reason }.map(\.name.printable)
      list("left out, \(reason.printable)", names, context)
    }
    for notice in summary.notices { context.notice(notice) }
    list("removed, as they were replaced", summary.removed.map(\.printable), context)
    if !summary.remaining.isEmpty {
      context.notice("still there from before: \(summary.remaining.joined(separator: ", "))")
    }
  }

  private func tell(_ losses: CastLosses, on context: Console) {
    for dtype in [DType.f64, .f32, .f16, .bf16, .f8e4m3, .f8e5m2, .q80] {
      let fate =
        switch dtype {
        case .q80: "NaN, as their blocks have no scale in Q8_0"
        case .f8e4m3: "448, the largest of F8_E4M3"
        default: "infinite, being beyond \(dtype.rawValue)"
        }
      let tensors = losses.entries.filter { $0.dtype == dtype }.map {
        "\(Readable.count($0.count, of: "value")) of \($0.tensor.printable)"
      }
      list("now \(fate)", tensors, context)
    }
  }

  private func list(_ what: String, _ names: [String], _ context: Console) {
    guard !names.isEmpty else { return }
    let names = names.withRunsJoined
    let shown = names.prefix(40).joined(separator: ", ")
    let more = names.count > 40 ? " and \(names.count - 40) more" : ""
    context.message("  \(what): \(shown)\(more)")
  }
}

extension [String] {
  /// Names that differ in a number at their end alone, as one: "params.0 … params.147".
  fileprivate var withRunsJoined: [String] {
    var joined: [String] = []
    var run: [String] = []
    func stem(_ name: String) -> Substring? {
      let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
      return digits > 0 && digits < name.count ? name.dropLast(digits) : nil
    }
    for name in self {
      if let last = run.last, stem(last) != nil, stem(last) == stem(name) {
        run.append(name)
      } else {
        joined += run.joinedRun
        run = [name]
      }
    }
    return joined + run.joinedRun
  }

  private var joinedRun: [String] {
    count > 2 ? ["\(self[0]) … \(self[count - 1])"] : self
  }
}
