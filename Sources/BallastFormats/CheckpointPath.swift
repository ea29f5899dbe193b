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

  /// The text file in which TensorFlow notes the name of the newest checkpoint.
  private static let stateName = "checkpoint"
  /// Such a file has a few lines.
  private static let maximumStateBytes = 1 << 20

  /// What is looked for in a folder, in words.
  static var described: String {
    (candidates + [stateName, "*" + TensorBundle.indexSuffix]).joined(separator: ", ")
  }

  /// The file to open for `path`: itself, the first candidate in a folder, or the index of a
  /// bundle, which TensorFlow names without its suffix.
  package static func resolve(_ path: String) throws(FormatError) -> String {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      let index = path + TensorBundle.indexSuffix
      if FileManager.default.fileExists(atPath: index) { return index }
      throw FormatError(InputOutputFault.noSuchFile)
    }
    guard isFolder else { return path }
    let files = candidates.map { path + "/" + $0 }
    if let file = files.first(where: FileManager.default.fileExists) { return file }
    if let file = bundleIndex(in: path) { return file }
    let isAdapter = FileManager.default.fileExists(atPath: path + "/adapter_config.json")
    throw FormatError(
      isAdapter ? CheckpointFormatFault.adapterAlone : CheckpointFormatFault.noCheckpointInFolder
    )
  }

  /// What the files of the set at `path` stand in: an archive or a folder is given itself, a set by
  /// its index or by its prefix.
  package static func container(of path: String) -> String {
    let isIndex = path.hasSuffix(ShardIndex.suffix) || path.hasSuffix(TensorBundle.indexSuffix)
    guard isIndex || !FileManager.default.fileExists(atPath: path) else { return path }
    return folder(of: path)
  }

  /// The folder that a file stands in.
  package static func folder(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  /// The index that the folder's `checkpoint` names, or the only one that there is.
  private static func bundleIndex(in folder: String) -> String? {
    if let name = newestBundle(in: folder) {
      let index = folder + "/" + name + TensorBundle.indexSuffix
      if FileManager.default.fileExists(atPath: index) { return index }
    }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let indices = names.filter { $0.hasSuffix(TensorBundle.indexSuffix) }
    return indices.count == 1 ? folder + "/" + indices[0] : nil
  }

  /// What `checkpoint` says in its line `model_checkpoint_path: "model.ckpt"`.
  ///
  /// A folder before the name is that of the machine that wrote it, and does not count.
  private static func newestBundle(in folder: String) -> String? {
    guard let source = try? SharedBytes.mapping(path: folder + "/" + stateName),
      source.count <= maximumStateBytes,
      let text = try? String(validating: source.bytes, at: 0)
    else { return nil }
    let key = "model_checkpoint_path: \""
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
      let end = line.lastIndex(of: "\""), line.index(line.startIndex, offsetBy: key.count) <= end
    else { return nil }
    return TensorBundle.lastComponent(of: String(line[..<end].dropFirst(key.count)))
  }
}

extension Checkpoint {
  /// Opens the checkpoint at a path: a file of any known format, an index of shards, or a folder.
  ///
  /// Nothing is executed and no tensor is read: the data stays in the mapped files.
  /// Throws `FormatError`; its `file` is set where the path stands for several files.
  public static func open(
    path: String,
    limits: ReadingLimits = .standard
  ) throws(FormatError) -> Checkpoint {
    let survey = try survey(path: path, limits: limits)
    if let fault = survey.faults.first { throw fault }
    return survey.checkpoint
  }

  /// Opens what can be opened of the checkpoint at a path, and says what is wrong with the rest: a
  /// set of shards can be broken in many places.
  ///
  /// Throws what is wrong with a single file, or with an index itself.
  package static func survey(
    path: String,
    limits: ReadingLimits = .standard
  ) throws(FormatError) -> ShardSurvey {
    let file = try CheckpointPath.resolve(path)
    let name = file == path ? nil : TensorBundle.lastComponent(of: file)
    do throws(FormatError) {
      let source = try SharedBytes.mapping(path: file)
      guard source.count > 0 else { throw FormatError(CheckpointFormatFault.empty) }
      guard file.hasSuffix(ShardIndex.suffix) else {
        let checkpoint = try open(source, name: name, path: file, limits)
        return ShardSurvey(checkpoint: checkpoint, faults: [])
      }
      let folder = CheckpointPath.folder(of: file)
      let index = try ShardIndex(parsing: source, limits: limits)
      let survey = try index.survey(in: folder) { (shard, name) throws(FormatError) in
        try open(shard, name: name, path: folder + "/" + name, limits)
      }
      let faults = survey.faults.map { $0.inFile(name) }
      return ShardSurvey(checkpoint: survey.checkpoint, faults: faults)
    } catch {
      throw error.inFile(name)
    }
  }

  private static func open(
    _ source: SharedBytes,
    name: String?,
    path: String,
    _ limits: ReadingLimits
  ) throws(FormatError) -> Checkpoint {
    if let format = CheckpointFormat.recognize(source) {
      return try format.open(source, name: name, path: path, limits: limits)
    }
    if let name = CheckpointFormat.compression(of: source) {
      throw FormatError(CheckpointFormatFault.compressed(name), at: 0)
    }
    // No format claims the bytes. If the name says what they were meant to be, that format's own
    // error tells more than "not recognised".
    let suffix = path.split(separator: ".").last.map(String.init) ?? ""
    if let format = CheckpointFormat.all.first(where: { $0.extensions.contains(suffix) }) {
      _ = try format.open(source, name: name, path: path, limits: limits)
    }
    throw FormatError(CheckpointFormatFault.unrecognized, at: 0)
  }
}
