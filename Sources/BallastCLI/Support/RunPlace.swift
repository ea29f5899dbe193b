import BallastBytes
import BallastCommandLine
import BallastTraining
import FoundationEssentials
import Glibc

/// Whether a run may write where it is to, which is asked before anything that takes time.
enum RunPlace {
  /// What a run has in its folder before it has saved a last state.
  private static let ownNames: Set = [
    "best", "checkpoints", "log.jsonl", "log.csv", "samples.jsonl", "tensorboard",
  ]

  /// Refuses a folder that is there, unless it is forced or is that of a run to go on with.
  static func check(_ arguments: RunOutputArguments) throws(PathError) {
    let path = arguments.path
    func refuse(_ code: Int32) throws(PathError) -> Never {
      throw PathError(path: path, error: FormatError(InputOutputFault(.create, code: code)))
    }
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      let parent = URL(filePath: path).standardizedFileURL.deletingLastPathComponent().path
      var isParent = false
      let isThere = FileManager.default.fileExists(atPath: parent, isDirectory: &isParent)
      if !isThere || !isParent { try refuse(isThere ? ENOTDIR : ENOENT) }
      return
    }
    if !isFolder { try refuse(ENOTDIR) }
    if arguments.force { return }
    guard arguments.resume != nil else { try refuse(EEXIST) }
    if !RunCheckpoints(of: path).steps.isEmpty { return }
    // A run that was ended before its first checkpoint left these, and nothing else is to be written over.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    if names.contains(where: { !ownNames.contains($0) && !RunCheckpoints.isLeftover($0) }) {
      try refuse(EEXIST)
    }
  }

  /// Refuses a folder of data that the run's own files would be in.
  static func check(_ arguments: RunOutputArguments, outside data: [DataInput]) throws {
    let output = resolved(arguments.path)
    for input in data where input.path != "-" {
      let folder = resolved(input.path)
      guard output == folder || output.hasPrefix(folder + "/"), FileSystem.isFolder(folder) else {
        continue
      }
      throw UsageError(
        "'\(arguments.path)' lies within the data, '\(input.path)': its own log would be data too"
      )
    }
  }

  /// Whether two paths lead to one place.
  static func areSame(_ a: String, _ b: String) -> Bool { resolved(a) == resolved(b) }

  private static func resolved(_ path: String) -> String {
    let url = URL(filePath: path).standardizedFileURL
    if FileSystem.isThere(path) { return url.resolvingSymlinksInPath().path }
    let parent = url.deletingLastPathComponent().resolvingSymlinksInPath().path
    return (parent == "/" ? "" : parent) + "/" + url.lastPathComponent
  }
}
