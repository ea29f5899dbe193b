package import BallastBytes
import FoundationEssentials

/// A file for what does not fit into memory: nobody else may read it, and it is gone when the process ends.
package enum UnnamedFile {
  /// Where such files are made unless one says otherwise.
  package static var standardFolder: String { FileManager.default.temporaryDirectory.path }

  /// Runs `body` with the path of a file that is not there yet, and removes the file afterwards.
  ///
  /// What was mapped of it stays. Throws `TrainingDataFault.noTemporaryFolder` where `folder` takes no folder, and
  /// what `body` throws.
  package static func make<Result>(
    in folder: String = Self.standardFolder,
    _ body: (String) throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    let name = "ballast-" + String(UInt64.random(in: 0 ... .max), radix: 16)
    let own = folder + (folder.hasSuffix("/") ? "" : "/") + name
    do {
      try FileManager.default.createDirectory(
        atPath: own,
        withIntermediateDirectories: false,
        attributes: [.posixPermissions: 0o700]
      )
    } catch {
      throw FormatError(TrainingDataFault.noTemporaryFolder, in: folder)
    }
    defer { try? FileManager.default.removeItem(atPath: own) }
    return try body(own + "/data")
  }
}
