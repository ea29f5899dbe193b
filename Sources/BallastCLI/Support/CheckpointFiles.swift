import BallastBytes
import BallastCheckpoint
import BallastFormats

extension FileIdentity {
  /// The files of a checkpoint that was opened at a path.
  static func files(of checkpoint: Checkpoint, at path: String) -> Set<FileIdentity> {
    let folder = CheckpointPath.container(of: path)
    let paths =
      [path, try? CheckpointPath.resolve(path)].compactMap(\.self)
      + checkpoint.files.map { "\(folder)/\($0.name)" }
    return Set(paths.compactMap { FileIdentity(path: $0) })
  }
}
