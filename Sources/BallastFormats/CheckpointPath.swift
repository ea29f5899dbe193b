public import BallastBytes
public import BallastCheckpoint
import FoundationEssentials

/// What a path stands for: a file, or the checkpoint of a folder.
package enum CheckpointPath {
  /// What counts in a folder, the first that is there.
  package static let candidates = [
    "model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
    "pytorch_model.bin.index.json", "ckpt.pt",
  ]

  /// The file to open for `path`: itself, or the first candidate in a folder.
  package static func resolve(_ path: String) throws(FormatError) -> String {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FormatError(InputOutputFault.noSuchFile)
    }
    guard isFolder else { return path }
    let files = candidates.map { path + "/" + $0 }
    guard let file = files.first(where: FileManager.default.fileExists) else {
      throw FormatError(CheckpointFormatFault.noCheckpointInFolder)
    }
    return file
  }
}

extension Checkpoint {
  /// Opens the checkpoint at a path: a file of any known format, an index of shards, or a folder.
  ///
  /// Nothing is executed and no tensor is read: the data stays in the mapped files.
  /// Throws `FormatError`; its `file` is set where the path stands for several files.
  public static func open(path: String) throws(FormatError) -> Checkpoint {
    let file = try CheckpointPath.resolve(path)
    let name = file == path ? nil : String(file.dropFirst(path.count + 1))
    do throws(FormatError) {
      let source = try SharedBytes.mapping(path: file)
      guard source.count > 0 else { throw FormatError(CheckpointFormatFault.empty) }
      if file.hasSuffix(".index.json") {
        let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
        return try ShardIndex(parsing: source).open(in: folder) {
          (shard, name) throws(FormatError) in
          try open(shard, name: name, customaryName: name)
        }
      }
      return try open(source, name: name, customaryName: file)
    } catch {
      throw error.inFile(name)
    }
  }

  private static func open(
    _ source: SharedBytes,
    name: String?,
    customaryName: String
  ) throws(FormatError) -> Checkpoint {
    if let format = CheckpointFormat.recognize(source) { return try format.open(source, name) }
    // No format claims the bytes. If the name says what they were meant to be, that format's own
    // error tells more than "not recognised".
    let suffix = customaryName.split(separator: ".").last.map(String.init) ?? ""
    if let format = CheckpointFormat.all.first(where: { $0.extensions.contains(suffix) }) {
      _ = try format.open(source, name)
    }
    throw FormatError(CheckpointFormatFault.unrecognized, at: 0)
  }
}
