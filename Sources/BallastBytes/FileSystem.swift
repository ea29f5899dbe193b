import Glibc

/// The few calls on folders that writers need, with errors that carry errno.
package enum FileSystem {
  /// Creates a folder; its parent must exist.
  package static func createFolder(_ path: String) throws(FormatError) {
    guard unsafe mkdir(path, 0o777) == 0 else { throw InputOutputFault.last(.create) }
  }

  /// Creates a folder for results; one that is there is refused unless `force`.
  ///
  /// Returns whether the folder is new.
  package static func createOutputFolder(_ path: String, force: Bool) throws(FormatError) -> Bool {
    if unsafe mkdir(path, 0o777) == 0 { return true }
    if force, errno == EEXIST { return false }
    throw InputOutputFault.last(.create)
  }

  /// What to write to for a path: itself, or the file that a symbolic link leads to.
  ///
  /// Throws `ByteFault.notRegularFile` for a device, a pipe or a socket, which a rename would
  /// replace.
  package static func writableTarget(_ path: String) throws(FormatError) -> String {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return path }
    guard status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFDIR else {
      throw FormatError(ByteFault.notRegularFile)
    }
    // Safe: realpath returns a terminated string of its own, which is copied and freed.
    guard let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Whether a folder stands at a path, and not a link to one.
  package static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Renames a file or folder, replacing a file that is there.
  package static func rename(_ path: String, to target: String) throws(FormatError) {
    guard unsafe Glibc.rename(path, target) == 0 else { throw InputOutputFault.last(.rename) }
  }
}
