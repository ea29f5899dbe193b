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
      A GPT-2 goes through the weight map: its layout can be changed, and a folder that \
      transformers loads can be made of it. Any other checkpoint is written name by name, for \
      torch.load or numpy.load too; what is tied stays tied in torch's files. The \
      layout hf has Conv1D's [in, out] weights, native has Linear's [out, in]; a native file \
      carries its configuration along. What is not written is named.
      """,
    examples: [
      CommandExample("ballast convert pytorch_model.bin model.safetensors", "Out of the pickle."),
      CommandExample("ballast convert old-gpt2/ new-gpt2/ --to hf", "A whole folder."),
      CommandExample("ballast convert model.safetensors model.pt", "Back, for torch.load."),
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
  @Option(value: "KEY=VALUE", help: "Metadata for a safetensors file; may be repeated.")
  var metadata: [MetadataEntry] = []
  @Flag(help: "Keep GPT-2's mask buffers when names are kept.") var keepBuffers = false
  @Flag(help: "Replace what is there.") var force = false

  func validate() throws {
    let unwritten = [".gguf", ".npy"]
    if to == nil, let ending = unwritten.first(where: output.hasSuffix) {
      throw UsageError("'\(ending)' files cannot be written yet; use '.safetensors' or '--to'")
    }
    if target == .hf, layout == .native {
      throw UsageError("a Hugging Face folder is in the layout hf; use '--to safetensors'")
    }
    if target == .hf, !metadata.isEmpty || keepBuffers {
      throw UsageError("'--metadata' and '--keep-buffers' do not go with '--to hf'")
    }
    if target != .hf, target != .safetensors, !metadata.isEmpty {
      throw UsageError("'--metadata' goes with safetensors alone: other files have no place for it")
    }
    if config != nil, target != .hf, layout == .keep {
      throw UsageError("'--config' goes with '--to hf' or another layout")
    }
    if metadata.contains(where: { $0.key.hasPrefix("ballast.") }) {
      throw UsageError("metadata that begins with 'ballast.' is Ballast's own")
    }
    if keepBuffers, layout != .keep {
      throw UsageError("'--keep-buffers' goes with '--layout keep'")
    }
  }

  private static let endings: [(ending: String, target: Conversion.Target)] = [
    (".safetensors", .safetensors), (".pt", .torch), (".pth", .torch), (".bin", .torch),
    (".npz", .npz),
  ]

  private var target: Conversion.Target {
    if let to { return to }
    return Self.endings.first { output.hasSuffix($0.ending) }?.target ?? .hf
  }

  func run(in context: Console) throws -> ExitCode {
    var conversion = Conversion(to: target, layout: layout, dtype: dtype.dtype)
    conversion.replacing = force
    conversion.keepsBuffers = keepBuffers
    conversion.metadata = metadata.map { ($0.key, $0.value) }
    let summary: Conversion.Summary
    if target == .hf || layout != .keep {
      let opened = try OpenedModel.open(input, config: config, tokenizer: nil)
      context.notice(of: opened, at: input)
      if target == .hf, !opened.hasTokenizer {
        context.notice(
          "\(opened.folder.printable) has no tokenizer, so \(output.printable) gets none"
        )
      }
      let progress = Progress("Converting", total: opened.byteCount, unit: .bytes, on: context)
      summary = try at(output) { () throws(FormatError) in
        try conversion.run(opened, to: output) { (done, _) throws(FormatError) in
          try Interruption.check()
          progress.advance(to: done)
        }
      }
    } else {
      let checkpoint = try at(input) { () throws(FormatError) in try Checkpoint.open(path: input) }
      context.notice(of: checkpoint, at: input)
      let total = checkpoint.tensors.reduce(0) { $0 &+ $1.byteCount }
      let progress = Progress("Converting", total: total, unit: .bytes, on: context)
      summary = try at(output) { () throws(FormatError) in
        try conversion.run(checkpoint, to: output) { (done, _) throws(FormatError) in
          try Interruption.check()
          progress.advance(to: done)
        }
      }
    }
    tell(summary, on: context)
    if target == .safetensors, layout != .native, OpenedModel.hasConfiguration(beside: input) {
      context.notice(
        "config.json is not part of \(output.printable); --layout native carries it along"
      )
    }
    return .success
  }

  private func tell(_ summary: Conversion.Summary, on context: Console) {
    let casts = summary.casts > 0 ? ", \(summary.casts) of them cast to \(dtype.rawValue)" : ""
    context.message(
      "wrote \(output.printable): \(summary.tensors) tensors\(casts), "
        + Readable.bytes(summary.bytes)
    )
    var reasons: [String] = []
    for (_, reason) in summary.leftOut where !reasons.contains(reason) { reasons.append(reason) }
    for reason in reasons {
      let names = summary.leftOut.filter { $0.reason == reason }.map(\.name.printable)
      let shown = names.prefix(40).joined(separator: ", ")
      let more = names.count > 40 ? " and \(names.count - 40) more" : ""
      context.message("  left out, \(reason.printable): \(shown)\(more)")
    }
    if !summary.remaining.isEmpty {
      context.notice("still there from before: \(summary.remaining.joined(separator: ", "))")
    }
  }
}

/// A type that tensors can be cast to, or none.
enum OutputDType: String, CaseIterable, ExpressibleByArgument {
  case keep
  case f64
  case f32
  case f16
  case bf16

  var dtype: DType? {
    switch self {
    case .keep: nil
    case .f64: .f64
    case .f32: .f32
    case .f16: .f16
    case .bf16: .bf16
    }
  }
}

/// A key and a value for a file's metadata.
struct MetadataEntry: ExpressibleByArgument {
  let key: String
  let value: String

  init(argument: String) throws(InvalidArgument) {
    guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else {
      throw InvalidArgument("expected KEY=VALUE")
    }
    key = String(argument[..<equals])
    value = String(argument[argument.index(after: equals)...])
  }

  var argument: String { "\(key)=\(value)" }
}

extension Conversion.Target: ExpressibleByArgument {}
extension Conversion.Layout: ExpressibleByArgument {}
