import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// What `ballast check` tells a pipeline: its exit code, and JSON.
@Suite struct CheckCommandTests {
  private static let sound = Fixtures.path("tiny-gpt2")
  private static let nan = Fixtures.path("containers/dtypes.safetensors")
  private static let missing = "missing.safetensors"

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func exitCodes() throws {
    #expect(try Ballast.run("check", Self.sound).status == 0)
    #expect(try Ballast.run("check", Self.nan).status == 1)
    #expect(try Ballast.run("check", Self.missing).status == 2)
    #expect(try Ballast.run("check", Self.sound, Self.nan).status == 1)
    #expect(try Ballast.run("check", Self.missing, Self.sound).status == 2)
    // A finding beats an error, whatever their order.
    #expect(try Ballast.run("check", Self.missing, Self.nan).status == 1)
    #expect(try Ballast.run("check", Self.nan, Self.missing).status == 1)
    #expect(try Ballast.run("check").status == 64)
    let text = try folder.write("text".utf8, to: "notes.txt")
    #expect(try Ballast.run("check", text).status == 2)
    #expect(try Ballast.run("check", folder.path).status == 2)
    let broken = try folder.write([UInt8](repeating: 0, count: 9), to: "a.safetensors")
    #expect(try Ballast.run("check", broken).status == 1)
  }

  @Test func warningsCountAsWell() throws {
    let header = #"{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"more":1}}"#
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    let file = try folder.write(length + Array(header.utf8), to: "a.safetensors")
    let result = try Ballast.run("check", file)
    #expect(result.status == 1)
    #expect(result.text.contains("[safetensors.unknown-field]"))
  }

  @Test func jsonOfOneAndOfSeveral() throws {
    let one = try JSONValue(parsing: try Ballast.run("check", Self.nan, "--format", "json").text)
    #expect(one["path"] == .string(Self.nan) && one["format"] == "safetensors")
    let finding = try #require(one["findings"]?.array?.first)
    #expect(finding["severity"] == "error" && finding["rule"] == "values.finite")
    #expect(finding["tensor"] == "f64" && finding["offset"] == 936)
    let two = try Ballast.run("check", Self.sound, Self.nan, "--format", "json")
    let objects = try #require(try JSONValue(parsing: two.text).array)
    #expect(objects.map { $0["findings"]?.array?.isEmpty } == [true, false])
    #expect(
      objects.first?["checked"] == [
        "tensors": 52, "checksums": 0, "configuration": true, "tokenizer": true,
      ]
    )
    // Several paths give an array, also where only one of them can be read.
    let rest = try Ballast.run("check", Self.missing, Self.nan, "--format", "json")
    #expect(try JSONValue(parsing: rest.text).array?.count == 1)
    #expect(try Ballast.run("check", Self.missing, "--format", "json").text.isEmpty)
  }

  @Test func errorsComeFirst() throws {
    for name in ["vocab.json", "merges.txt", "model.safetensors"] {
      let bytes = try Data(contentsOf: URL(filePath: Self.sound + "/" + name))
      _ = try folder.write(bytes, to: name)
    }
    _ = try folder.write("{}".utf8, to: "model-00001-of-00002.safetensors")
    let text = try String(contentsOfFile: Self.sound + "/config.json", encoding: .utf8)
    let changed = text.replacing(#""n_head": 4"#, with: #""n_head": 5"#)
    #expect(changed != text)
    _ = try folder.write(changed.utf8, to: "config.json")
    let result = try Ballast.run("check", folder.path, "--format", "json")
    let findings = try #require(try JSONValue(parsing: result.text)["findings"]?.array)
    #expect(
      findings.map { $0["rule"]?.string } == [
        "configuration.indivisible-width", "folder.stray-shard",
      ]
    )
    #expect(findings.map { $0["severity"]?.string } == ["error", "warning"])
    #expect(findings.map { $0["file"]?.string?.hasSuffix("on") } == [true, false])
  }

  @Test func remarksAreNotes() throws {
    let result = try Ballast.run("check", Fixtures.path("torch/computed-sparse-zip.pt"))
    #expect(result.status == 0)
    #expect(result.errors.contains("it is read dense"))
    #expect(result.text.contains("no findings"))
  }

  @Test func namesAreMadePrintable() throws {
    let file = try folder.write([UInt8](repeating: 0, count: 9), to: "a\u{1B}[31m.safetensors")
    #expect(try !Ballast.run("check", file).text.contains("\u{1B}"))
  }
}
