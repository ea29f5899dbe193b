import Glibc

/// The few calls on folders that writers need, with errors that carry errno.
package enum FileSystem {
  /// Creates a folder; its parent must exist.
  package static func createFolder(_ path: String) throws(FormatError) {
    guard unsafe mkdir(path, 0o777) == 0 else { throw InputOutputFault.last(.create) }
  }

  /// Creates a folder, and those that it lies in, where they are not there.
  package static func createFolders(_ path: String) throws(FormatError) {
    var end = path.utf8.startIndex
    while end < path.utf8.endIndex {
      end = path.utf8[end...].dropFirst().firstIndex(of: UInt8(ascii: "/")) ?? path.utf8.endIndex
      // Safe: mkdir reads a string that ends in NUL, as Swift passes it.
      guard unsafe mkdir(String(path[..<end]), 0o777) != 0, errno != EEXIST else { continue }
      throw InputOutputFault.last(.create)
    }
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

  /// Whether anything stands at a path, if only a link that leads nowhere.
  package static func isThere(_ path: String) -> Bool {
    var status = stat()
    return unsafe lstat(path, &status) == 0
  }

  /// Who may read and write a file; nil where there is none.
  static func mode(of path: String) -> mode_t? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return status.st_mode & 0o777
  }

  /// Has a file read and written by those who may read and write another, if that is there.
  package static func copyMode(of path: String, to other: String) {
    if let mode = mode(of: path) { _ = unsafe chmod(other, mode) }
  }

  /// Occupies those of the three standard descriptors that are closed.
  ///
  /// So no file gets one of them, and messages with it. Reading and writing them fails as it did.
  package static func occupyStandardDescriptors() {
    for (descriptor, access) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ]
    where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest that is free is the one that is given.
      _ = unsafe open("/dev/null", access)
    }
  }

  /// Renames a file to a name that nothing has; throws where something has it by now.
  package static func renameToNew(_ path: String, to target: String) throws(FormatError) {
    // A second name for the file, unlike a rename, replaces nothing.
    if unsafe link(path, target) == 0 {
      unsafe unlink(path)
      return
    }
    guard errno != EEXIST, !isThere(target) else {
      throw FormatError(InputOutputFault(.rename, code: EEXIST))
    }
    // Not every file system has second names.
    try rename(path, to: target)
  }

  /// Takes a folder for this process alone, until the descriptor that is returned is closed.
  ///
  /// Nil where the file system cannot tell. Throws `InputOutputFault` with EWOULDBLOCK where another
  /// process has it.
  package static func lock(_ path: String) throws(FormatError) -> Int32? {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
    let code = errno
    close(descriptor)
    guard code != EWOULDBLOCK else { throw FormatError(InputOutputFault(.lock, code: code)) }
    return nil
  }

  /// Gives a folder back.
  package static func unlock(_ descriptor: Int32) {
    close(descriptor)
  }

  /// Renames a file or folder, replacing a file that is there.
  package static func rename(_ path: String, to target: String) throws(FormatError) {
    guard unsafe Glibc.rename(path, target) == 0 else { throw InputOutputFault.last(.rename) }
  }
}
