import FoundationEssentials

/// The committed fixtures; fixtures/README.md says who made each of them.
package enum Fixtures {
  /// The path of a fixture, given below fixtures/.
  package static func path(_ relative: String) -> String {
    let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    return "/" + here + "/fixtures/" + relative
  }

  /// The files below a folder of fixtures/, in order.
  package static func files(in folder: String) -> [String] {
    let names = try? FileManager.default.subpathsOfDirectory(atPath: path(folder))
    return (names ?? []).sorted().map { folder + "/" + $0 }.filter { file in
      var isFolder = false
      return FileManager.default.fileExists(atPath: path(file), isDirectory: &isFolder) && !isFolder
    }
  }
}

/// A folder that is there for one test and gone afterwards.
package final class TemporaryFolder {
  /// The path of the folder.
  package let path: String

  package init() throws {
    path =
      FileManager.default.temporaryDirectory.path + "/ballast-\(UInt64.random(in: 0 ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The names in the folder, hidden ones too.
  package var contents: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  /// Writes a file and returns its path.
  package func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
    let file = path + "/" + name
    try Data(bytes).write(to: URL(filePath: file))
    return file
  }
}
