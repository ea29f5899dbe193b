import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// What `ballast scan` tells a script: its exit code, and JSON.
@Suite struct ScanCommandTests {
  private static let payload = "cos\nsystem\n(S'id'\ntR."

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func file(_ text: String, _ name: String) throws -> String {
    try folder.write(text.utf8, to: name)
  }

  @Test func exitCodes() throws {
    let data = Fixtures.path("torch/float32-zip.pt")
    let payload = try file(Self.payload, "payload.pkl")
    let unknown = try file("csomebody\nthing\n(tR.", "unknown.pkl")
    let broken = try file("cos\nsystem\n(S'id'\ntR", "broken.pkl")
    let missing = folder.path + "/missing.pkl"
    #expect(try Ballast.run("scan", data).status == 0)
    #expect(try Ballast.run("scan", payload).status == 1)
    #expect(try Ballast.run("scan", data, payload).status == 1)
    #expect(try Ballast.run("scan", missing).status == 2)
    #expect(try Ballast.run("scan", missing, data).status == 2)
    // A finding beats an error, in the same file or in another.
    #expect(try Ballast.run("scan", missing, payload).status == 1)
    #expect(try Ballast.run("scan", broken).status == 1)
    #expect(try Ballast.run("scan", unknown).status == 0)
    #expect(try Ballast.run("scan", unknown, "--strict").status == 1)
    #expect(try Ballast.run("scan", data, "--strict").status == 0)
    #expect(try Ballast.run("scan", folder.path).status == 1)
  }

  /// "é" as one scalar and as two are two folders.
  @Test func foldersWithEquivalentNamesAreTwo() throws {
    for name in ["\u{E9}", "e\u{301}"] {
      let inner = folder.path + "/" + name
      try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
      _ = try file(Self.payload, name + "/payload.pkl")
    }
    let result = try Ballast.run("scan", folder.path, "--format", "json")
    #expect(try JSONValue(parsing: result.text).array?.count == 2)
  }

  @Test func whatCannotBeReadIsNotCalledClean() throws {
    let packed = try folder.write([UInt8]([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, 0, 4]), to: "model.xz")
    let result = try Ballast.run("scan", packed)
    #expect(result.status == 2)
    #expect(result.errors.contains("it is packed with xz, which is not opened"))
    #expect(result.text.contains("no pickle in what could be read"))
  }

  @Test func namesThatAreNoTextAreSaid() throws {
    let nested = folder.path + "/nested"
    try FileManager.default.createDirectory(atPath: nested, withIntermediateDirectories: false)
    let path = Array(nested.utf8CString.dropLast()) + [0x2F, -1, -2, 0]
    let descriptor = open(path, O_CREAT | O_WRONLY, 0o644)
    try #require(descriptor >= 0)
    close(descriptor)
    let result = try Ballast.run("scan", folder.path)
    #expect(result.status == 2)
    #expect(result.errors.contains("the name is not UTF-8"))
  }

  @Test func charactersThatTurnTextAreEscaped() throws {
    let payload = try file("cos\nsystem\n(S'id'\ntR.", "a\u{202E}b\u{2066}.pkl")
    let result = try Ballast.run("scan", payload, "--format", "json")
    #expect(result.text.contains("a\\u202eb\\u2066.pkl"))
    #expect(try JSONValue(parsing: result.text)["path"] == .string(payload))
  }

  @Test func json() throws {
    let payload = try file(Self.payload, "payload.pkl")
    let one = try Ballast.run("scan", payload, "--format", "json")
    let object = try JSONValue(parsing: one.text)
    #expect(object["path"] == .string(payload) && object["pickles"] == 1)
    let finding = try #require(object["findings"]?.array?.first)
    #expect(finding["severity"] == "error" && finding["rule"] == "pickle.standard-library")
    #expect(finding["name"] == "os.system" && finding["offset"] == 19)
    #expect(finding["opcode"] == "REDUCE" && finding["arguments"] == #"("id")"#)
    let two = try Ballast.run("scan", payload, payload, "--format", "json")
    #expect(try JSONValue(parsing: two.text).array?.count == 2)
  }
}
