import BallastBytes
import FoundationEssentials

/// A folder that is removed again unless its files are published.
///
/// A new folder appears by one rename, the files of an existing one by one rename each.
final class StagingFolder {
  let path: String
  private let target: String
  private let isInside: Bool
  private var isPublished = false

  /// Throws `ModelFault.outputExists` where the target exists and `replacing` is false.
  init(for target: String, replacing: Bool) throws(FormatError) {
    var target = target
    while target.count > 1, target.hasSuffix("/") { target.removeLast() }
    let inside = FileManager.default.fileExists(atPath: target)
    guard !inside || replacing else { throw FormatError(ModelFault.outputExists) }
    let mark = String(UInt32.random(in: 0 ... .max), radix: 16)
    self.target = target
    isInside = inside
    let parent = target.lastIndex(of: "/").map { target[...$0] } ?? ""
    let name = target.split(separator: "/").last ?? "model"
    path = inside ? "\(target)/.\(mark).tmp" : "\(parent).\(name).\(mark).tmp"
    try FileSystem.createFolder(path)
  }

  deinit {
    if !isPublished { try? FileManager.default.removeItem(atPath: path) }
  }

  func publish(_ names: [String]) throws(FormatError) {
    if isInside {
      for name in names { try FileSystem.rename(path + "/" + name, to: target + "/" + name) }
      try? FileManager.default.removeItem(atPath: path)
    } else {
      try FileSystem.rename(path, to: target)
    }
    isPublished = true
  }
}
