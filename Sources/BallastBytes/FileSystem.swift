import Glibc

/// The few calls on folders that writers need, with errors that carry errno.
package enum FileSystem {
  /// Creates a folder; its parent must exist.
  package static func createFolder(_ path: String) throws(FormatError) {
    guard unsafe mkdir(path, 0o777) == 0 else { throw InputOutputFault.last(.create) }
  }

  /// Creates a folder for results; one that is there is refused unless `force`.
  package static func createOutputFolder(_ path: String, force: Bool) throws(FormatError) {
    if unsafe mkdir(path, 0o777) == 0 || (force && errno == EEXIST) { return }
    throw InputOutputFault.last(.create)
  }

  /// Renames a file or folder, replacing a file that is there.
  package static func rename(_ path: String, to target: String) throws(FormatError) {
    guard unsafe Glibc.rename(path, target) == 0 else { throw InputOutputFault.last(.rename) }
  }
}
