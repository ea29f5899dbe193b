import Glibc

/// A file or folder as the system knows it, by whatever path it was found.
package struct FileIdentity: Hashable {
  private let device: UInt
  private let number: UInt

  /// What stands at a path, behind symbolic links; nil where there is nothing.
  package init?(path: String) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    device = UInt(status.st_dev)
    number = UInt(status.st_ino)
  }

  /// Whether two paths lead to one file or folder that is there.
  package static func isSame(_ path: String, _ other: String) -> Bool {
    guard let identity = FileIdentity(path: path) else { return false }
    return identity == FileIdentity(path: other)
  }
}
