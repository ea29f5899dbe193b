import BallastCheckpoint
import BallastFormats
import BallastTestSupport
import Foundation
import Testing

/// Files that are broken in every place end in one clear line, never in a trap.
@Suite struct HostileFileTests {
  private static let files = [
    "tiny-gpt2/model.safetensors", "containers/tiny-zip.pt", "containers/tiny-legacy.bin",
  ]

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  /// One line with the program, the path and the place, and nothing left behind.
  private func expectOneLine(_ result: Ballast.Result, path: String, _ comment: Comment) {
    #expect(!result.isCrash && result.status == 2, comment)
    #expect(result.output.isEmpty, comment)
    let first = result.errorLines.first ?? ""
    #expect(first.hasPrefix("ballast: error: \(path): "), comment)
    #expect(result.errorLines.dropFirst().allSatisfy { $0.hasPrefix("  hint: ") }, comment)
  }

  @Test(arguments: files)
  func truncationAtTwoHundredPlaces(file: String) throws {
    let bytes = try Data(contentsOf: URL(filePath: Fixtures.path(file)))
    let name = file.split(separator: "/").last.map(String.init) ?? ""
    let path = folder.path + "/" + name
    // Half of the places are in the first kilobytes, where the structure is.
    let places =
      (0..<100).map { $0 * min(9000, bytes.count) / 100 }
      + (0..<100).map { $0 * bytes.count / 100 }
    for count in places {
      try bytes.prefix(count).write(to: URL(filePath: path))
      let result = try Ballast.run("inspect", path)
      expectOneLine(result, path: path, "\(name) cut to \(count)")
      if count % 7 == 0 {
        let converted = try Ballast.run("convert", path, folder.path + "/out.safetensors")
        #expect(!converted.isCrash && converted.status == 2)
      }
    }
    #expect(try folder.contents == [name])
  }

  @Test(arguments: files)
  func aFlippedByteAtFiveHundredPlaces(file: String) throws {
    var bytes = try Data(contentsOf: URL(filePath: Fixtures.path(file)))
    let name = file.split(separator: "/").last.map(String.init) ?? ""
    let path = folder.path + "/" + name
    var generator = SystemRandomNumberGenerator()
    for index in 0..<500 {
      let region = index % 3 == 0 ? bytes.count : min(6000, bytes.count)
      // Ends are where zip has its directory and legacy files their keys.
      let place =
        index % 5 == 4
        ? bytes.count - 1 - Int.random(in: 0..<min(6000, bytes.count), using: &generator)
        : Int.random(in: 0..<region, using: &generator)
      let mask = UInt8.random(in: 1...255, using: &generator)
      bytes[place] ^= mask
      try bytes.write(to: URL(filePath: path))
      let result = try Ballast.run(index % 2 == 0 ? "inspect" : "check", path)
      bytes[place] ^= mask
      #expect(
        !result.isCrash && (0...2).contains(result.status),
        "\(name), byte \(place) xor \(mask): \(result.status) \(result.errors)"
      )
    }
  }

  @Test func whatIsNoCheckpoint() throws {
    var claims = Data([0, 0, 0, 0, 0, 0, 0, 0x80])
    claims.append(Data("{}".utf8))
    let paths = [
      try folder.write(claims, to: "claims.safetensors"),
      try folder.write("just a text, nothing else".utf8, to: "text.txt"),
      try folder.write("just a text, nothing else".utf8, to: "text.safetensors"),
      try folder.write([UInt8](), to: "empty.bin"),
      folder.path + "/missing.pt",
      folder.path,
    ]
    for path in paths {
      for command in ["inspect", "stats", "check", "generate"] {
        if command == "check", path.hasSuffix("safetensors") { continue }
        expectOneLine(try Ballast.run(command, path), path: path, "\(command) \(path)")
      }
    }
    let header = try Ballast.run("inspect", paths[0])
    #expect(header.errors.contains("9223372036854775808 bytes"))
    #expect(header.errors.contains("(at byte 0)"))
  }

  @Test func aConfigurationThatContradictsTheWeights() throws {
    for (change, complaint) in [
      (#""n_layer": 5"#, "lacks \"h.4.ln_1.weight\""),
      (#""n_layer": 3"#, "has \"h.3.attn.c_attn.bias\""),
      (#""n_embd": 128"#, "has the shape [768, 64] where [768, 128] is expected"),
      (#""n_head": 7"#, "n_embd 64 cannot be divided among n_head 7"),
    ] {
      var json = try String(contentsOfFile: Fixtures.path("tiny-gpt2/config.json"), encoding: .utf8)
      let key = change.split(separator: ":")[0]
      json = json.replacing(try Regex(key + ": \\d+"), with: change)
      let path = try folder.write(json.utf8, to: "config.json")
      let result = try Ballast.run(
        "generate",
        Fixtures.path("tiny-gpt2"),
        "--config",
        path,
        "--prompt",
        "x"
      )
      #expect(result.status == 2 && result.errorLines.count <= 2)
      #expect(result.errors.contains(complaint), "\(result.errors)")
    }
  }

  @Test func outputsThatCannotBeWritten() throws {
    let file = try folder.write("".utf8, to: "file")
    let target = file + "/out.safetensors"
    let result = try Ballast.run("convert", Fixtures.path("tiny-gpt2"), target)
    expectOneLine(result, path: target, "below a file")
    #expect(result.errors.contains("Not a directory"))
    let tiny = Fixtures.path("tiny-gpt2")
    let tensor = "transformer.ln_f.bias"
    for arguments in [["inspect", tiny], ["show", tiny, tensor, "--format", "npy"]] {
      let process = Ballast.process(arguments)
      process.standardOutput = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
      let errors = Pipe()
      process.standardError = errors
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 2)
      #expect(
        String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
          == "ballast: error: standard output: cannot write: No space left on device\n"
      )
    }
    #expect(try folder.contents == ["file"])
  }

  /// A file that is written must not get the number of a standard descriptor, and messages with it.
  @Test(arguments: [0, 1, 2])
  func closedDescriptors(number: Int) throws {
    let output = folder.path + "/out.safetensors"
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    let tiny = Fixtures.path("tiny-gpt2")
    let command = "\"$0\" --progress always convert \"$1\" \"$2\" --to safetensors"
    process.arguments = [
      "-c", "exec 2>/dev/null; \(command) \(number)>&-", Ballast.executable.path, tiny, output,
    ]
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let written = try Checkpoint.open(path: output)
    let original = try Checkpoint.open(path: tiny)
    #expect(written.tensors.map(\.byteCount) == original.tensors.map(\.byteCount))
    #expect(try Ballast.run("diff", tiny, output).status == 0)
  }
}
