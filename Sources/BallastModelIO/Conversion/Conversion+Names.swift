package import BallastBytes
package import BallastCheckpoint
import BallastFormats
import BallastJSON
import FoundationEssentials

extension Conversion {
  /// Writes any checkpoint name by name; the elements of a tied tensor once.
  ///
  /// Torch's files have both names for them; safetensors' metadata records them, and such a record
  /// becomes a tie again. NumPy knows no ties and gets copies.
  package func run(
    _ checkpoint: Checkpoint,
    to output: String,
    progress: Progress
  ) throws(FormatError) -> ConversionSummary {
    var summary = ConversionSummary()
    let recorded = Self.recordedTies(in: checkpoint)
    let named = try checkpoint.with(
      tensors: try renamed(selected(checkpoint, recorded, &summary), &summary)
    )
    var kept: [TensorView] = []
    for tensor in named.tensors {
      if let original = named.tie(of: tensor),
        target != .safetensors || Self.canRecord(tensor.name)
      {
        summary.ties.append((tensor.name, original.name))
      } else {
        kept.append(tensor)
      }
    }
    let complex = kept.count { [.c32, .c64, .c128].contains($0.dtype) }
    if dtype != nil, complex > 0 {
      summary.notices.append("complex tensors are not cast; there are \(complex)")
    }
    let outputs = kept.map { $0.output(as: dtype, losses: summary.losses) }
    summary.count(outputs)
    if target == .safetensors {
      summary.leftOut += summary.ties.map { ($0.name, "tied to \($0.original)") }
    } else {
      summary.tensors += summary.ties.count
    }
    let carried = carriedMetadata(of: checkpoint, without: recorded.map(\.name), &summary)
    let ties = Self.record(summary.ties)
    for (key, _) in self.metadata where ties.contains(where: { $0.key == key }) {
      throw FormatError(ConversionFault.metadataOfTie(key))
    }
    let before = Self.weightFiles(in: output)
    summary.bytes = try write(
      outputs,
      ties: summary.ties,
      metadata: carried + ties + self.metadata,
      to: output,
      progress
    )
    let after = Self.weightFiles(in: output)
    summary.removed = before.filter { !after.contains($0) }
    return summary
  }

  /// The tensors that were asked for, without GPT-2's mask buffers.
  private func selected(
    _ checkpoint: Checkpoint,
    _ recordedTies: [(name: String, tensor: TensorView)],
    _ summary: inout ConversionSummary
  ) throws(FormatError) -> [TensorView] {
    let all = checkpoint.tensors + recordedTies.map { $0.tensor.renamed($0.name) }
    for pattern in selection where !all.contains(where: { pattern.matches($0.name) }) {
      throw FormatError(ConversionFault.nothingMatches(pattern.text))
    }
    let buffers = keepsBuffers ? [] : (try? CanonicalCheckpoint(checkpoint))?.buffers ?? []
    let dropped = Set(buffers.map { ExactString($0.name) })
    var selected: [TensorView] = []
    for tensor in all {
      if !selection.select(tensor.name) {
        summary.leftOut.append((tensor.name, "not matched"))
      } else if dropped.contains(ExactString(tensor.name)) {
        summary.leftOut.append((tensor.name, "mask buffer"))
      } else {
        selected.append(tensor)
      }
    }
    return selected
  }

  private func renamed(
    _ tensors: [TensorView],
    _ summary: inout ConversionSummary
  ) throws(FormatError) -> [TensorView] {
    for renaming in renamings where !tensors.contains(where: { renaming.pattern.matches($0.name) })
    {
      throw FormatError(ConversionFault.nothingMatches(renaming.pattern.text))
    }
    return try tensors.map { (tensor) throws(FormatError) in
      let newName = renamings.lazy.compactMap { $0.newName(for: tensor.name) }.first
      guard let newName, ExactString(newName) != ExactString(tensor.name) else { return tensor }
      guard !newName.isEmpty else { throw FormatError(ConversionFault.emptyName(tensor.name)) }
      summary.renamed += 1
      return tensor.renamed(newName)
    }
  }

  /// What of the file's metadata goes along; the rest is named as left out.
  private func carriedMetadata(
    of checkpoint: Checkpoint,
    without ties: [String],
    _ summary: inout ConversionSummary
  ) -> [(key: String, value: String)] {
    guard checkpoint.format.hasPrefix(Safetensors.name) else {
      summary.leftOut += checkpoint.metadata.members.map { ($0.key, "a setting, no tensor") }
      return [("format", "pt")]
    }
    let ties = Set(ties.map(ExactString.init))
    let members = checkpoint.metadata.members.filter { member in
      !ties.contains(ExactString(member.key)) && !Self.isRecord(member.key)
    }
    // An index may have numbers, for which a file of safetensors has no place; the size is counted anew.
    let others = members.filter { $0.value.string == nil && $0.key != ShardIndex.totalSizeKey }
    summary.leftOut += others.map { ($0.key, "metadata that is no text") }
    var entries = members.compactMap { member in
      member.value.string.map { (key: member.key, value: $0) }
    }
    // What Ballast's own entries say holds only for all of a model, in one file.
    if !selection.isEmpty || !renamings.isEmpty || shardSize != nil {
      let own = entries.filter { $0.key.hasPrefix("ballast.") }
      summary.leftOut += own.map { ($0.key, "metadata, which no longer holds") }
      entries.removeAll { $0.key.hasPrefix("ballast.") }
    }
    if target != .safetensors {
      let lost = entries.filter { $0.key != "format" }
      summary.leftOut += lost.map { ($0.key, "metadata, which the file has no place for") }
    } else if checkpoint.format != Safetensors.name,
      !entries.contains(where: { $0.key == "format" })
    {
      entries.append(("format", "pt"))
    }
    return entries
  }

  /// The files of weights in a folder: what is gone after a conversion is what it replaced.
  static func weightFiles(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter(SafetensorsShards.isName).sorted()
  }

  /// Writes tensors in the target's format.
  func write(
    _ outputs: [TensorOutput],
    ties: [(name: String, original: String)] = [],
    metadata: [(key: String, value: String)],
    to output: String,
    _ progress: Progress
  ) throws(FormatError) -> Int {
    var total = outputs.reduce(0) { $0 &+ $1.byteCount }
    if target == .npz { total &+= try Self.byteCount(ofCopies: ties, among: outputs) }
    func report(_ done: Int) throws(FormatError) { try progress(done, total) }
    if shardSize != nil {
      return try writeShards(outputs, metadata: metadata, to: output, progress: report)
    }
    try checkReplaces(output)
    return switch target {
    case .torch:
      try TorchZipWriter.write(
        outputs,
        ties: ties,
        to: output,
        replacing: replacing,
        progress: report
      )
    case .torchLegacy:
      try TorchLegacyWriter.write(
        outputs,
        ties: ties,
        to: output,
        replacing: replacing,
        progress: report
      )
    case .npz:
      try NPZWriter.write(outputs, ties: ties, to: output, replacing: replacing, progress: report)
    case .safetensors:
      try SafetensorsWriter.write(
        outputs,
        metadata: metadata,
        to: output,
        replacing: replacing,
        progress: report
      )
    case .hf, .gguf, .llmc, .nanogpt, .openai:
      // A mistake of the caller, whatever the input: `run` for an `OpenedModel` writes these.
      preconditionFailure("a model is written as a whole")
    }
  }

  private func writeShards(
    _ outputs: [TensorOutput],
    metadata: [(key: String, value: String)],
    to output: String,
    progress: (Int) throws(FormatError) -> Void
  ) throws(FormatError) -> Int {
    let staging = try StagingFolder(for: output, replacing: replacing)
    let (names, byteCount) = try SafetensorsShards.write(
      outputs,
      metadata: metadata,
      limit: shardSize,
      into: staging.path,
      progress: progress
    )
    try staging.publish(names, superseding: SafetensorsShards.isName)
    return byteCount
  }

  func checkReplaces(_ output: String) throws(FormatError) {
    var isFolder = false
    if !FileManager.default.fileExists(atPath: output, isDirectory: &isFolder) {
      // A link that leads nowhere is there as well.
      guard (try? FileManager.default.attributesOfItem(atPath: output)) != nil else { return }
    }
    guard !isFolder else { throw FormatError(ModelFault.outputIsFolder) }
    guard replacing else { throw FormatError(ModelFault.outputExists) }
  }
}
