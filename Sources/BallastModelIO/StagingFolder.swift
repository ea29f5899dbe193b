package import BallastBytes
import FoundationEssentials
import Glibc

/// Where the files of a folder are written first; it is removed again unless they are published.
///
/// They appear in their place only once all are on disk: a new folder by one rename, the files of an
/// existing one by one rename each. Into an existing folder one process writes at a time.
package final class StagingFolder {
  /// Where to write.
  package let path: String
  private let target: String
  private let isInside: Bool
  private var isPublished = false
  private var lock: Int32?

  /// Makes a folder beside or, where it exists, inside `target`.
  ///
  /// Throws `ModelFault.outputExists` where the folder exists and `replacing` is false.
  package init(for target: String, replacing: Bool) throws(FormatError) {
    var target = target
    // A slash is a byte, even before a combining mark.
    while target.utf8.count > 1, target.utf8.last == UInt8(ascii: "/") {
      target = String(decoding: target.utf8.dropLast(), as: UTF8.self)
    }
    isInside = FileManager.default.fileExists(atPath: target)
    guard !isInside || replacing else { throw FormatError(ModelFault.outputExists) }
    lock = isInside ? try FileSystem.lock(target) : nil
    let mark = String(UInt32.random(in: 0 ... .max), radix: 16)
    self.target = target
    let slash = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let start = slash.map(target.utf8.index(after:)) ?? target.startIndex
    let (parent, name) = (target[..<start], target[start...].isEmpty ? "model" : target[start...])
    path = isInside ? "\(target)/.\(mark).tmp" : "\(parent).\(name).\(mark).tmp"
    do {
      try FileSystem.createFolder(path)
    } catch {
      if let lock { FileSystem.unlock(lock) }
      throw error
    }
  }

  deinit {
    if let lock { FileSystem.unlock(lock) }
    if !isPublished { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Moves the files to their place; those of an existing folder that they supersede are removed.
  package func publish(
    _ names: [String],
    superseding isSuperseded: (String) -> Bool = { _ in false }
  ) throws(FormatError) {
    if isInside {
      // Looked at before the first file is replaced, so that it is all of them or none.
      for name in names where FileSystem.isFolder(target + "/" + name) {
        throw FormatError(InputOutputFault(.rename, code: EISDIR), in: name)
      }
      for name in names {
        FileSystem.copyMode(of: target + "/" + name, to: path + "/" + name)
        try FileSystem.rename(path + "/" + name, to: target + "/" + name)
      }
      try? FileManager.default.removeItem(atPath: path)
      let present = (try? FileManager.default.contentsOfDirectory(atPath: target)) ?? []
      for name in present
      where isSuperseded(name) && !names.contains(name)
        && !FileSystem.isFolder(target + "/" + name)
      {
        try? FileManager.default.removeItem(atPath: target + "/" + name)
      }
    } else {
      do {
        try FileSystem.rename(path, to: target)
      } catch {
        // Another process was sooner.
        guard FileManager.default.fileExists(atPath: target) else { throw error }
        throw FormatError(ModelFault.outputExists)
      }
    }
    isPublished = true
  }
}
