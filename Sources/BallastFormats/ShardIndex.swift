package import BallastBytes
package import BallastCheckpoint
import BallastJSON

/// The index of a checkpoint in several files, as transformers writes it.
///
///     {"metadata": {"total_size": 548090880}, "weight_map": {"wte.weight": "model-00001-of-00002…"}}
package struct ShardIndex {
  /// The tensors and the files they stand in, in the order of the index.
  let weightMap: [(tensor: String, shard: String)]
  let metadata: JSONObject

  /// Reads an index.
  package init(
    parsing source: SharedBytes,
    limits: ReadingLimits = .standard
  ) throws(FormatError) {
    let value = try JSONValue(
      parsing: source.bytes,
      maximumValues: limits.jsonValues,
      limitName: ReadingLimits.jsonValuesName
    )
    guard let map = value["weight_map"]?.object else {
      throw FormatError(ShardIndexFault.noWeightMap)
    }
    var entries: [(tensor: String, shard: String)] = []
    for (tensor, shard) in map.members {
      guard let shard = shard.string else { throw FormatError(ShardIndexFault.noWeightMap) }
      // Bytes, not characters: a slash and a combining mark are one character.
      guard !shard.utf8.contains(UInt8(ascii: "/")), !shard.utf8.contains(0),
        !["", ".", ".."].contains(shard)
      else { throw FormatError(ShardIndexFault.escapesFolder(shard)) }
      entries.append((tensor, shard))
    }
    weightMap = entries
    metadata = value["metadata"]?.object ?? [:]
  }

  /// The files that the index names, each once, in order.
  package var shards: [String] {
    var seen: Set<ExactString> = []
    return weightMap.map(\.shard).filter { seen.insert(ExactString($0)).inserted }
  }

  /// Opens the shards in `folder` and gathers the tensors that the index names.
  ///
  /// Files beside the index that it does not name are ignored; a tensor that a shard has and the
  /// index does not name is left out with a warning.
  package func open(
    in folder: String,
    using openShard: (SharedBytes, String) throws(FormatError) -> Checkpoint
  ) throws(FormatError) -> Checkpoint {
    var opened: [ExactString: Checkpoint] = [:]
    var files: [Checkpoint.File] = []
    var warnings = Warnings()
    var checksums: [StoredChecksum] = []
    for shard in shards {
      let source: SharedBytes
      do {
        source = try SharedBytes.mapping(path: folder + "/" + shard)
      } catch {
        let isMissing = (error.fault as? InputOutputFault)?.isNoSuchFile ?? false
        throw isMissing ? FormatError(ShardIndexFault.missingShard(shard)) : error.inFile(shard)
      }
      let checkpoint = try openShard(source, shard)
      opened[ExactString(shard)] = checkpoint
      files.append(.init(name: shard, byteCount: source.count))
      for warning in checkpoint.warnings { warnings.append("the shards", warning) }
      checksums += checkpoint.checksums
    }
    var tensors: [TensorView] = []
    for (tensor, shard) in weightMap {
      guard let view = opened[ExactString(shard)]?[tensor] else {
        throw FormatError(ShardIndexFault.missingTensor(tensor, shard: shard))
      }
      tensors.append(view)
    }
    var metadata = metadata
    // What safetensors says of itself stands in each shard, the record of ties among it.
    for shard in shards {
      guard let checkpoint = opened[ExactString(shard)], checkpoint.format == Safetensors.name
      else { continue }
      for (key, value) in checkpoint.metadata.members where metadata[key] == nil {
        metadata[key] = value
      }
    }
    let format = shards.first.flatMap { opened[ExactString($0)]?.format }
    let places = Dictionary(
      weightMap.map { (ExactString($0.tensor), ExactString($0.shard)) }
    ) { first, _ in first }
    for shard in shards {
      for tensor in opened[ExactString(shard)]?.tensors ?? [] {
        func error(_ fault: ShardIndexFault) -> FormatError {
          FormatError(fault, at: tensor.fileOffset, in: shard)
        }
        switch places[ExactString(tensor.name)] {
        case nil: warnings.append("tensors that are left out", error(.strayTensor(tensor.name)))
        case ExactString(shard): break
        // transformers takes that of the last shard, whatever the index says.
        default: throw error(.tensorInTwoShards(tensor.name))
        }
      }
    }
    return try Checkpoint(
      format: (format ?? Safetensors.name) + " (sharded)",
      files: files,
      metadata: metadata,
      warnings: warnings.all,
      checksums: checksums,
      tensors: tensors
    )
  }
}

/// The ways in which an index and its shards can disagree.
package enum ShardIndexFault: FormatFault {
  case noWeightMap
  case escapesFolder(String)
  case missingShard(String)
  case missingTensor(String, shard: String)
  case tensorInTwoShards(String)
  /// A warning: a shard has a tensor that the index does not name.
  case strayTensor(String)

  package var description: String {
    switch self {
    case .noWeightMap: "the index has no weight_map of texts"
    case .escapesFolder(let shard):
      "the index names \(quoted(shard)), which is not a file of the same folder"
    case .missingShard(let shard): "the index names \(quoted(shard)), which does not exist"
    case .missingTensor(let tensor, let shard):
      "the index places tensor \(quoted(tensor)) in \(quoted(shard)), which does not have it"
    case .tensorInTwoShards(let tensor):
      "tensor \(quoted(tensor)) is in this file too, and the index places it in another"
    case .strayTensor(let tensor): "tensor \(quoted(tensor)) is not in the index and is left out"
    }
  }
}
