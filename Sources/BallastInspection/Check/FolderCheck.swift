import BallastBytes
package import BallastCheckpoint
package import BallastFormats
import FoundationEssentials

/// What the files of a folder are held to beside what each of them says: indices and their shards.
package enum FolderCheck {
  /// The checkpoints that are written as one file or as shards.
  private struct Family {
    let name: String
    let suffix: String
    var single: String { name + suffix }
    var index: String { single + ShardIndex.suffix }

    /// Whether `file` is called as a shard is, `model-00001-of-00002.safetensors`; how many it counts.
    func shardCount(_ file: String) -> Int? {
      guard file.hasSuffix(suffix) else { return nil }
      let parts = file.dropLast(suffix.count).split(
        separator: "-",
        omittingEmptySubsequences: false
      )
      guard parts.count == 4, parts[0] == name, parts[2] == "of",
        [parts[1], parts[3]].allSatisfy({ part in
          part.utf8.count == 5 && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
        })
      else { return nil }
      return Int(parts[3])
    }
  }

  private static let families = [
    Family(name: "model", suffix: ".safetensors"), Family(name: "pytorch_model", suffix: ".bin"),
  ]

  /// Whether a file is called as one shard of several is, so that it has only a part of a model.
  package static func isShard(_ path: String) -> Bool {
    let name = path.split(separator: "/").last.map { String($0) } ?? path
    return families.contains { $0.shardCount(name) != nil }
  }

  /// What is wrong with the files around the checkpoint at `path`: a folder, or the index of shards.
  ///
  /// A single file is judged by itself. `checkpoint` is what could be opened of it.
  package static func findings(
    at path: String,
    checkpoint: Checkpoint?,
    limits: ReadingLimits = .standard
  ) -> [IntegrityFinding] {
    var isFolder = false
    let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists, isFolder || path.hasSuffix(ShardIndex.suffix) else { return [] }
    let folder = isFolder ? path : CheckpointPath.folder(of: path)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
    let present = Set(names.map(ExactString.init))
    var findings: [IntegrityFinding] = []
    for family in families {
      let index = index(family.index, in: folder, limits)
      let indexed = Set((index?.shards ?? []).map(ExactString.init))
      let hasIndex = present.contains(ExactString(family.index))
      let shards = names.filter { family.shardCount($0) != nil }
      // An index that cannot be read is the reader's finding, and names no shard.
      if index != nil || !hasIndex && present.contains(ExactString(family.single)) {
        for shard in shards where !indexed.contains(ExactString(shard)) {
          findings.append(.init(.warning, FormatError(FolderFault.strayShard, in: shard)))
        }
      }
      if !hasIndex, !present.contains(ExactString(family.single)), !shards.isEmpty {
        let fault = FolderFault.missingIndex(family.index, shards: shards.count)
        findings.append(.init(.error, FormatError(fault)))
      }
      if hasIndex, present.contains(ExactString(family.single)) {
        let fault = FolderFault.fileAndShards(family.single, index: family.index)
        findings.append(.init(.warning, FormatError(fault)))
      }
      guard let index else { continue }
      let counts = Set(index.shards.map(family.shardCount))
      if counts.count == 1, case .some(.some(let count)) = counts.first,
        count != index.shards.count
      {
        let fault = FolderFault.shardCount(named: count, indexed: index.shards.count)
        findings.append(.init(.warning, FormatError(fault, in: family.index)))
      }
      let reads =
        isFolder ? checkpoint.map { isOf(index, $0) } ?? false : path.hasSuffix(family.index)
      if reads, let checkpoint, let finding = totalSize(of: checkpoint, index, family.index) {
        findings.append(finding)
      }
    }
    return findings
  }

  private static func index(
    _ name: String,
    in folder: String,
    _ limits: ReadingLimits
  ) -> ShardIndex? {
    guard let source = try? SharedBytes.mapping(path: folder + "/" + name) else { return nil }
    return try? ShardIndex(parsing: source, limits: limits)
  }

  /// Whether the checkpoint was opened by way of that index.
  private static func isOf(_ index: ShardIndex, _ checkpoint: Checkpoint) -> Bool {
    checkpoint.format.hasSuffix(ShardSurvey.formatSuffix)
      && checkpoint.files.map { ExactString($0.name) } == index.shards.map(ExactString.init)
  }

  /// A finding where the index states another size than its tensors have.
  ///
  /// Writers count tied tensors once or each time, and torch's whole storages: any of these will do.
  private static func totalSize(
    of checkpoint: Checkpoint,
    _ index: ShardIndex,
    _ name: String
  ) -> IntegrityFinding? {
    guard let stated = index.totalSize, checkpoint.tensors.count == index.weightMap.count else {
      return nil
    }
    let distinct = checkpoint.tensors.filter { checkpoint.tie(of: $0) == nil }
    var sizes = [distinct, checkpoint.tensors].map { $0.reduce(0) { $0 &+ $1.byteCount } }
    let storages = Dictionary(
      checkpoint.tensors.map { (ObjectIdentifier($0.storage), $0.storage.byteCount) },
      uniquingKeysWith: { first, _ in first }
    )
    sizes.append(storages.values.reduce(0, &+))
    guard !sizes.contains(where: { Double($0) == stated }) else { return nil }
    let fault = FolderFault.totalSize(stated: stated.wholeNumber, found: sizes[0])
    return IntegrityFinding(.warning, FormatError(fault, in: name))
  }
}

extension Double {
  /// As the text of a whole number where it is one.
  fileprivate var wholeNumber: String { Int(exactly: self).map { String($0) } ?? String(self) }
}

/// The ways in which the files of a folder can contradict each other.
package enum FolderFault: FormatFault {
  case missingIndex(String, shards: Int)
  /// A warning: no index names it.
  case strayShard
  /// A warning: loaders choose differently.
  case fileAndShards(String, index: String)
  /// A warning: a shard may be missing from both the folder and the index.
  case shardCount(named: Int, indexed: Int)
  /// A warning: the index states another size.
  case totalSize(stated: String, found: Int)

  package var description: String {
    switch self {
    case .missingIndex(let name, let shards):
      "the folder has \(shards) of a checkpoint's shards, and no \(name) that names their tensors"
    case .strayShard: "the file is called as a shard is, and no index names it"
    case .fileAndShards(let single, let index):
      "the folder has both \(single) and \(index): loaders choose differently"
    case .shardCount(let named, let indexed):
      "the names say that there are \(named) shards, and the index names \(indexed)"
    case .totalSize(let stated, let found):
      "total_size is \(stated), and the tensors have \(found) bytes"
    }
  }
}
