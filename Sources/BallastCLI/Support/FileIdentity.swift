import BallastCheckpoint
import BallastFormats
import Glibc

/// A file as the system knows it, by whatever path it was found.
struct FileIdentity: Hashable {
  private let device: UInt
  private let number: UInt

  /// The file at a path, behind symbolic links; nil where there is none.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt(status.st_dev)
    number = UInt(status.st_ino)
  }

  /// The files of a checkpoint that was opened at a path.
  static func files(of checkpoint: Checkpoint, at path: String) -> Set<FileIdentity> {
    let folder = CheckpointPath.container(of: path)
    let paths =
      [path, try? CheckpointPath.resolve(path)].compactMap(\.self)
      + checkpoint.files.map { "\(folder)/\($0.name)" }
    return Set(paths.compactMap { FileIdentity(path: $0) })
  }
}
