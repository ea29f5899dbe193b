import BallastJSON
import BallastTestSupport
import Foundation
import Testing

/// The commands on the fixture, as a user would run them.
@Suite struct MainJobTests {
  private let folder: TemporaryFolder
  private let tiny = Fixtures.path("tiny-gpt2")

  init() throws {
    folder = try TemporaryFolder()
  }

  @Test func verifyExitsWithTheResult() throws {
    let reference = Fixtures.path("reference/tiny-gpt2.safetensors")
    let passes = try Ballast.run(
      "verify",
      tiny,
      "--reference",
      reference,
      "--tolerance",
      "2e-5",
      "--format",
      "json"
    )
    #expect(passes.status == 0)
    #expect(try JSONValue(parsing: passes.text)["passes"] == true)
    let fails = try Ballast.run("verify", tiny, "--reference", reference, "--tolerance", "1e-9")
    #expect(fails.status == 1 && fails.text.contains("departs first"))
    #expect(try Ballast.run("verify", tiny).status == 64)
    let other = Fixtures.path("variants/erf")
    #expect(try Ballast.run("verify", other, "--reference", reference).status == 2)
  }

  @Test func convertNamesWhatItLeavesOut() throws {
    let output = folder.path + "/out.safetensors"
    let legacy = Fixtures.path("containers/tiny-legacy.bin")
    let result = try Ballast.run("convert", legacy, output)
    #expect(result.status == 0)
    let names = "h.0.attn.bias … h.3.attn.bias, h.0.attn.masked_bias … h.3.attn.masked_bias\n"
    #expect(result.errors.contains("left out, mask buffer: " + names))
    #expect(try Ballast.run("convert", legacy, output).status == 2)
    #expect(try Ballast.run("convert", legacy, output, "--force", "--keep-buffers").status == 0)
    #expect(try Ballast.run("inspect", output).text.contains("h.0.attn.masked_bias"))
    #expect(try Ballast.run("convert", legacy, folder.path + "/x.npy").status == 64)
    #expect(
      try Ballast.run("convert", tiny, folder.path + "/x", "--layout", "native").status == 64
    )
  }

  /// Through torch's and NumPy's files and back: the same bytes, and the tie where it can be.
  @Test(arguments: [("x.pt", "torch-zip"), ("x.bin", "torch-zip"), ("x.npz", "npz")])
  func convertWritesForTorchAndNumPy(name: String, format: String) throws {
    let output = folder.path + "/" + name
    let zip = Fixtures.path("containers/tiny-zip.pt")
    let result = try Ballast.run("convert", zip, output)
    #expect(result.status == 0, "\(result.errors)")
    let json = try JSONValue(parsing: try Ballast.run("inspect", output, "--format", "json").text)
    #expect(json["format"] == .string(format))
    let head = try #require(json["tensors"]?.array?.first { $0["name"] == "lm_head.weight" })
    let isTied = head["tied_to"] == "transformer.wte.weight"
    #expect(isTied == (format == "torch-zip"))
    for (input, file) in [(zip, "a"), (output, "b")] {
      let target = "\(folder.path)/\(file).safetensors"
      let config = tiny + "/config.json"
      let native = try Ballast.run(
        "convert",
        input,
        target,
        "--layout",
        "native",
        "--config",
        config
      )
      #expect(native.status == 0, "\(native.errors)")
    }
    #expect(
      try Data(contentsOf: URL(filePath: folder.path + "/a.safetensors"))
        == Data(contentsOf: URL(filePath: folder.path + "/b.safetensors"))
    )
    let metadata = try Ballast.run("convert", zip, output, "--force", "--metadata", "a=b")
    #expect(metadata.status == 64)
  }

  /// A wrong number of heads would compute nonsense, so none is made up.
  @Test func aFolderIsNotMadeWithAGuessedNumberOfHeads() throws {
    let legacy = Fixtures.path("containers/tiny-legacy.bin")
    let result = try Ballast.run("convert", legacy, folder.path + "/out")
    #expect(result.status == 2 && result.errors.contains("hint: give the configuration"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
    let config = tiny + "/config.json"
    #expect(
      try Ballast.run("convert", legacy, folder.path + "/out", "--config", config).status == 0
    )
    #expect(try Ballast.run("verify", folder.path + "/out", "--against", tiny).status == 0)
  }

  @Test func logitsAreNotReplacedUnasked() throws {
    let path = try folder.write("mine".utf8, to: "logits.safetensors")
    let arguments = ["logits", tiny, "--text", "One morning", "-o", path]
    #expect(try Ballast.run(arguments).status == 2)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data("mine".utf8))
    #expect(try Ballast.run(arguments + ["--force"]).status == 0)
  }

  /// Neither a file that is there is lost to the log, nor a folder left without a run.
  @Test func aLogDoesNotReplaceAFileUnasked() throws {
    let mine = try folder.write("mine".utf8, to: "mine.txt")
    let result = try Ballast.run(
      ["finetune", tiny, Fixtures.path("text/finetune.txt"), "-o", folder.path + "/out"]
        + ["--steps", "1", "--log", mine]
    )
    #expect(result.status == 2 && result.errors.contains(mine))
    #expect(try folder.contents == ["mine.txt"])
    #expect(try Data(contentsOf: URL(filePath: mine)) == Data("mine".utf8))
  }

  @Test func whatCannotBeConvertedIsNamed() throws {
    let meta = Fixtures.path("torch/unread-meta-zip.pt")
    let result = try Ballast.run("convert", meta, folder.path + "/out.safetensors")
    #expect(result.errors.contains(#"tensor "x" is a meta tensor"#))
    let sparse = Fixtures.path("torch/computed-sparse-zip.pt")
    let dense = try Ballast.run("convert", sparse, folder.path + "/dense.safetensors")
    #expect(dense.errors.contains(#"tensor "coo" is sparse"#))
    let listed = try Ballast.run("inspect", sparse, "--format", "json")
    #expect(try JSONValue(parsing: listed.text)["notes"]?.array?.count == 6)
  }

  @Test func checkFindsWhatIsNotFinite() throws {
    #expect(try Ballast.run("check", tiny).status == 0)
    var bytes = try Data(contentsOf: URL(filePath: tiny + "/model.safetensors"))
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    let path = try folder.write(bytes, to: "nan.safetensors")
    let result = try Ballast.run("check", path, "--format", "json")
    #expect(result.status == 1)
    let findings = try #require(try JSONValue(parsing: result.text)["findings"]?.array)
    #expect(findings.contains { $0["rule"] == "values.finite" && $0["severity"] == "error" })
  }

  /// A sound file without a configuration is sound; one with a stray weight is not.
  @Test func checkHoldsAGPT2AgainstItsModel() throws {
    let path = try folder.write(
      try Data(contentsOf: URL(filePath: Fixtures.path("variants/erf/model.safetensors"))),
      to: "alone.safetensors"
    )
    let alone = try Ballast.run("check", path)
    #expect(alone.status == 0 && alone.errors.contains("were checked against each other alone"))
    let config = try String(contentsOfFile: tiny + "/config.json", encoding: .utf8)
    _ = try folder.write(config.utf8, to: "config.json")
    let result = try Ballast.run("check", path)
    #expect(result.status == 1 && result.text.contains("[model.missing-layers]"))
  }

  @Test func generateIsRepeatable() throws {
    let arguments = [
      "generate", tiny, "--prompt", "One morning Anna", "-n", "20", "--seed", "3", "--top-k", "5",
    ]
    let first = try Ballast.run(arguments)
    #expect(first.status == 0 && first.text.hasPrefix("One morning Anna"))
    #expect(try Ballast.run(arguments).text == first.text)
    let stopped = try Ballast.run(
      "generate",
      tiny,
      "--prompt",
      "One morning Anna",
      "--greedy",
      "--stop",
      "a"
    )
    #expect(!stopped.text.dropFirst("One morning Anna".count).contains("a"))
  }

  @Test func tokenizeAndDetokenizeAreInverse() throws {
    let text = Data([0x48, 0x69, 0xFF, 0x20, 0xF0, 0x9F, 0x98, 0x80, 0x0A, 0x0A, 0xC3])
    let ids = try Ballast.run(["tokenize", tiny], input: text)
    let back = try Ballast.run(["detokenize", tiny], input: ids.output)
    #expect(back.output == text)
    let wrong = try Ballast.run(["detokenize", tiny], input: Data("12 99999".utf8))
    #expect(wrong.status == 2)
    let word = try Ballast.run(["detokenize", tiny], input: Data("12 x".utf8))
    #expect(word.errors.contains("\"x\" is no token id (at byte 3)"))
    let windows = try Ballast.run(["detokenize", tiny], input: Data("1\r\n2\r\nx".utf8))
    #expect(windows.errors.contains("(at byte 6)"))
  }

  /// The first signal ends the wait for standard input.
  @Test func anInterruptedWaitForInputEnds() throws {
    let process = Ballast.process(["tokenize", tiny])
    let input = Pipe()
    process.standardInput = input
    process.standardError = FileHandle.nullDevice
    try process.run()
    // Interrupted until it has ended: a signal before the program watches would kill it unsaid.
    Thread.sleep(forTimeInterval: 0.5)
    process.interrupt()
    let deadline = Date(timeIntervalSinceNow: 20)
    while process.isRunning, Date() < deadline { Thread.sleep(forTimeInterval: 0.02) }
    #expect(!process.isRunning)
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 130)
  }

  @Test(
    arguments: [
      ["generate", "--ids", "--stop", "a"], ["generate", "--top-p", "1.5"],
      ["finetune", "text.txt", "-o", "out", "--dropout", "0.99999999"],
    ]
  )
  func whatWouldBeIgnoredOrCannotBeIsRefused(arguments: [String]) throws {
    #expect(try Ballast.run(arguments + [tiny]).status == 64)
  }

  @Test func aPromptThatIsCutIsNoticed() throws {
    let prompt = String(repeating: "One morning Anna went out. ", count: 40)
    let result = try Ballast.run(
      "generate",
      tiny,
      "--prompt",
      prompt,
      "-n",
      "1",
      "--samples",
      "2"
    )
    #expect(result.status == 0)
    #expect(result.errorLines.count { $0.hasSuffix("only the last 64 are seen") } == 1)
  }

  @Test func finetuneSavesTheLastAndTheBestModel() throws {
    let output = folder.path + "/tuned"
    let arguments = [
      "finetune", tiny, Fixtures.path("text/finetune.txt"), "-o", output, "--steps", "12",
      "--batch-size", "4", "--context", "32", "--lr", "2e-3", "--eval-every", "6",
    ]
    let result = try Ballast.run(arguments)
    #expect(result.status == 0, "\(result.errors)")
    let log = try String(contentsOfFile: output + "/log.jsonl", encoding: .utf8)
      .split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    let losses = log.compactMap { $0["validation_loss"]?.number }
    #expect(losses.count == 3 && losses[2] < losses[0])
    #expect(log.last { $0["loss"] != nil }?["step"] == 12)
    for model in [output, output + "/best"] {
      #expect(try Ballast.run("generate", model, "--prompt", "a", "-n", "3").status == 0)
    }
    #expect(try Ballast.run(arguments).status == 2)
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
  func anInterruptedFinetuneSavesItsState(signal: Int32, status: Int32) throws {
    let output = folder.path + "/tuned"
    let process = Ballast.process([
      "finetune", tiny, Fixtures.path("text/finetune.txt"), "-o", output, "--steps", "100000",
      "--batch-size", "2", "--context", "32", "--validation", "0",
    ])
    process.standardError = FileHandle.nullDevice
    try process.run()
    for _ in 0..<600 {
      let log = try? String(contentsOfFile: output + "/log.jsonl", encoding: .utf8)
      if (log?.split(separator: "\n").count ?? 0) >= 3 { break }
      Thread.sleep(forTimeInterval: 0.05)
    }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == status)
    #expect(try Ballast.run("generate", output, "--prompt", "a", "-n", "3").status == 0)
    let names = try FileManager.default.contentsOfDirectory(atPath: output)
    #expect(!names.contains { $0.hasSuffix(".tmp") })
  }
}
