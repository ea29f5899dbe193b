import BallastBytes
import FoundationEssentials
import Glibc

/// The files of a folder and of the folders in it.
struct FolderFiles {
  /// A file, or what stands in the way of one.
  struct Entry {
    let path: String
    /// Why it cannot be looked at, where that is known already.
    var error: FormatError?
  }

  /// A name that no path of this program can have.
  enum Fault: FormatFault {
    case nameNotUTF8

    var description: String {
      "the name is not UTF-8, which paths have to be: nothing of it was looked at"
    }
  }

  private(set) var entries: [Entry] = []

  /// The files of a folder, or the path itself.
  ///
  /// Links are followed, to each folder once, so that cycles end.
  init(at path: String) {
    var visited: Set<ExactString> = []
    var waiting = [path]
    while let next = waiting.popLast() {
      var isFolder = false
      guard FileManager.default.fileExists(atPath: next, isDirectory: &isFolder) else {
        // A link to nothing holds nothing; a path that somebody gave should exist.
        if next == path { entries.append(Entry(path: next)) }
        continue
      }
      guard isFolder else {
        entries.append(Entry(path: next))
        continue
      }
      let resolved = URL(fileURLWithPath: next).resolvingSymlinksInPath().path
      guard visited.insert(ExactString(resolved)).inserted else { continue }
      let prefix = next.hasSuffix("/") ? next : next + "/"
      do {
        var names: [String] = []
        for name in try Self.names(in: next) {
          if let text = String(validating: name, as: UTF8.self) {
            names.append(prefix + text)
          } else {
            let shown = prefix + String(decoding: name, as: UTF8.self)
            entries.append(Entry(path: shown, error: FormatError(Fault.nameNotUTF8)))
          }
        }
        waiting += names.sorted().reversed()
      } catch {
        entries.append(Entry(path: next, error: error))
      }
    }
  }

  /// The names in a folder, in bytes: Linux takes any but `/` and NUL.
  private static func names(in folder: String) throws(FormatError) -> [[UInt8]] {
    guard let stream = opendir(folder) else {
      throw FormatError(InputOutputFault(.list, code: errno))
    }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      // Safe: the name is terminated, and copied before the next call.
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        let start = UnsafeRawPointer(pointer)
        return [UInt8](
          UnsafeRawBufferPointer(
            start: start,
            count: strlen(start.assumingMemoryBound(to: CChar.self))
          )
        )
      }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    guard errno == 0 else { throw FormatError(InputOutputFault(.list, code: errno)) }
    return names
  }
}
