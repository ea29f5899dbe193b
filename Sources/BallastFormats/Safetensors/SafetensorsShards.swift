package import BallastBytes
package import BallastCheckpoint
import BallastJSON

/// Writes a checkpoint as transformers does: one file, or several of a limited size and their index.
package enum SafetensorsShards {
  /// The file of a checkpoint that fits into one.
  package static let singleName = "model.safetensors"
  /// The file that says which shard has which tensor.
  package static let indexName = singleName + ".index.json"

  /// Writes the tensors into `folder`; returns the names of the files, and their size in all.
  ///
  /// Shards are filled in the order of the tensors, up to `limit` bytes of data each; a tensor that
  /// is larger has one of its own. `progress` gets the number of data bytes after each piece.
  package static func write(
    _ tensors: [TensorOutput],
    metadata: [(key: String, value: String)] = [],
    limit: Int?,
    into folder: String,
    progress: (Int) throws(FormatError) -> Void = { _ in }
  ) throws(FormatError) -> (names: [String], byteCount: Int) {
    let shards = shards(of: tensors, limit: limit ?? .max)
    guard shards.count > 1 else {
      let byteCount = try SafetensorsWriter.write(
        tensors,
        metadata: metadata,
        to: "\(folder)/\(singleName)",
        progress: progress
      )
      return ([singleName], byteCount)
    }
    var names: [String] = []
    var byteCount = 0
    var written = 0
    var weightMap: [(tensor: String, shard: String)] = []
    for (number, shard) in shards.enumerated() {
      let name = shardName(number, of: shards.count)
      byteCount += try SafetensorsWriter.write(
        shard,
        metadata: metadata,
        to: "\(folder)/\(name)"
      ) { (done) throws(FormatError) in try progress(written + done) }
      written += shard.reduce(0) { $0 + $1.byteCount }
      names.append(name)
      weightMap += shard.map { ($0.name, name) }
    }
    let index = index(of: weightMap, totalSize: written)
    let file = try AtomicFile(path: "\(folder)/\(indexName)", replacing: true)
    try file.write(index.text(.indented) + "\n")
    try file.commit()
    return (names + [indexName], byteCount)
  }

  /// Whether a folder's file is one that `write` makes: those of an earlier checkpoint would be read
  /// in place of, or counted among, the new ones.
  package static func isName(_ name: String) -> Bool {
    if name == singleName || name == indexName { return true }
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "model" && parts[1].count == 5 && parts[2] == "of"
      && parts[1].utf8.allSatisfy { (0x30...0x39).contains($0) }
      && parts[3].count == 5 + ".safetensors".count && parts[3].hasSuffix(".safetensors")
  }

  private static func shards(of tensors: [TensorOutput], limit: Int) -> [[TensorOutput]] {
    var shards: [[TensorOutput]] = []
    var size = 0
    for tensor in tensors {
      if let last = shards.indices.last, tensor.byteCount <= limit - min(size, limit) {
        shards[last].append(tensor)
        size += tensor.byteCount
      } else {
        shards.append([tensor])
        size = tensor.byteCount
      }
    }
    return shards
  }

  private static func shardName(_ number: Int, of count: Int) -> String {
    func digits(_ number: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
    return "model-\(digits(number + 1))-of-\(digits(count)).safetensors"
  }

  /// The index, with its keys sorted as transformers has them.
  private static func index(
    of weightMap: [(tensor: String, shard: String)],
    totalSize: Int
  ) -> JSONValue {
    var map = JSONObject()
    let sorted = weightMap.sorted { $0.tensor.utf8.lexicographicallyPrecedes($1.tensor.utf8) }
    for (tensor, shard) in sorted { map[tensor] = .string(shard) }
    return ["metadata": [ShardIndex.totalSizeKey: .integer(totalSize)], "weight_map": .object(map)]
  }
}
