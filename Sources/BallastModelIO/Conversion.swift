package import BallastBytes
package import BallastCheckpoint
import BallastFormats
import BallastJSON
import FoundationEssentials

/// Carries a checkpoint from one format to another, in pieces: nothing is loaded whole.
package struct Conversion: Sendable {
  /// What is written.
  package enum Target: String, Sendable, CaseIterable {
    /// A folder in Hugging Face layout.
    case hf
    /// A single safetensors file.
    case safetensors
    /// A state dict as torch.save writes it.
    case torch
    /// A state dict as torch.save wrote it up to torch 1.5.
    case torchLegacy = "torch-legacy"
    /// An archive of NumPy's arrays.
    case npz

    /// Whether every name is in the file, also that of a tied tensor.
    fileprivate var namesTies: Bool { self != .hf && self != .safetensors }
  }

  /// How the weights of GPT-2's linear maps are written.
  package enum Layout: String, Sendable, CaseIterable {
    case hf
    case native
    /// As in the input, under the names that it has.
    case keep
  }

  package var target: Target
  package var layout: Layout
  /// The type of floating-point tensors; nil keeps each as it is.
  package var dtype: DType?
  /// Whether a file that is there is replaced.
  package var replacing = false
  /// Whether GPT-2's mask buffers are kept, where names are.
  package var keepsBuffers = false
  /// Metadata for a safetensors file.
  package var metadata: [(key: String, value: String)] = []

  package init(to target: Target, layout: Layout, dtype: DType?) {
    self.target = target
    self.layout = layout
    self.dtype = dtype
  }

  /// What was done.
  package struct Summary: Sendable {
    /// The number of names written, and the size of their file.
    package internal(set) var tensors = 0
    package internal(set) var bytes = 0
    /// Tensors of the input that were not written, and why.
    package internal(set) var leftOut: [(name: String, reason: String)] = []
    /// Files of the output folder that were there before and are not written anew.
    package internal(set) var remaining: [String] = []
    /// How many tensors got another type.
    package internal(set) var casts = 0
  }

  /// The number of bytes of tensor data that will be written; 0 before that is known.
  package typealias Progress = (_ done: Int, _ total: Int) throws(FormatError) -> Void

  /// Writes a GPT-2 through the weight map.
  package func run(
    _ model: OpenedModel,
    to output: String,
    progress: Progress
  ) throws(FormatError) -> Summary {
    precondition(layout != .keep || target == .hf)
    var summary = Summary()
    let isFolder = target == .hf
    let outputs = try model.outputs(
      layout: layout == .native ? .native : .hf,
      dtype: dtype,
      name: isFolder ? HuggingFaceFolder.weightName : { $0 }
    )
    summary.leftOut = model.leftOut
    summary.count(outputs, casting: model.weights.weights)
    if isFolder {
      let total = outputs.reduce(0) { $0 &+ $1.byteCount }
      let folder = HuggingFaceFolder(
        weights: outputs,
        configuration: model.configurationJSON(dtype: dtype),
        companions: model.companions
      )
      summary.remaining = folder.remainders(in: output)
      summary.bytes = try folder.write(to: output, replacing: replacing) {
        (done) throws(FormatError) in try progress(done, total)
      }
    } else {
      let metadata = layout == .native ? model.nativeMetadata : [("format", "pt")]
      summary.bytes = try write(
        outputs,
        metadata: metadata + self.metadata,
        to: output,
        progress
      )
    }
    return summary
  }

  /// Writes any checkpoint name by name; the elements of a tied tensor once.
  ///
  /// Torch's files have both names for them. In safetensors' metadata the tie is recorded as the
  /// library's `save_model` does: {dropped name: kept name}. NumPy knows no ties and gets a copy.
  package func run(
    _ checkpoint: Checkpoint,
    to output: String,
    progress: Progress
  ) throws(FormatError) -> Summary {
    var summary = Summary()
    let buffers = keepsBuffers ? [] : (try? CanonicalCheckpoint(checkpoint))?.buffers ?? []
    let dropped = Set(buffers.map { ExactString($0.name) })
    var ties: [(name: String, original: String)] = []
    var kept: [TensorView] = []
    for tensor in checkpoint.tensors {
      if dropped.contains(ExactString(tensor.name)) {
        summary.leftOut.append((tensor.name, "mask buffer"))
      } else if let original = checkpoint.tie(of: tensor),
        !dropped.contains(ExactString(original.name))
      {
        ties.append((tensor.name, original.name))
        if target.namesTies {
          summary.tensors += 1
        } else {
          summary.leftOut.append((tensor.name, "tied to \(original.name)"))
        }
      } else {
        kept.append(tensor)
      }
    }
    let outputs = kept.map { $0.output(as: dtype) }
    summary.count(outputs, casting: kept)
    let carried = checkpoint.metadata.members.compactMap { member in
      member.value.string.map { (key: member.key, value: $0) }
    }
    var entries = carried
    if !checkpoint.format.hasPrefix(Safetensors.name) {
      summary.leftOut += checkpoint.metadata.members.map { ($0.key, "a setting, no tensor") }
      entries = []
    } else if target.namesTies {
      let lost = entries.filter { $0.key != "format" }
      summary.leftOut += lost.map { ($0.key, "metadata, which the file has no place for") }
    }
    if checkpoint.format != Safetensors.name, !entries.contains(where: { $0.key == "format" }) {
      entries.append(("format", "pt"))
    }
    summary.bytes = try write(
      outputs,
      ties: ties,
      metadata: entries + ties.map { (key: $0.name, value: $0.original) } + metadata,
      to: output,
      progress
    )
    return summary
  }

  /// Writes a single file in the target's format.
  private func write(
    _ outputs: [TensorOutput],
    ties: [(name: String, original: String)] = [],
    metadata: [(key: String, value: String)],
    to output: String,
    _ progress: Progress
  ) throws(FormatError) -> Int {
    guard replacing || !FileManager.default.fileExists(atPath: output) else {
      throw FormatError(ModelFault.outputExists)
    }
    var total = outputs.reduce(0) { $0 &+ $1.byteCount }
    if target == .npz {  // where a tie is a copy
      let sizes = Dictionary(outputs.map { ($0.name, $0.byteCount) }) { first, _ in first }
      for tie in ties { total &+= sizes[tie.original] ?? 0 }
    }
    func report(_ done: Int) throws(FormatError) { try progress(done, total) }
    return switch target {
    case .hf, .safetensors:
      try SafetensorsWriter.write(outputs, metadata: metadata, to: output, progress: report)
    case .torch:
      try TorchZipWriter.write(outputs, ties: ties, to: output, progress: report)
    case .torchLegacy:
      try TorchLegacyWriter.write(outputs, ties: ties, to: output, progress: report)
    case .npz:
      try NPZWriter.write(outputs, ties: ties, to: output, progress: report)
    }
  }
}

extension Conversion.Summary {
  fileprivate mutating func count(_ outputs: [TensorOutput], casting views: [TensorView]) {
    tensors += outputs.count
    let before = Dictionary(views.map { ($0.name, $0.dtype) }, uniquingKeysWith: { a, _ in a })
    casts = outputs.count { output in
      let name =
        output.name.hasPrefix("transformer.") ? String(output.name.dropFirst(12)) : output.name
      return (before[name] ?? before[output.name]).map { $0 != output.dtype } ?? false
    }
  }
}
