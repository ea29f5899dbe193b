import BallastBytes
import BallastTestSupport
import Foundation
import Testing

@Suite struct AppendingFileTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }

  /// Nothing that was written is lost where the file, or its folder, is removed meanwhile.
  @Test(arguments: [false, true])
  func whatWasRemovedIsMadeAgain(withItsFolder: Bool) throws {
    let folder = try TemporaryFolder()
    let inner = folder.path + "/a/b"
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
    let path = inner + "/log"
    let file = try AppendingFile(path: path, replacing: false)
    let long = String(repeating: "0123456789", count: 20_000) + "\n"
    try file.write(long)
    try FileManager.default.removeItem(atPath: withItsFolder ? folder.path + "/a" : path)
    try file.write("two\n")
    #expect(try text(path) == long + "two\n")
    try file.write("three\n")
    #expect(try text(path) == long + "two\nthree\n")
  }

  @Test func whatFollowsIsTakenAway() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/log"
    try "one\ntwo\nthr".write(toFile: path, atomically: false, encoding: .utf8)
    let file = try AppendingFile(path: path, keeping: 4)
    try file.write("2\n")
    #expect(try text(path) == "one\n2\n")
  }

  @Test func foldersAreMadeWhereTheyAreNot() throws {
    let folder = try TemporaryFolder()
    try FileSystem.createFolders(folder.path + "/x/y//z/")
    try FileSystem.createFolders(folder.path + "/x/y/z")
    try FileManager.default.createDirectory(
      atPath: folder.path + "/x/y/z/w",
      withIntermediateDirectories: false
    )
    let error = #expect(throws: FormatError.self) {
      try FileSystem.createFolders("/proc/none/such")
    }
    #expect(error?.fault is InputOutputFault)
  }
}
