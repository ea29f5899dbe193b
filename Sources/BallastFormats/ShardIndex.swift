package import BallastBytes
import BallastCheckpoint
import BallastJSON

/// The index of a checkpoint in several files, as transformers writes it.
///
///     {"metadata": {"total_size": 548090880}, "weight_map": {"wte.weight": "model-00001-of-00002…"}}
package struct ShardIndex {
  /// The tensors and the files they stand in, in the order of the index.
  package let weightMap: [(tensor: String, shard: String)]
  let metadata: JSONObject

  /// How the names of indices end.
  package static let suffix = ".index.json"

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

  /// The size in bytes that the index states of all tensors, tied ones counted once.
  package var totalSize: Double? { metadata[Self.totalSizeKey]?.number }

  /// The key of `totalSize`.
  package static let totalSizeKey = "total_size"
}

/// The ways in which an index and its shards can disagree.
package enum ShardIndexFault: FormatFault {
  case noWeightMap
  case escapesFolder(String)
  case missingShard(String)
  case missingTensor(String, shard: String)
  /// The tensor stands in another shard than the one that the index names.
  case misplacedTensor(String, shard: String, found: String)
  /// A warning: a shard has a tensor that the index does not name.
  case strayTensor(String)
  /// A shard has a tensor that the index places in another one, which has it too.
  case repeatedTensor(String, shard: String)

  package var description: String {
    switch self {
    case .noWeightMap: "the index has no weight_map of texts"
    case .escapesFolder(let shard):
      "the index names \(quoted(shard)), which is not a file of the same folder"
    case .missingShard(let shard): "the index names \(quoted(shard)), which does not exist"
    case .missingTensor(let tensor, let shard):
      "the index places tensor \(quoted(tensor)) in \(quoted(shard)), which does not have it"
    case .misplacedTensor(let tensor, let shard, let found):
      "the index places tensor \(quoted(tensor)) in \(quoted(shard)), and it stands in "
        + quoted(found)
    case .repeatedTensor(let tensor, let shard):
      "tensor \(quoted(tensor)) stands here too, and the index places it in \(quoted(shard))"
    case .strayTensor(let tensor): "tensor \(quoted(tensor)) is not in the index and is left out"
    }
  }
}
