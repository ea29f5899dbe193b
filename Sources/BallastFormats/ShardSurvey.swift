package import BallastBytes
package import BallastCheckpoint
import BallastJSON

/// What the shards of an index hold, as far as they can be opened, and where they contradict it.
package struct ShardSurvey: Sendable {
  /// How the format of a checkpoint in shards ends.
  package static let formatSuffix = " (sharded)"

  /// The tensors that the index names and that are there.
  package let checkpoint: Checkpoint
  /// What is wrong: shards first, then tensors, each in the order of the index.
  package let faults: [FormatError]
}

extension ShardIndex {
  /// Opens every shard in `folder`, and goes on where one fails.
  package func survey(
    in folder: String,
    using openShard: (SharedBytes, String) throws(FormatError) -> Checkpoint
  ) throws(FormatError) -> ShardSurvey {
    var opened: [(name: String, checkpoint: Checkpoint)] = []
    var files: [Checkpoint.File] = []
    var faults: [FormatError] = []
    for shard in shards {
      do throws(FormatError) {
        let source = try Self.mapping(shard, in: folder)
        files.append(.init(name: shard, byteCount: source.count))
        opened.append((shard, try openShard(source, shard)))
      } catch {
        let isMissing = (error.fault as? ShardIndexFault) == .missingShard(shard)
        faults.append(isMissing ? error : error.inFile(shard))
      }
    }
    let (tensors, missing) = tensors(in: opened)
    let format = opened.first?.checkpoint.format ?? Safetensors.name
    return ShardSurvey(
      checkpoint: try Checkpoint(
        format: format + ShardSurvey.formatSuffix,
        files: files,
        metadata: metadata(with: opened),
        warnings: warnings(about: opened),
        checksums: opened.flatMap(\.checkpoint.checksums),
        tensors: tensors
      ),
      faults: faults + missing + repeated(in: opened)
    )
  }

  private static func mapping(
    _ shard: String,
    in folder: String
  ) throws(FormatError) -> SharedBytes {
    do {
      return try SharedBytes.mapping(path: folder + "/" + shard)
    } catch {
      guard (error.fault as? InputOutputFault)?.isNoSuchFile ?? false else { throw error }
      throw FormatError(ShardIndexFault.missingShard(shard))
    }
  }

  /// The tensors that the index names, and those that are not where it says; nothing is said of
  /// those in shards that could not be opened.
  private func tensors(
    in opened: [(name: String, checkpoint: Checkpoint)]
  ) -> ([TensorView], [FormatError]) {
    let byName = Self.byName(opened)
    var tensors: [TensorView] = []
    var faults: [FormatError] = []
    lazy var holders = Dictionary(
      opened.flatMap { shard in
        shard.checkpoint.tensors.map { (ExactString($0.name), shard.name) }
      },
      uniquingKeysWith: { first, _ in first }
    )
    for (tensor, shard) in weightMap {
      guard let checkpoint = byName[ExactString(shard)] else { continue }
      if let view = checkpoint[tensor] {
        tensors.append(view)
      } else if let other = holders[ExactString(tensor)] {
        let fault = ShardIndexFault.misplacedTensor(tensor, shard: shard, found: other)
        faults.append(FormatError(fault))
      } else {
        faults.append(FormatError(ShardIndexFault.missingTensor(tensor, shard: shard)))
      }
    }
    return (tensors, faults)
  }

  /// What safetensors says of itself stands in each shard, the record of ties among it.
  private func metadata(
    with opened: [(name: String, checkpoint: Checkpoint)]
  ) -> JSONObject {
    var metadata = metadata
    for (_, checkpoint) in opened where checkpoint.format == Safetensors.name {
      for (key, value) in checkpoint.metadata.members where metadata[key] == nil {
        metadata[key] = value
      }
    }
    return metadata
  }

  /// The tensors that stand in another shard besides the one that the index names: transformers takes
  /// that of the last shard, whatever the index says.
  private func repeated(
    in opened: [(name: String, checkpoint: Checkpoint)]
  ) -> [FormatError] {
    let byName = Self.byName(opened)
    let places = self.places
    var faults: [FormatError] = []
    for (name, checkpoint) in opened {
      for tensor in checkpoint.tensors {
        // What is only here is misplaced, which is said already.
        guard let place = places[ExactString(tensor.name)], ExactString(place) != ExactString(name),
          byName[ExactString(place)]?[tensor.name] != nil
        else { continue }
        let fault = ShardIndexFault.repeatedTensor(tensor.name, shard: place)
        faults.append(FormatError(fault, at: tensor.fileOffset, in: name))
      }
    }
    return faults
  }

  private var places: [ExactString: String] {
    Dictionary(weightMap.map { (ExactString($0.tensor), $0.shard) }) { first, _ in first }
  }

  /// The shards' own warnings, and the tensors that the index does not name.
  private func warnings(
    about opened: [(name: String, checkpoint: Checkpoint)]
  ) -> [FormatError] {
    var warnings = Warnings()
    for (_, checkpoint) in opened {
      for warning in checkpoint.warnings {
        let kind = warning.fault.isRemark ? "how the shards are read" : "the shards"
        warnings.append(kind, warning)
      }
    }
    let places = self.places
    for (name, checkpoint) in opened {
      for tensor in checkpoint.tensors where places[ExactString(tensor.name)] == nil {
        warnings.append(
          "tensors that are left out",
          FormatError(ShardIndexFault.strayTensor(tensor.name), at: tensor.fileOffset, in: name)
        )
      }
    }
    return warnings.all
  }

  private static func byName(
    _ opened: [(name: String, checkpoint: Checkpoint)]
  ) -> [ExactString: Checkpoint] {
    Dictionary(
      opened.map { (ExactString($0.name), $0.checkpoint) },
      uniquingKeysWith: { first, _ in first }
    )
  }
}
